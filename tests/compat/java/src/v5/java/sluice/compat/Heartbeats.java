package sluice.compat;

import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.remoting.protocol.heartbeat.SubscriptionData;

/** Heartbeats of the second kind, which leave out subscriptions that the broker knows. */
final class Heartbeats {
  private Heartbeats() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("heartbeat.several-groups", Heartbeats::severalGroups);
    cases.put("heartbeat.changed-subscription", Heartbeats::changedSubscription);
  }

  private static DefaultMQPushConsumer consumer(Scene scene, String group, String topic, Inbox inbox)
      throws Exception {
    DefaultMQPushConsumer consumer = scene.consumer(group, topic, "*");
    consumer.setUseHeartbeatV2(true);
    consumer.registerMessageListener(inbox);
    return consumer;
  }

  /** What the broker believes the group to have subscribed. */
  private static Map<String, SubscriptionData> known(Scene scene, String group) throws Exception {
    return Operator.of(scene).examineConsumerConnectionInfo(group).getSubscriptionTable();
  }

  private static void awaitKnown(Scene scene, String group, String topic, String expression)
      throws Exception {
    Failed.unlessSoon(() -> {
      try {
        SubscriptionData data = known(scene, group).get(topic);
        return data != null && data.getSubString().equals(expression);
      } catch (Exception notYet) {
        return false;
      }
    }, () -> "the broker does not know that " + group + " wants " + expression + " of " + topic);
  }

  /** Two groups in the heartbeats of one client: each keeps what it has over many of them. */
  private static void severalGroups(Scene scene) throws Exception {
    List<String> topics = List.of(scene.topic(2), scene.topic(2));
    List<String> groups = List.of(scene.group(), scene.group());
    List<Inbox> inboxes = List.of(new Inbox(), new Inbox());
    String instance = scene.unique("shared");
    for (int i = 0; i < 2; ++i) {
      DefaultMQPushConsumer consumer = consumer(scene, groups.get(i), topics.get(i), inboxes.get(i));
      consumer.setInstanceName(instance);
      scene.started(consumer);
    }
    for (int round = 0; round < 4; ++round) {
      List<String> keys = Scene.keys(round * 10, 10);
      for (int i = 0; i < 2; ++i) {
        scene.sendAll(topics.get(i), keys);
        inboxes.get(i).await(keys);
        awaitKnown(scene, groups.get(i), topics.get(i), "*");
      }
      Thread.sleep(1000); // a heartbeat apart
    }
    for (Inbox inbox : inboxes) {
      Failed.unlessSame(Scene.keys(0, 40), inbox.keys(), "messages of one group");
    }
  }

  private static void changedSubscription(Scene scene) throws Exception {
    String first = scene.topic(2);
    String second = scene.topic(2);
    String group = scene.group();
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.started(consumer(scene, group, first, inbox));
    scene.sendAll(first, Scene.keys(0, 5));
    inbox.await(Scene.keys(0, 5));
    Thread.sleep(2500); // heartbeats without subscriptions meanwhile
    consumer.subscribe(second, "tag");
    awaitKnown(scene, group, second, "tag");
    awaitKnown(scene, group, first, "*");
    scene.sendAll(second, Scene.keys(5, 5));
    inbox.await(Scene.keys(0, 10));
    consumer.unsubscribe(second);
    Failed.unlessSoon(() -> {
      try {
        return !known(scene, group).containsKey(second);
      } catch (Exception notYet) {
        return false;
      }
    }, () -> "the broker still believes that " + group + " wants " + second);
  }
}
