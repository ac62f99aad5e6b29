package sluice.compat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Several consumers of a group, and one after the other. */
final class Groups {
  private Groups() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("group.share-and-take-over", Groups::shareAndTakeOver);
    cases.put("group.take-over-busy", Groups::takeOverBusy);
    cases.put("group.restart", Groups::restart);
    cases.put("group.two-groups", Groups::twoGroups);
  }

  private static List<DefaultMQPushConsumer> pair(Scene scene, String topic, List<Inbox> inboxes)
      throws Exception {
    String group = scene.group();
    List<DefaultMQPushConsumer> pair = new ArrayList<>();
    for (Inbox inbox : inboxes) {
      pair.add(scene.collector(group, topic, inbox));
    }
    Failed.unlessSoon(() -> pair.stream().allMatch(consumer -> Scene.held(consumer, topic).size() == 2),
        () -> "the queues are not shared two and two: "
            + pair.stream().map(consumer -> Scene.held(consumer, topic)).toList());
    var held = pair.stream().flatMap(consumer -> Scene.held(consumer, topic).stream());
    Failed.unlessEqual(List.of(0, 1, 2, 3), held.map(MessageQueue::getQueueId).sorted().toList(),
        "queues held by the two");
    return pair;
  }

  private static List<String> both(List<Inbox> inboxes) {
    return inboxes.stream().flatMap(inbox -> inbox.keys().stream()).collect(Collectors.toList());
  }

  private static void awaitBoth(List<Inbox> inboxes, List<String> keys) throws Exception {
    Failed.unlessSoon(() -> both(inboxes).containsAll(keys),
        () -> both(inboxes).size() + " of " + keys.size() + " messages came");
  }

  /** Nothing is under way when one leaves: nothing may come twice. */
  private static void shareAndTakeOver(Scene scene) throws Exception {
    String topic = scene.topic(4);
    List<Inbox> inboxes = List.of(new Inbox(), new Inbox());
    var pair = pair(scene, topic, inboxes);
    List<String> keys = Scene.keys(0, 200);
    scene.sendAll(topic, keys.subList(0, 100));
    awaitBoth(inboxes, keys.subList(0, 100));
    for (Inbox inbox : inboxes) {
      long queues = inbox.all().stream().map(MessageExt::getQueueId).distinct().count();
      Failed.unlessEqual(2L, queues, "queues of each");
    }
    for (var consumer : pair) {
      scene.awaitCommitted(consumer, topic);
    }
    pair.get(0).shutdown();
    int seen = inboxes.get(0).keys().size();
    Failed.unlessSoon(() -> Scene.held(pair.get(1), topic).size() == 4,
        () -> "the other holds only " + Scene.held(pair.get(1), topic));
    scene.sendAll(topic, keys.subList(100, 200));
    awaitBoth(inboxes, keys);
    scene.awaitCommitted(pair.get(1), topic);
    pair.get(1).shutdown();
    Failed.unlessSame(keys, both(inboxes), "received by the two");
    Failed.unlessEqual(seen, inboxes.get(0).keys().size(), "what came to one that had left");
  }

  /** Messages are under way when one leaves: what it had may come twice, but nothing is lost. */
  private static void takeOverBusy(Scene scene) throws Exception {
    String topic = scene.topic(4);
    List<Inbox> inboxes = List.of(new Inbox(), new Inbox());
    var pair = pair(scene, topic, inboxes);
    List<String> keys = Scene.keys(0, 600);
    CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
      try {
        scene.sendAll(topic, keys);
      } catch (Exception failure) {
        throw new IllegalStateException(failure);
      }
    });
    Failed.unlessSoon(() -> sending.isDone() || inboxes.get(0).keys().size() > 50, () -> "nothing came");
    pair.get(0).shutdown();
    sending.get();
    awaitBoth(inboxes, keys);
    scene.awaitCommitted(pair.get(1), topic);
    pair.get(1).shutdown();
    Failed.unlessEqual(new TreeSet<>(keys), new TreeSet<>(both(inboxes)), "received by the two");
    List<String> twice = new ArrayList<>(both(inboxes));
    keys.forEach(twice::remove);
    Failed.unlessSame(twice, twice.stream().filter(inboxes.get(0).keys()::contains).toList(),
        "what came twice although the one that left had not had it");
  }

  private static void restart(Scene scene) throws Exception {
    String topic = scene.topic(4);
    String group = scene.group();
    for (int round = 0; round < 3; ++round) {
      List<String> keys = Scene.keys(round * 100, 100);
      scene.sendAll(topic, keys); // nobody consumes now
      Inbox inbox = new Inbox();
      DefaultMQPushConsumer consumer = scene.collector(group, topic, inbox);
      inbox.await(keys);
      scene.awaitCommitted(consumer, topic);
      consumer.shutdown();
      Failed.unlessSame(keys, inbox.keys(), "received in life " + (round + 1));
    }
  }

  private static void twoGroups(Scene scene) throws Exception {
    String topic = scene.topic(4);
    List<Inbox> inboxes = List.of(new Inbox(), new Inbox());
    List<String> keys = Scene.keys(0, 100);
    scene.sendAll(topic, keys);
    List<DefaultMQPushConsumer> consumers = new ArrayList<>();
    for (Inbox inbox : inboxes) {
      consumers.add(scene.collector(scene.group(), topic, inbox));
    }
    for (int i = 0; i < 2; ++i) {
      inboxes.get(i).await(keys);
      scene.awaitCommitted(consumers.get(i), topic);
      consumers.get(i).shutdown();
      Failed.unlessSame(keys, inboxes.get(i).keys(), "received by one of two groups");
    }
  }
}
