package sluice.compat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.apache.rocketmq.spring.support.RocketMQHeaders;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessagingException;
import org.springframework.messaging.support.MessageBuilder;

/** Ways to send with a template, and what becomes of headers and payloads. */
final class SpringSends {
  private SpringSends() {}

  static void list(Map<String, SpringConformance.Case> cases) {
    cases.put("send.sync", SpringSends::sync);
    cases.put("send.async", SpringSends::async);
    cases.put("send.oneway", SpringSends::oneway);
    cases.put("send.batch", SpringSends::batch);
    cases.put("send.selector", SpringSends::ordered);
    cases.put("send.too-large", SpringSends::tooLarge);
    cases.put("content.properties", SpringSends::properties);
    cases.put("content.objects", SpringSends::objects);
  }

  private static List<String> keysOf(List<MessageExt> messages) {
    return messages.stream().map(MessageExt::getKeys).toList();
  }

  private static void unlessReceipt(SendResult receipt, MessageExt message) throws Failed {
    Failed.unlessEqual(receipt.getMsgId(), message.getMsgId(), "message id");
    Failed.unlessEqual(receipt.getMessageQueue().getQueueId(), message.getQueueId(), "queue");
    Failed.unlessEqual(receipt.getQueueOffset(), message.getQueueOffset(), "offset");
  }

  private static void sync(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(4);
    Map<String, SendResult> receipts = new HashMap<>();
    Map<Integer, Integer> perQueue = new HashMap<>();
    for (String key : Scene.keys(0, 20)) {
      SendResult receipt = Scene.accepted(scene.template().syncSend(topic, SpringScene.message(key)));
      receipts.put(key, receipt);
      perQueue.merge(receipt.getMessageQueue().getQueueId(), 1, Integer::sum);
    }
    Failed.unlessEqual(Map.of(0, 5, 1, 5, 2, 5, 3, 5), perQueue, "messages per queue");
    List<MessageExt> found = scene.plain().read(topic, 20);
    Failed.unlessSame(receipts.keySet(), keysOf(found), "received");
    for (MessageExt message : found) {
      unlessReceipt(receipts.get(message.getKeys()), message);
      Failed.unlessEqual("body of " + message.getKeys(), new String(message.getBody(), "UTF-8"), "body");
    }
  }

  private static void async(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(4);
    List<String> keys = Scene.keys(0, 200);
    CountDownLatch done = new CountDownLatch(keys.size());
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    for (String key : keys) {
      scene.template().asyncSend(topic, SpringScene.message(key), new SendCallback() {
        @Override
        public void onSuccess(SendResult result) {
          done.countDown();
        }

        @Override
        public void onException(Throwable failure) {
          wrong.set(failure);
          done.countDown();
        }
      });
    }
    Failed.unless(done.await(Scene.PATIENCE.toSeconds(), TimeUnit.SECONDS), "not all sends were answered");
    Failed.unless(wrong.get() == null, "a send failed: " + wrong.get());
    Failed.unlessSame(keys, keysOf(scene.plain().read(topic, keys.size())), "received");
  }

  private static void oneway(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    List<String> keys = Scene.keys(0, 50);
    for (String key : keys) {
      scene.template().sendOneWay(topic, SpringScene.message(key));
    }
    Failed.unlessSame(keys, keysOf(scene.plain().read(topic, keys.size())), "received");
  }

  private static void batch(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(4);
    List<Message<String>> messages = new ArrayList<>();
    List<String> keys = Scene.keys(0, 10);
    keys.forEach(key -> messages.add(SpringScene.message(key)));
    SendResult receipt = Scene.accepted(scene.template().syncSend(topic + ":together", messages));
    List<MessageExt> found = scene.plain().read(topic, keys.size());
    Failed.unlessEqual(keys, keysOf(found), "order");
    for (int i = 0; i < found.size(); ++i) {
      MessageExt message = found.get(i);
      Failed.unlessEqual(receipt.getMessageQueue().getQueueId(), message.getQueueId(), "queue");
      Failed.unlessEqual(receipt.getQueueOffset() + i, message.getQueueOffset(), "offset");
      Failed.unlessEqual("together", message.getTags(), "tag");
    }
  }

