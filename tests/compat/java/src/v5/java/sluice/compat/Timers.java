package sluice.compat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;

/** At a time, but never much before it; and taken back. */
final class Timers {
  /** RocketMQ rounds the time of a timer message down, by a tick of a second at most; not so with levels. */
  private static final long TIMER_TICK_MILLIS = 1000;

  private Timers() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("delay.timers", Timers::timers);
    cases.put("delay.recall", Timers::recall);
  }

  private static void timers(Scene scene) throws Exception {
    String topic = scene.topic(2);
    Map<String, Long> notBefore = new HashMap<>();
    Delays.Arrivals arrivals = new Delays.Arrivals(scene, topic);
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
}
