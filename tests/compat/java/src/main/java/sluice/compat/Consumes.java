package sluice.compat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** One group, one consumer, nothing goes wrong: every message once. */
final class Consumes {
  private Consumes() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("consume.concurrent", Consumes::concurrent);
    cases.put("consume.orderly", Consumes::orderly);
    cases.put("consume.tags", Consumes::tags);
    cases.put("consume.broadcast", Consumes::broadcast);
    cases.put("consume.lite-pull", Consumes::litePull);
    cases.put("consume.young-topic", Consumes::youngTopic);
  }

  private static void concurrent(Scene scene) throws Exception {
    String topic = scene.topic(4);
    List<String> keys = Scene.keys(0, 300);
    scene.sendAll(topic, keys.subList(0, 100));
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.collector(scene.group(), topic, inbox);
    scene.sendAll(topic, keys.subList(100, 300)); // while it consumes
    inbox.await(keys);
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    Failed.unlessSame(keys, inbox.keys(), "received");
  }

  /** Queue by queue in order, one at a time; a message that is not yet wanted comes again before the next. */
  private static void orderly(Scene scene) throws Exception {
    String topic = scene.topic(4);
    List<MessageQueue> queues = new ArrayList<>(scene.producer().fetchPublishMessageQueues(topic));
    for (String key : Scene.keys(0, 25)) {
      for (MessageQueue queue : queues) {
        Message message = Scene.message(topic, queue.getQueueId() + "/" + key);
        Scene.accepted(scene.producer().send(message, queue));
      }
    }
    Inbox inbox = new Inbox();
    Set<Integer> atWork = ConcurrentHashMap.newKeySet();
    var complaints = new ConcurrentLinkedQueue<String>();
    DefaultMQPushConsumer consumer = scene.consumer(scene.group(), topic, "*");
    consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
      MessageExt message = messages.get(0);
      if (messages.size() != 1 || !atWork.add(message.getQueueId())) {
        complaints.add("two at a time: " + message.getKeys());
      }
      inbox.add(message);
      atWork.remove(message.getQueueId());
      boolean later = message.getKeys().endsWith("key7") && inbox.count(message.getKeys()) == 1;
      context.setSuspendCurrentQueueTimeMillis(50);
      return later ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT : ConsumeOrderlyStatus.SUCCESS;
    });
    scene.started(consumer);
    List<String> each = new ArrayList<>(Scene.keys(0, 25));
    each.add(8, "key7");
    for (MessageQueue queue : queues) {
      inbox.await(prefixed(queue, each));
    }
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    Failed.unless(complaints.isEmpty(), String.valueOf(complaints.peek()));
    for (MessageQueue queue : queues) {
      List<String> found = inbox.all().stream()
          .filter(message -> message.getQueueId() == queue.getQueueId())
          .map(MessageExt::getKeys)
          .toList();
      Failed.unlessEqual(prefixed(queue, each), found, "order in a queue");
    }
  }

  private static List<String> prefixed(MessageQueue queue, List<String> keys) {
    return keys.stream().map(key -> queue.getQueueId() + "/" + key).toList();
  }

  /** "Aa" and "BB" have the same hash, which is all that the broker's index keeps of a tag. */
  private static void tags(Scene scene) throws Exception {
    String topic = scene.topic(1);
    List<String> wanted = new ArrayList<>();
    String[] tags = {"Aa", "BB", "blue", null, "red", "蓝", "aa", "Aa"};
    for (int i = 0; i < 40; ++i) {
      String tag = tags[i % tags.length];
      Message message = Scene.message(topic, "key" + i);
      message.setTags(tag);
      if (tag == null) {
        message = new Message(topic, null, "key" + i, message.getBody());
      }
      scene.send(message);
      if ("Aa".equals(tag) || "red".equals(tag) || "蓝".equals(tag)) {
        wanted.add("key" + i);
      }
    }
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.consumer(scene.group(), topic, " Aa || red||蓝 ");
    consumer.registerMessageListener(inbox);
    scene.started(consumer);
    inbox.await(wanted); // the last message is a wanted one
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    Failed.unlessSame(wanted, inbox.keys(), "received");
  }

  private static void broadcast(Scene scene) throws Exception {
    String topic = scene.topic(4);
    String group = scene.group();
    List<Inbox> inboxes = List.of(new Inbox(), new Inbox());
    List<DefaultMQPushConsumer> consumers = new ArrayList<>();
    for (Inbox inbox : inboxes) {
      DefaultMQPushConsumer consumer = scene.consumer(group, topic, "*");
      Release.broadcasting(consumer);
      consumer.registerMessageListener(inbox);
      consumers.add(scene.started(consumer));
    }
    List<String> keys = Scene.keys(0, 60);
    scene.sendAll(topic, keys);
    for (Inbox inbox : inboxes) {
      inbox.await(keys);
    }
    consumers.forEach(DefaultMQPushConsumer::shutdown);
    for (Inbox inbox : inboxes) {
      Failed.unlessSame(keys, inbox.keys(), "received by one of two");
    }
  }

  /** Polls, commits by hand, and the next of the group goes on from there. */
  private static void litePull(Scene scene) throws Exception {
    String topic = scene.topic(4);
    String group = scene.group();
    for (int life = 0; life < 2; ++life) {
      List<String> keys = Scene.keys(life * 50, 50);
      scene.sendAll(topic, keys);
      DefaultLitePullConsumer consumer = scene.litePull(group);
      consumer.subscribe(topic, "*");
      consumer.start();
      Failed.unlessSame(keys, poll(consumer, keys.size()), "polled in life " + (life + 1));
      Set<MessageQueue> queues = new HashSet<>(consumer.assignment());
      long all = scene.total(topic);
      Failed.unlessSoon(() -> {
        consumer.commit(queues, true);
        long committed = 0;
        for (MessageQueue queue : queues) {
          Long offset = scene.stored(group, queue, false);
          committed += offset == null ? 0 : offset;
        }
        return committed == all;
      }, () -> "the group's offsets do not become " + all + " together");
      consumer.shutdown();
    }
  }

  private static List<String> poll(DefaultLitePullConsumer consumer, int count) throws Exception {
    List<String> found = Collections.synchronizedList(new ArrayList<>());
    Failed.unlessSoon(() -> {
      consumer.poll(200).forEach(message -> found.add(message.getKeys()));
      return found.size() >= count;
    }, () -> found.size() + " of " + count + " messages came");
    return found;
  }

  /** Even a group that wants to begin at the end misses nothing while the first message still exists. */
  private static void youngTopic(Scene scene) throws Exception {
    String topic = scene.topic(2);
    List<String> keys = Scene.keys(0, 20);
    scene.sendAll(topic, keys);
    Failed.unlessSoon(() -> scene.total(topic) == keys.size(), () -> "the sends do not appear");
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.consumer(scene.group(), topic, "*");
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET);
    consumer.registerMessageListener(inbox);
    scene.started(consumer);
    inbox.await(keys);
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    Failed.unlessSame(keys, inbox.keys(), "received");
  }
}