  /** Whatever has one hash key goes to one queue, by each way to send. */
  private static void ordered(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(4);
    RocketMQTemplate template = scene.template();
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 10; ++i) {
      for (String order : List.of("a", "b", "c", "d", "e")) {
        String key = order + i;
        sent.add(key);
        if (i < 8) {
          Scene.accepted(template.syncSendOrderly(topic, SpringScene.message(key), order));
        } else {
          template.sendOneWayOrderly(topic, SpringScene.message(key), order);
        }
      }
    }
    List<MessageExt> found = scene.plain().read(topic, sent.size());
    Failed.unlessSame(sent, keysOf(found), "received");
    for (String order : List.of("a", "b", "c", "d", "e")) {
      List<MessageExt> own = found.stream().filter(one -> one.getKeys().startsWith(order)).toList();
      Set<Integer> queues = new HashSet<>();
      own.forEach(message -> queues.add(message.getQueueId()));
      Failed.unlessEqual(1, queues.size(), "queues of " + order);
      List<String> answered = keysOf(own).subList(0, 8);
      Failed.unlessEqual(sent.stream().filter(key -> key.startsWith(order)).limit(8).toList(), answered,
          "order of " + order);
    }
  }

  private static void tooLarge(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(1);
    // Or the client would refuse it by itself.
    Map<String, String> settings = Map.of("rocketmq.producer.max-message-size", "8388608");
    RocketMQTemplate template = scene.application(settings, scene).getBean(RocketMQTemplate.class);
    byte[] body = new byte[(4 << 20) + 1];
    new Random(4).nextBytes(body);
    try {
      template.syncSend(topic, body);
      throw new Failed("a body of 4 MiB and a byte was accepted");
    } catch (MessagingException refused) {
      Failed.unless(refused.getCause() instanceof MQBrokerException, "not the broker's refusal: " + refused);
      Failed.unlessEqual(Release.MESSAGE_ILLEGAL, ((MQBrokerException) refused.getCause()).getResponseCode(),
          "code");
    }
    scene.sendAll(topic, List.of("after"));
    Failed.unlessEqual(List.of("after"), keysOf(scene.plain().read(topic, 1)), "received");
  }

  private static void properties(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(1);
    Message<String> message = MessageBuilder.withPayload("正文")
        .setHeader(RocketMQHeaders.KEYS, "key1 key2")
        .setHeader("FLAG", 7)
        .setHeader("名字", "订单")
        .setHeader("number", 42)
        .build();
    Scene.accepted(scene.template().syncSend(topic + ":标签", message));
    MessageExt found = scene.plain().read(topic, 1).get(0);
    Failed.unlessEqual("key1 key2", found.getKeys(), "keys");
    Failed.unlessEqual("标签", found.getTags(), "tag");
    Failed.unlessEqual(7, found.getFlag(), "flag");
    Failed.unlessEqual("订单", found.getUserProperty("名字"), "a header");
    Failed.unlessEqual("42", found.getUserProperty("number"), "a header that is a number");
    Failed.unlessEqual("正文", new String(found.getBody(), "UTF-8"), "body");
  }

  /** A payload that is an object travels as JSON and comes to a typed listener as an equal object. */
  private static void objects(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(1);
    SpringListeners.Order order = new SpringListeners.Order();
    order.id = "订单-1";
    order.cents = 1999;
    Scene.accepted(scene.template().syncSend(topic, order));
    Failed.unlessEqual("{\"id\":\"订单-1\",\"cents\":1999}",
        new String(scene.plain().read(topic, 1).get(0).getBody(), "UTF-8"), "body");
    var orders = new SpringListeners.Orders();
    var application = scene.listening(topic, orders, SpringListeners.Typed.class);
    Failed.unlessSoon(() -> !orders.all.isEmpty(), () -> "no order came");
    scene.closeCommitted(application, topic);
    Failed.unlessEqual(1, orders.all.size(), "orders");
    Failed.unlessEqual(order.id + order.cents, orders.all.peek().id + orders.all.peek().cents, "order");
  }
}
