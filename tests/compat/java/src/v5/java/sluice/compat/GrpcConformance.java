package sluice.compat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.apis.consumer.ConsumeResult;
import org.apache.rocketmq.client.apis.consumer.FilterExpression;
import org.apache.rocketmq.client.apis.consumer.FilterExpressionType;
import org.apache.rocketmq.client.apis.consumer.SimpleConsumer;
import org.apache.rocketmq.client.apis.message.MessageView;
import org.apache.rocketmq.client.apis.producer.Producer;
import org.apache.rocketmq.client.apis.producer.SendReceipt;
import org.apache.rocketmq.client.apis.producer.Transaction;
import org.apache.rocketmq.client.apis.producer.TransactionResolution;

/** The cases of the gRPC client, through a proxy. Arguments: name server, proxy, and cases, if not all. */
public final class GrpcConformance {
  /** RocketMQ rounds the time of a timer message down. */
  private static final long TIMER_TICK_MILLIS = 1000;

  private interface Case {
    void run(GrpcScene scene) throws Exception;
  }

  private GrpcConformance() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2) {
      System.err.println("usage: GrpcConformance NAME-SERVER PROXY [CASE...]");
      System.exit(2);
    }
    Map<String, Case> cases = new LinkedHashMap<>();
    cases.put("send.sync", GrpcConformance::sendSync);
    cases.put("send.async", GrpcConformance::sendAsync);
    cases.put("send.fifo", GrpcConformance::sendFifo);
    cases.put("content.properties", GrpcConformance::properties);
    cases.put("delay.timers", GrpcConformance::timers);
    cases.put("delay.recall", GrpcConformance::recall);
    cases.put("transaction.decided", GrpcConformance::decided);
    cases.put("transaction.checked", GrpcConformance::checked);
    cases.put("receive.again", GrpcConformance::again);
    cases.put("receive.change-invisible", GrpcConformance::changeInvisible);
    cases.put("consume.concurrent", GrpcConformance::concurrent);
    cases.put("consume.orderly", GrpcConformance::orderly);
    cases.put("consume.tags", GrpcConformance::tags);
    cases.put("select.receive", GrpcConformance::selected);
    cases.put("retry.second-time", GrpcConformance::secondTime);
    cases.put("retry.dead-letter", GrpcConformance::deadLetter);
    Map<String, Conformance.Case> all = new LinkedHashMap<>();
    cases.forEach((name, body) -> all.put(name, scene -> body.run(new GrpcScene(scene, arguments[1]))));
    List<String> usual = List.copyOf(all.keySet());
    all.put("control.lost", scene -> lost(new GrpcScene(scene, arguments[1])));
    Conformance.run(arguments[0], all, usual, Arrays.asList(arguments).subList(2, arguments.length));
  }

  private static void sendSync(GrpcScene scene) throws Exception {
    String topic = scene.topic(4, "NORMAL");
    Producer producer = scene.producer(topic);
    Map<String, String> ids = new HashMap<>();
    for (String key : Scene.keys(0, 20)) {
      ids.put(key, GrpcScene.send(producer, GrpcScene.message(topic, key)).getMessageId().toString());
    }
    List<MessageView> found = GrpcScene.receive(scene.simple(scene.group(), topic), 20, true);
    Failed.unlessSame(ids.keySet(), GrpcScene.keys(found), "received");
    for (MessageView view : found) {
      String key = GrpcScene.key(view);
      Failed.unlessEqual(ids.get(key), view.getMessageId().toString(), "id");
      Failed.unlessEqual("body of " + key, new String(GrpcScene.body(view), "UTF-8"), "body");
      Failed.unlessEqual("tag", view.getTag().orElse(""), "tag");
      Failed.unlessEqual(1, view.getDeliveryAttempt(), "tries");
    }
  }

  private static void sendAsync(GrpcScene scene) throws Exception {
    String topic = scene.topic(4, "NORMAL");
    Producer producer = scene.producer(topic);
    List<CompletableFuture<SendReceipt>> sends = Scene.keys(0, 50).stream()
        .map(key -> producer.sendAsync(GrpcScene.message(topic, key).build())).collect(Collectors.toList());
    for (CompletableFuture<SendReceipt> send : sends) {
      send.get();
    }
    SimpleConsumer consumer = scene.simple(scene.group(), topic);
    Failed.unlessSame(Scene.keys(0, 50), GrpcScene.keys(GrpcScene.receive(consumer, 50, true)), "received");
  }

  private static void sendOrders(GrpcScene scene, String topic) throws Exception {
    Producer producer = scene.producer(topic);
    for (int step = 0; step < 5; ++step) {
      for (int order = 0; order < 4; ++order) {
        GrpcScene.send(producer,
            GrpcScene.message(topic, order + "-" + step).setMessageGroup("order" + order));
      }
    }
  }

  private static List<String> stepsOf(int order, List<String> keys) {
    return keys.stream().filter(key -> key.startsWith(order + "-")).collect(Collectors.toList());
  }

  private static void sendFifo(GrpcScene scene) throws Exception {
    String topic = scene.topic(4, "FIFO");
    sendOrders(scene, topic);
    List<String> found = GrpcScene.keys(
        GrpcScene.receive(scene.simple(scene.group(true, 16), topic), 20, true));
    for (int order = 0; order < 4; ++order) {
      String of = order + "-";
      Failed.unlessEqual(List.of(of + 0, of + 1, of + 2, of + 3, of + 4), stepsOf(order, found), "steps");
    }
  }

  private static void properties(GrpcScene scene) throws Exception {
    String topic = scene.topic(1, "NORMAL");
    byte[] body = new byte[1_000_000];
    new Random(4).nextBytes(body);
    GrpcScene.send(scene.producer(topic),
        GrpcScene.message(topic, "schlüssel").setBody(body).addProperty("größe", "très grand 大"));
    MessageView found = GrpcScene.receive(scene.simple(scene.group(), topic), 1, true).get(0);
    Failed.unlessEqual("schlüssel", GrpcScene.key(found), "key");
    Failed.unlessEqual("très grand 大", found.getProperties().get("größe"), "property");
    Failed.unless(Arrays.equals(body, GrpcScene.body(found)), "another body");
  }

  private static void timers(GrpcScene scene) throws Exception {
    String topic = scene.topic(2, "DELAY");
    GrpcScene.Views views = new GrpcScene.Views();
    scene.push(scene.group(), topic, views);
    Producer producer = scene.producer(topic);
    Map<String, Long> due = new HashMap<>();
    for (long later : new long[] {3000, 4500, 6000}) {
      long time = System.currentTimeMillis() + later;
      due.put("key" + later, time);
      GrpcScene.send(producer, GrpcScene.message(topic, "key" + later).setDeliveryTimestamp(time));
    }
    views.await(due.keySet());
    Failed.unlessSame(due.keySet(), views.keys(), "received");
    for (var entry : due.entrySet()) {
      long early = entry.getValue() - views.arrival(entry.getKey());
      Failed.unless(early <= TIMER_TICK_MILLIS, entry.getKey() + " came " + early + " ms early");
    }
  }

  private static void recall(GrpcScene scene) throws Exception {
    String topic = scene.topic(1, "DELAY");
    GrpcScene.Views views = new GrpcScene.Views();
    scene.push(scene.group(), topic, views);
    Producer producer = scene.producer(topic);
    for (String key : List.of("before", "recalled", "after")) {
      long time = System.currentTimeMillis() + (key.equals("after") ? 10_000 : 7000);
      SendReceipt sent = GrpcScene.send(producer, GrpcScene.message(topic, key).setDeliveryTimestamp(time));
      if (key.equals("recalled")) {
        String id = producer.recallMessage(topic, sent.getRecallHandle()).getMessageId().toString();
        Failed.unlessEqual(sent.getMessageId().toString(), id, "id of the recalled message");
      }
    }
    views.await(List.of("before", "after"));
    Failed.unlessSame(List.of("before", "after"), views.keys(), "received");
  }

  private static boolean isEven(String key) {
    return Integer.parseInt(key.substring("key".length())) % 2 == 0;
  }

  private static List<String> even(int count) {
    return Scene.keys(0, count).stream().filter(GrpcConformance::isEven).collect(Collectors.toList());
  }

  private static void decided(GrpcScene scene) throws Exception {
    String topic = scene.topic(2, "TRANSACTION");
    GrpcScene.Views views = new GrpcScene.Views();
    scene.push(scene.group(), topic, views);
    Producer producer = scene.producer(topic, view -> TransactionResolution.UNKNOWN);
    for (String key : Scene.keys(0, 10)) {
      Transaction transaction = producer.beginTransaction();
      producer.send(GrpcScene.message(topic, key).build(), transaction);
      if (isEven(key)) {
        transaction.commit();
      } else {
        transaction.rollback();
      }
    }
    views.await(even(10));
    Failed.unlessSame(even(10), views.keys(), "received");
  }

  /** Orphans: the broker asks, through the proxy. */
  private static void checked(GrpcScene scene) throws Exception {
    String topic = scene.topic(1, "TRANSACTION");
    GrpcScene.Views views = new GrpcScene.Views();
    GrpcScene.Views asked = new GrpcScene.Views();
    scene.push(scene.group(), topic, views);
    Producer producer = scene.producer(topic, view -> {
      asked.add(view);
      return isEven(GrpcScene.key(view)) ? TransactionResolution.COMMIT : TransactionResolution.ROLLBACK;
    });
    for (String key : Scene.keys(0, 4)) {
      producer.send(GrpcScene.message(topic, key).build(), producer.beginTransaction());
    }
    asked.await(Scene.keys(0, 4));
    views.await(even(4));
    Set<String> seen = new TreeSet<>(views.keys()); // a genuine broker may ask, and so deliver, twice
    Failed.unlessSame(even(4), seen, "received");
  }

  /** What is not acknowledged comes again, with its number of tries; what is, does not. */
  private static void again(GrpcScene scene) throws Exception {
    String topic = scene.topic(1, "NORMAL");
    GrpcScene.sendAll(scene.producer(topic), topic, Scene.keys(0, 4));
    SimpleConsumer consumer = scene.simple(scene.group(), topic);
    List<MessageView> first = GrpcScene.receive(consumer, 4, false);
    Failed.unlessSame(Scene.keys(0, 4), GrpcScene.keys(first), "first");
    for (MessageView view : first) {
      if (List.of("key0", "key1").contains(GrpcScene.key(view))) {
        consumer.ack(view);
      }
    }
    List<MessageView> second = GrpcScene.receive(consumer, 2, true);
    Failed.unlessSame(List.of("key2", "key3"), GrpcScene.keys(second), "came again");
    Failed.unless(second.stream().allMatch(view -> view.getDeliveryAttempt() == 2), "not the second try");
    Failed.unlessSame(List.of(), GrpcScene.keys(consumer.receive(16, GrpcScene.INVISIBLE)), "after all");
  }

  private static void changeInvisible(GrpcScene scene) throws Exception {
    String topic = scene.topic(1, "NORMAL");
    GrpcScene.sendAll(scene.producer(topic), topic, List.of("key"));
    SimpleConsumer consumer = scene.simple(scene.group(), topic);
    MessageView view = GrpcScene.receive(consumer, 1, false).get(0);
    long changed = System.currentTimeMillis();
    consumer.changeInvisibleDuration(view, GrpcScene.INVISIBLE.multipliedBy(2));
    MessageView later = GrpcScene.receive(consumer, 1, true).get(0);
    long passed = System.currentTimeMillis() - changed;
    Failed.unless(passed >= 19_000, "it came " + passed + " ms after it was put off by 20 s");
    Failed.unlessEqual(2, later.getDeliveryAttempt(), "tries");
  }

  private static void concurrent(GrpcScene scene) throws Exception {
    String topic = scene.topic(4, "NORMAL");
    GrpcScene.Views views = new GrpcScene.Views();
    Producer producer = scene.producer(topic);
    GrpcScene.sendAll(producer, topic, Scene.keys(0, 20));
    scene.push(scene.group(), topic, views);
    GrpcScene.sendAll(producer, topic, Scene.keys(20, 20));
    views.await(Scene.keys(0, 40));
    Failed.unlessSame(Scene.keys(0, 40), views.keys(), "received");
  }

  /** A group that keeps order gets what failed again before its successors. */
  private static void orderly(GrpcScene scene) throws Exception {
    String topic = scene.topic(4, "FIFO");
    sendOrders(scene, topic);
    GrpcScene.Views views = new GrpcScene.Views();
    scene.push(scene.group(true, 16), topic, views, view -> {
      boolean refused = GrpcScene.key(view).equals("2-3") && view.getDeliveryAttempt() == 1;
      return refused ? ConsumeResult.FAILURE : ConsumeResult.SUCCESS;
    });
    views.await(List.of("0-4", "1-4", "2-4", "3-4"));
    for (int order = 0; order < 4; ++order) {
      String of = order + "-";
      List<String> wanted = order == 2 ? List.of(of + 0, of + 1, of + 2, of + 3, of + 3, of + 4)
          : List.of(of + 0, of + 1, of + 2, of + 3, of + 4);
      Failed.unlessEqual(wanted, stepsOf(order, views.keys()), "steps");
    }
  }

  private static void tags(GrpcScene scene) throws Exception {
    String topic = scene.topic(1, "NORMAL");
    Producer producer = scene.producer(topic);
    List<String> tags = List.of("Aa", "BB", "green", "blue", "Aa", "green");
    for (int i = 0; i < tags.size(); ++i) {
      GrpcScene.send(producer, GrpcScene.message(topic, "key" + i).setTag(tags.get(i)));
    }
    SimpleConsumer consumer = scene.simple(scene.group(), topic, new FilterExpression("Aa || green"));
    List<String> found = GrpcScene.keys(GrpcScene.receive(consumer, 4, true));
    Failed.unlessSame(List.of("key0", "key2", "key4", "key5"), found, "received");
  }

  private static void selected(GrpcScene scene) throws Exception {
    String topic = scene.topic(1, "NORMAL");
    Producer producer = scene.producer(topic);
    for (int i = 0; i < 10; ++i) {
      GrpcScene.send(producer, GrpcScene.message(topic, "key" + i).addProperty("price", "" + i));
    }
    var selector = new FilterExpression("price > 4 AND price <> 7", FilterExpressionType.SQL92);
    SimpleConsumer consumer = scene.simple(scene.group(), topic, selector);
    List<String> found = GrpcScene.keys(GrpcScene.receive(consumer, 4, true));
    Failed.unlessSame(List.of("key5", "key6", "key8", "key9"), found, "received");
  }

  private static void secondTime(GrpcScene scene) throws Exception {
    String topic = scene.topic(1, "NORMAL");
    GrpcScene.Views views = new GrpcScene.Views();
    scene.push(scene.group(), topic, views, view -> {
      boolean refused = GrpcScene.key(view).equals("key1") && view.getDeliveryAttempt() == 1;
      return refused ? ConsumeResult.FAILURE : ConsumeResult.SUCCESS;
    });
    GrpcScene.sendAll(scene.producer(topic), topic, Scene.keys(0, 3));
    views.await(List.of("key0", "key1", "key1", "key2"));
    Failed.unlessSame(List.of("key0", "key1", "key1", "key2"), views.keys(), "received");
  }

  private static void deadLetter(GrpcScene scene) throws Exception {
    String topic = scene.topic(1, "NORMAL");
    String group = scene.group(false, 1);
    GrpcScene.Views views = new GrpcScene.Views();
    scene.push(group, topic, views,
        view -> GrpcScene.key(view).equals("key1") ? ConsumeResult.FAILURE : ConsumeResult.SUCCESS);
    GrpcScene.sendAll(scene.producer(topic), topic, Scene.keys(0, 3));
    views.await(List.of("key0", "key1", "key1", "key2"));
    Failed.unlessSoon(() -> scene.length("%DLQ%" + group) == 1, () -> "not one dead letter");
    Failed.unlessSame(List.of("key0", "key1", "key1", "key2"), views.keys(), "received");
  }

  /** Harm done on purpose: must fail, or the others prove nothing. Run only when named. */
  private static void lost(GrpcScene scene) throws Exception {
    String topic = scene.topic(1, "NORMAL");
    GrpcScene.sendAll(scene.producer(topic), topic, Scene.keys(0, 9));
    SimpleConsumer consumer = scene.simple(scene.group(), topic);
    Failed.unlessSame(Scene.keys(0, 10), GrpcScene.keys(GrpcScene.receive(consumer, 9, true)), "received");
  }
}
