package sluice.compat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Later, but never early, and once. How much later than asked is not judged. */
final class Delays {
  /** RocketMQ rounds the time of a timer message down, by a tick of a second at most; not so with levels. */
  private static final long TIMER_TICK_MILLIS = 1000;

  private Delays() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("delay.levels", Delays::levels);
    cases.put("delay.timers", Delays::timers);
    cases.put("delay.recall", Delays::recall);
  }

  private static void levels(Scene scene) throws Exception {
    String topic = scene.topic(2);
    long[] millis = {0, 1000, 5000, 10_000};
    Map<String, Long> notBefore = new HashMap<>();
    Arrivals arrivals = new Arrivals(scene, topic);
    for (int round = 0; round < 5; ++round) {
      for (int level = 0; level < millis.length; ++level) {
        Message message = Scene.message(topic, "level" + level + "-" + round);
        message.setDelayTimeLevel(level);
        notBefore.put(message.getKeys(), System.currentTimeMillis() + millis[level]);
        scene.send(message);
      }
    }
    arrivals.judge(notBefore, 0);
  }

  private static void timers(Scene scene) throws Exception {
    String topic = scene.topic(2);
    Map<String, Long> notBefore = new HashMap<>();
    Arrivals arrivals = new Arrivals(scene, topic);
    for (int round = 0; round < 5; ++round) {
      long now = System.currentTimeMillis();
      Message relative = Scene.message(topic, "relative" + round);
      relative.setDelayTimeMs(2500);
      Message seconds = Scene.message(topic, "seconds" + round);
      seconds.setDelayTimeSec(4);
      Message absolute = Scene.message(topic, "absolute" + round);
      absolute.setDeliverTimeMs(now + 3000);
      Message past = Scene.message(topic, "past" + round);
      past.setDeliverTimeMs(now - 3000);
      for (Message message : List.of(relative, seconds, absolute, past)) {
        scene.send(message);
      }
      notBefore.put(relative.getKeys(), now + 2500);
      notBefore.put(seconds.getKeys(), now + 4000);
      notBefore.put(absolute.getKeys(), now + 3000);
      notBefore.put(past.getKeys(), now);
    }
    arrivals.judge(notBefore, TIMER_TICK_MILLIS);
  }

  /** What its producer takes back in time never comes. */
  private static void recall(Scene scene) throws Exception {
    String topic = scene.topic(1);
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.collector(scene.group(), topic, inbox);
    for (String key : List.of("before", "recalled", "after")) {
      Message message = Scene.message(topic, key);
      message.setDelayTimeMs(key.equals("after") ? 8000 : 5000);
      SendResult sent = scene.send(message);
      if (key.equals("recalled")) {
        String id = scene.producer().recallMessage(topic, sent.getRecallHandle());
        Failed.unlessEqual(sent.getMsgId(), id, "the id of the recalled message");
      }
    }
    inbox.await(List.of("before", "after"));
    scene.awaitCommitted(consumer, topic);
    Failed.unlessSame(List.of("before", "after"), inbox.keys(), "received");
  }

  /** A consumer that notes when each message comes first. */
  static final class Arrivals {
    private final Scene scene;
    private final String topic;
    private final Inbox inbox = new Inbox();
    private final Map<String, Long> times = new ConcurrentHashMap<>();
    private final DefaultMQPushConsumer consumer;

    Arrivals(Scene scene, String topic) throws Exception {
      this.scene = scene;
      this.topic = topic;
      consumer = scene.consumer(scene.group(), topic, "tag");
      consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
        for (MessageExt message : messages) {
          times.putIfAbsent(message.getKeys(), System.currentTimeMillis());
          inbox.add(message);
        }
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
      });
      scene.started(consumer);
    }

    void judge(Map<String, Long> notBefore, long tick) throws Exception {
      inbox.await(notBefore.keySet());
      scene.awaitCommitted(consumer, topic);
      consumer.shutdown();
      Failed.unlessSame(notBefore.keySet(), inbox.keys(), "received");
      List<String> early = new ArrayList<>();
      for (var entry : notBefore.entrySet()) {
        long millis = entry.getValue() - times.get(entry.getKey());
        if (millis > tick) {
          early.add(entry.getKey() + " by " + millis + " ms");
        }
      }
      Failed.unless(early.isEmpty(), "came early: " + early);
      for (MessageExt message : inbox.all()) {
        Failed.unlessEqual("body of " + message.getKeys(), new String(message.getBody(), "UTF-8"), "body");
        Failed.unlessEqual(topic, message.getTopic(), "topic");
      }
    }
  }
}
