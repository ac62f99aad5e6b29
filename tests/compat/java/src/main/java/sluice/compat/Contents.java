package sluice.compat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** What was put into a message is what a push consumer takes out of it. */
final class Contents {
  private static final int LARGE = 3_900_000;

  private Contents() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("content.properties", Contents::properties);
    cases.put("content.bodies", Contents::bodies);
    cases.put("content.compressed", Contents::compressed);
  }

  private static void properties(Scene scene) throws Exception {
    String topic = scene.topic(1);
    byte[] body = "身体 ✓ \u0000 end".getBytes(StandardCharsets.UTF_8);
    Message message = new Message(topic, "标签-é", "first second", body);
    Map<String, String> own =
        Map.of("price", "12.30", "名字", "订单 🛒", "spaces", " a  b ", "signs", "a=b;c\\\"'<>&");
    own.forEach(message::putUserProperty);
    message.setFlag(77);
    message.setBuyerId("buyer-9");
    SendResult receipt = scene.send(message);
    Inbox inbox = new Inbox();
    scene.collector(scene.group(), topic, inbox);
    inbox.await(List.of("first second"));
    MessageExt found = inbox.all().get(0);
    Failed.unlessEqual(topic, found.getTopic(), "topic");
    Failed.unlessEqual("标签-é", found.getTags(), "tag");
    Failed.unlessEqual(77, found.getFlag(), "flag");
    Failed.unlessEqual("buyer-9", found.getBuyerId(), "buyer");
    Failed.unlessEqual(receipt.getMsgId(), found.getMsgId(), "message id");
    Failed.unlessEqual(0, found.getReconsumeTimes(), "times consumed before");
    Failed.unless(Arrays.equals(body, found.getBody()), "another body");
    for (var property : own.entrySet()) {
      Failed.unlessEqual(property.getValue(), found.getUserProperty(property.getKey()), property.getKey());
    }
    Failed.unless(found.getBornTimestamp() > 0, "no time of birth");
    Failed.unless(found.getBornTimestamp() <= System.currentTimeMillis(), "born in the future");
    Failed.unlessEqual("127.0.0.1", found.getBornHostString(), "host of the sender");
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private static void bodies(Scene scene) throws Exception {
    String topic = scene.topic(2);
    Map<String, byte[]> bodies = new LinkedHashMap<>();
    bodies.put("zero byte", new byte[] {0});
    bodies.put("blank", " ".getBytes(StandardCharsets.UTF_8));
    bodies.put("line", "\r\n".getBytes(StandardCharsets.UTF_8));
    bodies.put("just under what is compressed", random(4095));
    bodies.put("large", random(LARGE));
    bodies.put("large again", random(LARGE - 1));
    scene.producer().setSendMsgTimeout(60_000);
    for (var body : bodies.entrySet()) {
      Message message = new Message(topic, body.getValue());
      message.setKeys(List.of(body.getKey()));
      scene.send(message);
    }
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.collector(scene.group(), topic, inbox);
    inbox.await(bodies.keySet());
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    Failed.unlessSame(bodies.keySet(), inbox.keys(), "received");
    for (MessageExt message : inbox.all()) {
      Failed.unless(Arrays.equals(bodies.get(message.getKeys()), message.getBody()),
          "another body for: " + message.getKeys());
    }
  }

  /** The client compresses what is longer than 4 KiB, and says so in the message's flags. */
  private static void compressed(Scene scene) throws Exception {
    String topic = scene.topic(1);
    byte[] body = "the same again, ".repeat(20_000).getBytes(StandardCharsets.UTF_8);
    scene.send(new Message(topic, "tag", "long", body));
    MessageExt found = scene.read(topic, 1).get(0);
    Failed.unless(Arrays.equals(body, found.getBody()), "another body");
    Failed.unless(found.getStoreSize() < body.length / 10, "stored with " + found.getStoreSize() + " bytes");
  }
}
