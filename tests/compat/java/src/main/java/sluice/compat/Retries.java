package sluice.compat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.MixAll;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageExt;

/** A consumer that cannot: the message comes again, and in the end becomes a dead letter, whole and once. */
final class Retries {
  private static final long LEVEL_1_MILLIS = 1000;

  private Retries() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("retry.second-time", Retries::secondTime);
    cases.put("retry.dead-letter", Retries::deadLetter);
    cases.put("retry.dead-letter-at-once", Retries::deadLetterAtOnce);
    cases.put("retry.orderly-dead-letter", Retries::orderlyDeadLetter);
  }

  /** Can do nothing with a message that is bad. */
  private static DefaultMQPushConsumer failing(Scene scene, String group, String topic, Inbox inbox,
      int delayLevel) throws Exception {
    DefaultMQPushConsumer consumer = scene.consumer(group, topic, "*");
    consumer.setMaxReconsumeTimes(2);
    consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
      MessageExt message = messages.get(0); // one at a time is the default
      inbox.add(message);
      context.setDelayLevelWhenNextConsume(delayLevel);
      return message.getKeys().startsWith("bad") ? ConsumeConcurrentlyStatus.RECONSUME_LATER
          : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    return consumer;
  }

  private static void secondTime(Scene scene) throws Exception {
    String topic = scene.topic(2);
    Inbox inbox = new Inbox();
    Map<String, Long> firstSeen = new ConcurrentHashMap<>();
    Map<String, Long> waited = new ConcurrentHashMap<>();
    DefaultMQPushConsumer consumer = scene.consumer(scene.group(), topic, "tag");
    consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
      MessageExt message = messages.get(0);
      inbox.add(message);
      context.setDelayLevelWhenNextConsume(1);
      long now = System.currentTimeMillis();
      Long before = firstSeen.putIfAbsent(message.getKeys(), now);
      if (before != null) {
        waited.merge(message.getKeys(), now - before, Math::min);
      }
      return before == null && message.getKeys().startsWith("bad") ? ConsumeConcurrentlyStatus.RECONSUME_LATER
          : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    scene.started(consumer);
    SendResult receipt = scene.send(Scene.message(topic, "bad0"));
    scene.sendAll(topic, List.of("bad1", "bad2", "good0", "good1"));
    List<String> wanted = List.of("bad0", "bad0", "bad1", "bad1", "bad2", "bad2", "good0", "good1");
    inbox.await(wanted);
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    Failed.unlessSame(wanted, inbox.keys(), "received");
    for (var entry : waited.entrySet()) {
      Failed.unless(entry.getValue() >= LEVEL_1_MILLIS,
          entry.getKey() + " came again after " + entry.getValue() + " ms");
    }
    MessageExt second = inbox.all().stream()
        .filter(message -> message.getKeys().equals("bad0") && message.getReconsumeTimes() == 1)
        .findFirst()
        .orElseThrow(() -> new Failed("no second time of bad0 is marked as one"));
    Failed.unlessEqual(topic, second.getTopic(), "topic of the second time");
    Failed.unlessEqual(receipt.getMsgId(), second.getMsgId(), "message id of the second time");
    Failed.unlessEqual("body of bad0", new String(second.getBody(), "UTF-8"), "body of the second time");
  }

  private static void deadLetter(Scene scene) throws Exception {
    String topic = scene.topic(2);
    String group = scene.group();
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.started(failing(scene, group, topic, inbox, 1));
    Message bad = Scene.message(topic, "bad");
    bad.putUserProperty("名字", "订单");
    SendResult receipt = scene.send(bad);
    scene.sendAll(topic, List.of("good0", "good1"));
    MessageExt dead = scene.read(MixAll.getDLQTopic(group), 1).get(0);
    scene.awaitCommitted(consumer, topic);
    scene.awaitCommitted(consumer, MixAll.getRetryTopic(group));
    consumer.shutdown();
    Failed.unlessSame(List.of("bad", "bad", "bad", "good0", "good1"), inbox.keys(), "received");
    Failed.unlessEqual(List.of(0, 1, 2), inbox.all().stream().filter(m -> m.getKeys().equals("bad"))
        .map(MessageExt::getReconsumeTimes).collect(Collectors.toList()), "times consumed before");
    Failed.unlessEqual(1L, scene.total(MixAll.getDLQTopic(group)), "dead letters");
    Failed.unlessEqual("body of bad", new String(dead.getBody(), "UTF-8"), "body");
    Failed.unlessEqual("bad", dead.getKeys(), "keys");
    Failed.unlessEqual("tag", dead.getTags(), "tag");
    Failed.unlessEqual("订单", dead.getUserProperty("名字"), "property");
    Failed.unlessEqual(3, dead.getReconsumeTimes(), "times consumed");
    Failed.unlessEqual(receipt.getMsgId(), dead.getMsgId(), "message id");
    Failed.unlessEqual(topic, dead.getProperty(MessageConst.PROPERTY_RETRY_TOPIC), "topic it was sent to");
    Failed.unlessEqual(receipt.getOffsetMsgId(), dead.getProperty(MessageConst.PROPERTY_ORIGIN_MESSAGE_ID),
        "id of what was sent");
  }

  /** The consumer may say by a negative level that no retry helps. */
  private static void deadLetterAtOnce(Scene scene) throws Exception {
    String topic = scene.topic(1);
    String group = scene.group();
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.started(failing(scene, group, topic, inbox, -1));
    scene.sendAll(topic, List.of("bad0", "good0", "bad1"));
    List<String> dead = scene.read(MixAll.getDLQTopic(group), 2).stream().map(MessageExt::getKeys).toList();
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    Failed.unlessSame(List.of("bad0", "bad1"), dead, "dead letters");
    Failed.unlessSame(List.of("bad0", "good0", "bad1"), inbox.keys(), "received");
  }

  /** An orderly consumer blocks its queue to try again; the dead letter goes the way of an ordinary send. */
  private static void orderlyDeadLetter(Scene scene) throws Exception {
    String topic = scene.topic(1);
    String group = scene.group();
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.consumer(group, topic, "*");
    consumer.setMaxReconsumeTimes(1);
    consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
      inbox.add(messages.get(0));
      context.setSuspendCurrentQueueTimeMillis(50);
      return messages.get(0).getKeys().equals("bad") ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT
          : ConsumeOrderlyStatus.SUCCESS;
    });
    scene.started(consumer);
    scene.sendAll(topic, List.of("good0", "bad", "good1"));
    MessageExt dead = scene.read(MixAll.getDLQTopic(group), 1).get(0);
    inbox.await(List.of("good1"));
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    Failed.unlessEqual(List.of("good0", "bad", "bad", "good1"), inbox.keys(), "received");
    Failed.unlessEqual("bad", dead.getKeys(), "keys");
    Failed.unlessEqual("body of bad", new String(dead.getBody(), "UTF-8"), "body");
    Failed.unlessEqual(topic, dead.getProperty(MessageConst.PROPERTY_RETRY_TOPIC), "topic it was sent to");
  }
}
