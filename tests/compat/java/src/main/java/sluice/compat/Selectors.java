package sluice.compat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.common.message.Message;

/** Consumers that want messages by their properties. */
final class Selectors {
  private static final String DEAR = "price > 25 AND (kind IN ('book', 'film') OR rare IS NOT NULL)";

  private Selectors() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("select.push", Selectors::push);
    cases.put("select.retry", Selectors::retry);
    cases.put("select.lite-pull", Selectors::litePull);
    cases.put("select.refused", Selectors::refused);
  }

  /** Sends 60 messages; the keys of those that DEAR wants. The last one is wanted. */
  private static List<String> stock(Scene scene, String topic) throws Exception {
    String[] kinds = {"book", "toy", "film"};
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < 60; ++i) {
      Message message = Scene.message(topic, "key" + i);
      message.putUserProperty("price", i == 40 ? "free" : Integer.toString(i));
      message.putUserProperty("kind", kinds[i % kinds.length]);
      boolean rare = i % 10 == 0;
      if (rare) {
        message.putUserProperty("rare", "yes");
      }
      scene.send(message);
      if (i != 40 && i > 25 && (i % kinds.length != 1 || rare)) {
        wanted.add("key" + i);
      }
    }
    return wanted;
  }

  private static void push(Scene scene) throws Exception {
    String topic = scene.topic(1);
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.consumer(scene.group(), topic, "*");
    consumer.subscribe(topic, MessageSelector.bySql(DEAR));
    consumer.registerMessageListener(inbox);
    scene.started(consumer);
    List<String> wanted = stock(scene, topic);
    inbox.await(wanted);
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    Failed.unlessSame(wanted, inbox.keys(), "received");
  }

  /** What was selected once comes again by way of the retry topic, which is not filtered. */
  private static void retry(Scene scene) throws Exception {
    String topic = scene.topic(1);
    List<String> wanted = stock(scene, topic);
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.consumer(scene.group(), topic, "*");
    consumer.subscribe(topic, MessageSelector.bySql(DEAR));
    String unlucky = wanted.get(3);
    consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
      messages.forEach(inbox::add);
      context.setDelayLevelWhenNextConsume(1);
      boolean later = messages.get(0).getKeys().equals(unlucky) && inbox.count(unlucky) == 1;
      return later ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    scene.started(consumer);
    List<String> all = new ArrayList<>(wanted);
    all.add(unlucky);
    inbox.await(all);
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    Failed.unlessSame(all, inbox.keys(), "received");
  }

  private static void litePull(Scene scene) throws Exception {
    String topic = scene.topic(2);
    List<String> wanted = stock(scene, topic);
    DefaultLitePullConsumer consumer = scene.litePull(scene.group());
    consumer.subscribe(topic, MessageSelector.bySql(DEAR));
    consumer.start();
    List<String> found = Collections.synchronizedList(new ArrayList<>());
    Failed.unlessSoon(() -> {
      consumer.poll(200).forEach(message -> found.add(message.getKeys()));
      return found.size() >= wanted.size();
    }, () -> found.size() + " of " + wanted.size() + " messages came");
    consumer.shutdown();
    Failed.unlessSame(wanted, found, "polled");
  }

  private static void refused(Scene scene) throws Exception {
    String topic = scene.topic(1);
    for (String selector : List.of("price >", "price > 'a'", "price BETWEEN 2 AND 1", "price LIKE 1 AND")) {
      DefaultMQPushConsumer consumer = scene.consumer(scene.group(), topic, "*");
      consumer.subscribe(topic, MessageSelector.bySql(selector));
      consumer.registerMessageListener(new Inbox());
      int code = Release.SUCCESS;
      try {
        consumer.start();
      } catch (MQClientException refused) {
        code = refused.getResponseCode();
      } finally {
        consumer.shutdown();
      }
      boolean invalid = !selector.equals("price LIKE 1 AND"); // a selector, and then what nobody looks at
      int expected = invalid ? Release.SUBSCRIPTION_PARSE_FAILED : Release.SUCCESS;
      Failed.unlessEqual(expected, code, "answer to " + selector);
    }
  }
}
