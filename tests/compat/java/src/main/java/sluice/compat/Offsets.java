package sluice.compat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Questions about positions and single messages. */
final class Offsets {
  private Offsets() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("offsets.min-and-max", Offsets::minAndMax);
    cases.put("offsets.by-timestamp", Offsets::byTimestamp);
    cases.put("query.by-key", Offsets::byKey);
    cases.put("query.by-id", Offsets::byId);
  }

  /** For clients that can say whether 0 is wanted. */
  static void listOfNewGroup(Map<String, Conformance.Case> cases) {
    cases.put("offsets.of-new-group", Offsets::ofNewGroup);
  }

  private static MessageQueue onlyQueue(Scene scene, String topic) throws Exception {
    return scene.producer().fetchPublishMessageQueues(topic).get(0);
  }

  private static DefaultMQPushConsumer consumer(Scene scene, String topic) throws Exception {
    return scene.collector(scene.group(), topic, new Inbox());
  }

  private static void minAndMax(Scene scene) throws Exception {
    String topic = scene.topic(1);
    MessageQueue queue = onlyQueue(scene, topic);
    DefaultMQPushConsumer consumer = consumer(scene, topic);
    Failed.unlessEqual(0L, consumer.minOffset(queue), "least offset of an empty queue");
    Failed.unlessEqual(0L, consumer.maxOffset(queue), "end of an empty queue");
    scene.sendAll(topic, Scene.keys(0, 17));
    Failed.unlessSoon(() -> consumer.maxOffset(queue) == 17, () -> "end is " + consumer.maxOffset(queue));
    Failed.unlessEqual(0L, consumer.minOffset(queue), "least offset");
    long earliest = consumer.earliestMsgStoreTime(queue);
    Failed.unless(earliest > 0 && earliest <= System.currentTimeMillis(), "first message at " + earliest);
  }

  private static void byTimestamp(Scene scene) throws Exception {
    String topic = scene.topic(1);
    MessageQueue queue = onlyQueue(scene, topic);
    for (String key : Scene.keys(0, 12)) {
      scene.send(Scene.message(topic, key));
      long sent = System.currentTimeMillis();
      while (System.currentTimeMillis() < sent + 3) {
        Thread.onSpinWait(); // so that there are times between two messages
      }
    }
    List<MessageExt> stored = new ArrayList<>(scene.read(topic, 12));
    stored.sort(Comparator.comparingLong(MessageExt::getQueueOffset));
    DefaultMQPushConsumer consumer = consumer(scene, topic);
    DefaultLitePullConsumer puller = scene.litePull(scene.group());
    puller.start();
    for (MessageExt message : stored) {
      for (long at = message.getStoreTimestamp() - 1; at <= message.getStoreTimestamp() + 1; ++at) {
        long wanted = firstNotBefore(stored, at);
        Failed.unlessEqual(wanted, consumer.searchOffset(queue, at), "offset by time");
        Failed.unlessEqual(wanted, puller.offsetForTimestamp(queue, at), "offset by time, of a puller");
      }
    }
    Failed.unlessEqual(0L, consumer.searchOffset(queue, 0), "offset of long ago");
    long tomorrow = System.currentTimeMillis() + 86_400_000;
    Failed.unlessEqual(12L, consumer.searchOffset(queue, tomorrow), "offset of tomorrow");
  }

  private static long firstNotBefore(List<MessageExt> stored, long at) {
    return stored.stream().filter(message -> message.getStoreTimestamp() >= at)
        .mapToLong(MessageExt::getQueueOffset).findFirst().orElse(stored.size());
  }

  /** Zero while the first message exists, unless the client does not want that; none for an empty queue. */
  private static void ofNewGroup(Scene scene) throws Exception {
    String topic = scene.topic(2);
    var queues = scene.producer().fetchPublishMessageQueues(topic);
    MessageQueue empty = queues.get(0);
    MessageQueue young = queues.get(1);
    Scene.accepted(scene.producer().send(Scene.message(topic, "key"), young));
    Failed.unlessSoon(() -> scene.producer().maxOffset(young) == 1, () -> "the message does not appear");
    String group = scene.group();
    Failed.unlessEqual(0L, scene.stored(group, young, null), "young queue");
    Failed.unlessEqual(0L, scene.stored(group, young, true), "young queue, zero wanted");
    Failed.unlessEqual(null, scene.stored(group, young, false), "young queue, zero not wanted");
    Failed.unlessEqual(null, scene.stored(group, empty, null), "empty queue");
    Failed.unlessEqual(null, scene.stored(group, empty, true), "empty queue, zero wanted");
    MessageQueue unknown = new MessageQueue(scene.unique("T"), young.getBrokerName(), 0);
    Failed.unlessEqual(null, scene.stored(group, unknown, null), "queue of no topic");
  }

  private static List<String> query(DefaultMQPushConsumer consumer, String topic, String key)
      throws Exception {
    try {
      var found = consumer.queryMessage(topic, key, 32, 0, Long.MAX_VALUE).getMessageList();
      return found.stream().map(MessageExt::getMsgId).toList();
    } catch (MQClientException nothing) {
      return List.of();
    }
  }

  private static void byKey(Scene scene) throws Exception {
    String topic = scene.topic(2);
    DefaultMQPushConsumer consumer = consumer(scene, topic);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 3; ++i) {
      ids.add(scene.send(Scene.message(topic, "shared own" + i)).getMsgId());
    }
    scene.sendAll(topic, Scene.keys(0, 5));
    Failed.unlessSoon(() -> query(consumer, topic, "key4").size() == 1, () -> "the last is not in the index");
    Failed.unlessSame(ids, query(consumer, topic, "shared"), "found by a key of three");
    Failed.unlessSame(ids.subList(1, 2), query(consumer, topic, "own1"), "found by a key of one");
    Failed.unlessSame(List.of(), query(consumer, topic, "absent"), "found by a key of none");
  }

  private static void byId(Scene scene) throws Exception {
    String topic = scene.topic(2);
    DefaultMQPushConsumer consumer = consumer(scene, topic);
    SendResult receipt = scene.send(Scene.message(topic, "key"));
    MessageExt byPlace = consumer.viewMessage(topic, receipt.getOffsetMsgId());
    Failed.unlessEqual(receipt.getMsgId(), byPlace.getMsgId(), "message id by its place");
    Failed.unlessEqual("body of key", new String(byPlace.getBody(), "UTF-8"), "body");
    Failed.unlessSoon(() -> query(consumer, topic, "key").size() == 1, () -> "not in the index");
    MessageExt byId = consumer.viewMessage(topic, receipt.getMsgId());
    Failed.unlessEqual("key", byId.getKeys(), "key by message id");
  }
}
