package sluice.compat;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.apache.rocketmq.client.exception.RequestTimeoutException;
import org.apache.rocketmq.spring.core.RocketMQLocalRequestCallback;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.messaging.MessagingException;

/** Requests that are messages, and the replies of listeners that return something. */
final class SpringRequests {
  private static final int PATIENCE_MILLIS = (int) Scene.PATIENCE.toMillis();

  private SpringRequests() {}

  static void list(Map<String, SpringConformance.Case> cases) {
    cases.put("request.sync", SpringRequests::sync);
    cases.put("request.async", SpringRequests::async);
    cases.put("request.unanswered", SpringRequests::unanswered);
  }

  private static void sync(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    scene.listening(topic, scene, SpringListeners.Answering.class);
    for (int i = 0; i < 5; ++i) {
      Object reply = scene.template().sendAndReceive(topic, "问题" + i, String.class, PATIENCE_MILLIS);
      Failed.unlessEqual("问题" + i + " answered", reply, "reply");
    }
  }

  private static void async(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    scene.listening(topic, scene, SpringListeners.Answering.class);
    RocketMQTemplate template = scene.template();
    Queue<String> replies = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < 5; ++i) {
      template.sendAndReceive(topic, "question" + i, new RocketMQLocalRequestCallback<String>() {
        @Override
        public void onSuccess(String reply) {
          replies.add(reply);
        }

        @Override
        public void onException(Throwable failure) {
          replies.add(failure.toString());
        }
      }, PATIENCE_MILLIS);
    }
    Failed.unlessSoon(() -> replies.size() >= 5, () -> replies.size() + " replies came");
    Failed.unlessSame(IntStream.range(0, 5).mapToObj(i -> "question" + i + " answered")
        .toList(), replies, "replies");
  }

  private static void unanswered(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(1);
    Throwable cause = null;
    try {
      scene.template().sendAndReceive(topic, "question", String.class, 1500L);
    } catch (MessagingException late) {
      cause = late.getCause();
    }
    Failed.unless(cause instanceof RequestTimeoutException, "not ended by the time: " + cause);
    Failed.unlessEqual(1L, scene.plain().total(topic), "messages in the topic");
  }
}
