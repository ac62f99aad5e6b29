package sluice.compat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Later, but never early, and once. How much later than asked is not judged. */
final class Delays {
  private Delays() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("delay.levels", Delays::levels);
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
