package sluice.compat;

import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.RequestTimeoutException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Requests that are messages, and their replies. */
final class Requests {
  private static final int PATIENCE_MILLIS = (int) Scene.PATIENCE.toMillis();

  private Requests() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("request.sync", Requests::sync);
    cases.put("request.unanswered", Requests::unanswered);
  }

  /** Answers every request with its own body and a mark. */
  private static void answering(Scene scene, String topic) throws Exception {
    DefaultMQProducer replier = scene.producer();
    DefaultMQPushConsumer consumer = scene.consumer(scene.group(), topic, "*");
    consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
      for (MessageExt message : messages) {
        try {
          byte[] body = (new String(message.getBody()) + " answered").getBytes();
          replier.send(MessageUtil.createReplyMessage(message, body), PATIENCE_MILLIS);
        } catch (Exception failure) {
          return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        }
      }
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    scene.started(consumer);
  }

  private static void sync(Scene scene) throws Exception {
    String topic = scene.topic(2);
    answering(scene, topic);
    for (int i = 0; i < 5; ++i) {
      Message reply = scene.producer().request(Scene.message(topic, "key" + i), PATIENCE_MILLIS);
      Failed.unlessEqual("body of key" + i + " answered", new String(reply.getBody()), "reply");
    }
  }

  private static void unanswered(Scene scene) throws Exception {
    String topic = scene.topic(1);
    boolean late = false;
    try {
      scene.producer().request(Scene.message(topic, "key"), 1500);
    } catch (RequestTimeoutException expected) {
      late = true;
    }
    Failed.unless(late, "a request that nobody answers was answered");
    Failed.unlessEqual(1L, scene.total(topic), "messages in the topic");
  }
}
