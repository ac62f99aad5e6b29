package sluice.compat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.selector.SelectMessageQueueByHash;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Ways to send. What was accepted is there afterwards, once, where the receipt says. */
final class Sends {
  private Sends() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("send.sync", Sends::sync);
    cases.put("send.async", Sends::async);
    cases.put("send.oneway", Sends::oneway);
    cases.put("send.batch", Sends::batch);
    cases.put("send.selector", Sends::selector);
    cases.put("send.new-topic", Sends::newTopic);
    cases.put("send.too-large", Sends::tooLarge);
  }

  private static List<String> keysOf(List<MessageExt> messages) {
    return messages.stream().map(MessageExt::getKeys).collect(Collectors.toList());
  }

  private static void sync(Scene scene) throws Exception {
    String topic = scene.topic(4);
    List<String> keys = Scene.keys(0, 40);
    Map<String, SendResult> receipts = new HashMap<>();
    for (String key : keys) {
      receipts.put(key, scene.send(Scene.message(topic, key)));
    }
    long ids = receipts.values().stream().map(SendResult::getMsgId).distinct().count();
    Failed.unlessEqual(40L, ids, "different message ids");
    List<MessageExt> found = scene.read(topic, 40);
    Failed.unlessSame(keys, keysOf(found), "stored");
    for (MessageExt message : found) {
      SendResult receipt = receipts.get(message.getKeys());
      Failed.unlessEqual(receipt.getMsgId(), message.getMsgId(), "message id");
      Failed.unlessEqual(receipt.getQueueOffset(), message.getQueueOffset(), "offset");
      Failed.unlessEqual(receipt.getMessageQueue().getQueueId(), message.getQueueId(), "queue");
      Failed.unlessEqual("body of " + message.getKeys(), new String(message.getBody(), "UTF-8"), "body");
    }
    long queues = found.stream().map(MessageExt::getQueueId).distinct().count();
    Failed.unlessEqual(4L, queues, "queues that took turns");
  }

  private static void async(Scene scene) throws Exception {
    String topic = scene.topic(4);
    List<String> keys = Scene.keys(0, 200);
    var accepted = new ConcurrentLinkedQueue<String>();
    var refused = new ConcurrentLinkedQueue<Throwable>();
    for (String key : keys) {
      scene.producer().send(Scene.message(topic, key), new SendCallback() {
        @Override
        public void onSuccess(SendResult result) {
          accepted.add(key);
        }

        @Override
        public void onException(Throwable failure) {
          refused.add(failure);
        }
      });
    }
    Failed.unlessSoon(() -> accepted.size() + refused.size() >= keys.size(),
        () -> accepted.size() + " of " + keys.size() + " sends were answered");
    Failed.unless(refused.isEmpty(), refused.size() + " refused, the first: " + refused.peek());
    Failed.unlessSame(keys, accepted, "accepted");
    Failed.unlessSame(keys, keysOf(scene.read(topic, keys.size())), "stored");
  }

  private static void oneway(Scene scene) throws Exception {
    String topic = scene.topic(4);
    List<String> keys = Scene.keys(0, 50);
    for (String key : keys) {
      scene.producer().sendOneway(Scene.message(topic, key));
    }
    Failed.unlessSame(keys, keysOf(scene.read(topic, keys.size())), "stored");
  }

  private static void batch(Scene scene) throws Exception {
    String topic = scene.topic(4);
    List<String> keys = Scene.keys(0, 30);
    List<Message> messages = new ArrayList<>();
    for (String key : keys) {
      messages.add(Scene.message(topic, key));
      messages.get(messages.size() - 1).setTags("tag-of-" + key);
    }
    SendResult receipt = Scene.accepted(scene.producer().send(messages));
    List<String> ids = Arrays.asList(receipt.getMsgId().split(","));
    Failed.unlessEqual(30, ids.size(), "message ids");
    Failed.unlessEqual(30, receipt.getOffsetMsgId().split(",").length, "offset message ids");
    List<MessageExt> found = scene.read(topic, 30);
    found.sort(Comparator.comparingLong(MessageExt::getQueueOffset));
    Failed.unlessEqual(keys, keysOf(found), "order of a batch");
    for (int i = 0; i < found.size(); ++i) {
      MessageExt message = found.get(i);
      Failed.unlessEqual(receipt.getQueueOffset() + i, message.getQueueOffset(), "offset");
      Failed.unlessEqual(receipt.getMessageQueue().getQueueId(), message.getQueueId(), "queue");
      Failed.unlessEqual(ids.get(i), message.getMsgId(), "message id");
      Failed.unlessEqual("tag-of-" + message.getKeys(), message.getTags(), "tag");
    }
  }

  private static void selector(Scene scene) throws Exception {
    String topic = scene.topic(4);
    List<String> keys = new ArrayList<>();
    for (int step = 0; step < 8; ++step) {
      for (int order = 0; order < 10; ++order) {
        keys.add("order" + order + "-" + step);
        Message message = Scene.message(topic, keys.get(keys.size() - 1));
        Scene.accepted(scene.producer().send(message, new SelectMessageQueueByHash(), "order" + order));
      }
    }
    List<MessageExt> found = scene.read(topic, keys.size());
    Failed.unlessSame(keys, keysOf(found), "stored");
    Map<String, List<MessageExt>> orders = found.stream().collect(
        Collectors.groupingBy(message -> message.getKeys().substring(0, message.getKeys().indexOf('-'))));
    for (var order : orders.entrySet()) {
      List<MessageExt> steps = order.getValue();
      steps.sort(Comparator.comparingLong(MessageExt::getQueueOffset));
      long queues = steps.stream().map(MessageExt::getQueueId).distinct().count();
      Failed.unlessEqual(1L, queues, "queues of an order");
      Failed.unlessEqual(keys.stream().filter(key -> key.startsWith(order.getKey() + "-")).toList(),
          keysOf(steps), "order of an order's steps");
    }
  }

  private static void newTopic(Scene scene) throws Exception {
    String topic = scene.unique("T");
    List<String> keys = Scene.keys(0, 8);
    scene.sendAll(topic, keys);
    scene.awaitQueues(topic, 4); // the client asks for four
    Failed.unlessSame(keys, keysOf(scene.read(topic, 8)), "stored");
  }

  private static void tooLarge(Scene scene) throws Exception {
    String topic = scene.topic(1);
    scene.producer().setMaxMessageSize(8 << 20); // or the client would refuse it by itself
    byte[] body = new byte[(4 << 20) + 1];
    new Random(4).nextBytes(body);
    try {
      scene.producer().send(new Message(topic, body));
      throw new Failed("a body of 4 MiB and a byte was accepted");
    } catch (MQBrokerException refused) {
      Failed.unlessEqual(Release.MESSAGE_ILLEGAL, refused.getResponseCode(), "code");
    }
    scene.sendAll(topic, Scene.keys(0, 1));
    Failed.unlessSame(Scene.keys(0, 1), keysOf(scene.read(topic, 1)), "stored after a refusal");
  }
}
