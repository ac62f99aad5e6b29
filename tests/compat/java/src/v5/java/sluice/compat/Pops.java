package sluice.compat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageRequestMode;
import org.apache.rocketmq.remoting.protocol.subscription.SubscriptionGroupConfig;

/** Consuming by pop: as push consumers do that leave rebalancing to the broker, and call by call. */
final class Pops {
  private static final long LONG = 60_000;
  private static final int CALL_MILLIS = 20_000;

  private Pops() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("pop.push", Pops::push);
    cases.put("pop.push-retry", Pops::pushRetry);
    cases.put("pop.push-abandoned", Pops::pushAbandoned);
    cases.put("pop.acknowledge", Pops::acknowledge);
    cases.put("pop.acknowledge-together", Pops::acknowledgeTogether);
    cases.put("pop.keep-invisible", Pops::keepInvisible);
    cases.put("pop.in-order", Pops::inOrder);
  }

  private static List<String> keys(List<MessageExt> messages) {
    return messages.stream().map(MessageExt::getKeys).collect(Collectors.toList());
  }

  /** A group whose consumers are told to pop. */
  private static String popping(Scene scene, String topic) throws Exception {
    String group = scene.group();
    String broker = new PopClient(scene, topic, group).address();
    SubscriptionGroupConfig config = new SubscriptionGroupConfig();
    config.setGroupName(group);
    Operator.of(scene).createAndUpdateSubscriptionGroupConfig(broker, config);
    Operator.of(scene).setMessageRequestMode(broker, topic, group, MessageRequestMode.POP, 0, CALL_MILLIS);
    return group;
  }

  private static DefaultMQPushConsumer consumer(Scene scene, String topic, String group,
      MessageListenerConcurrently listener) throws Exception {
    DefaultMQPushConsumer consumer = scene.consumer(group, topic, "*");
    consumer.setClientRebalance(false);
    consumer.registerMessageListener(listener);
    return scene.started(consumer);
  }

  private static void push(Scene scene) throws Exception {
    String topic = scene.topic(4);
    String group = popping(scene, topic);
    List<Inbox> inboxes = List.of(new Inbox(), new Inbox());
    for (Inbox inbox : inboxes) {
      consumer(scene, topic, group, inbox);
    }
    List<String> keys = Scene.keys(0, 200);
    scene.sendAll(topic, keys);
    Failed.unlessSoon(() -> inboxes.stream().mapToInt(inbox -> inbox.keys().size()).sum() >= 200,
        () -> "not all came");
    List<String> all = new ArrayList<>(inboxes.get(0).keys());
    all.addAll(inboxes.get(1).keys());
    Failed.unlessSame(keys, all, "received by the two");
  }

  private static void pushRetry(Scene scene) throws Exception {
    String topic = scene.topic(4);
    String group = popping(scene, topic);
    Inbox inbox = new Inbox();
    Set<String> refused = ConcurrentHashMap.newKeySet();
    consumer(scene, topic, group, (given, context) -> {
      for (MessageExt message : given) {
        if (refused.add(message.getKeys())) {
          return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        }
        inbox.add(message);
      }
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    List<String> keys = Scene.keys(0, 5);
    scene.sendAll(topic, keys);
    inbox.await(keys);
    Failed.unlessSame(keys, inbox.keys(), "received at the second attempt");
    for (MessageExt message : inbox.all()) {
      Failed.unlessEqual(1, message.getReconsumeTimes(), "attempts before, of " + message.getKeys());
      Failed.unlessEqual(topic, message.getTopic(), "topic of " + message.getKeys());
    }
  }

  /** One consumer never comes to an end; its message is another's when its time is over. */
  private static void pushAbandoned(Scene scene) throws Exception {
    String topic = scene.topic(1);
    String group = popping(scene, topic);
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    DefaultMQPushConsumer first = scene.consumer(group, topic, "*");
    first.setClientRebalance(false);
    first.setPopInvisibleTime(5000); // the least that the client allows
    first.setAwaitTerminationMillisWhenShutdown(0);
    first.registerMessageListener((MessageListenerConcurrently) (given, context) -> {
      stuck.countDown();
      try {
        end.await();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      return null;
    });
    first.start();
    try {
      scene.sendAll(topic, Scene.keys(0, 1));
      Failed.unlessSoon(() -> stuck.getCount() == 0, () -> "the first consumer got nothing");
      first.suspend();
      Inbox inbox = new Inbox();
      consumer(scene, topic, group, inbox);
      inbox.await(Scene.keys(0, 1));
    } finally {
      end.countDown();
      first.shutdown();
    }
  }

  private static void acknowledge(Scene scene) throws Exception {
    String topic = scene.topic(2);
    PopClient client = new PopClient(scene, topic, scene.group());
    List<String> keys = Scene.keys(0, 10);
    scene.sendAll(topic, keys);
    List<MessageExt> first = client.await(10, 3000);
    Failed.unlessSame(keys, keys(first), "popped at first");
    for (MessageExt message : first.subList(0, 6)) {
      client.acknowledge(message);
    }
    List<MessageExt> again = client.await(4, LONG);
    Failed.unlessSame(keys(first.subList(6, 10)), keys(again), "what came again");
    for (MessageExt message : again) {
      Failed.unlessEqual(1, message.getReconsumeTimes(), "attempts before");
      Failed.unlessEqual(topic, message.getTopic(), "topic of a retried message");
      client.acknowledge(message);
    }
    Failed.unlessEqual(List.of(), keys(client.pop(32, LONG)), "popped after all was acknowledged");
  }

  private static void acknowledgeTogether(Scene scene) throws Exception {
    String topic = scene.topic(2);
    PopClient client = new PopClient(scene, topic, scene.group());
    List<String> keys = Scene.keys(0, 10);
    scene.sendAll(topic, keys);
    List<MessageExt> first = client.await(10, 3000);
    client.acknowledgeTogether(first.subList(0, 7));
    Failed.unlessSame(keys(first.subList(7, 10)), keys(client.await(3, LONG)), "what came again");
  }

  private static void keepInvisible(Scene scene) throws Exception {
    String topic = scene.topic(1);
    PopClient client = new PopClient(scene, topic, scene.group());
    scene.sendAll(topic, Scene.keys(0, 3));
    List<MessageExt> first = client.await(3, 3000);
    client.keepInvisible(first.get(0), LONG); // not to be seen again here
    client.keepInvisible(first.get(1), 1000);
    client.keepInvisible(first.get(2), LONG);
    client.acknowledge(first.get(2)); // with the new receipt
    List<MessageExt> again = client.await(1, LONG);
    Failed.unlessEqual(List.of(first.get(1).getKeys()), keys(again), "what came again");
  }

  private static void inOrder(Scene scene) throws Exception {
    String topic = scene.topic(1);
    PopClient client = new PopClient(scene, topic, scene.group());
    scene.sendAll(topic, Scene.keys(0, 4));
    List<MessageExt> first = new ArrayList<>();
    Failed.unlessSoon(() -> {
      first.addAll(client.popInOrder("one", 0, 2, LONG));
      return !first.isEmpty();
    }, () -> "nothing could be popped");
    Failed.unlessEqual(Scene.keys(0, 2), keys(first), "popped in order");
    Failed.unlessEqual(List.of(), keys(client.popInOrder("two", 0, 2, LONG)), "while they are not done");
    client.acknowledge(first.get(0));
    Failed.unlessEqual(List.of(), keys(client.popInOrder("two", 0, 2, LONG)), "while one is not done");
    client.acknowledge(first.get(1));
    List<MessageExt> second = client.popInOrder("two", 0, 2, 1000);
    Failed.unlessEqual(Scene.keys(2, 2), keys(second), "popped next");
    List<MessageExt> again = new ArrayList<>();
    Failed.unlessSoon(() -> {
      again.addAll(client.popInOrder("three", 0, 2, LONG));
      return !again.isEmpty();
    }, () -> "what was not acknowledged did not come again");
    Failed.unlessEqual(new TreeSet<>(Scene.keys(2, 2)), new TreeSet<>(keys(again)), "popped again");
  }
}
