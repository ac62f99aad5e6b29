package sluice.compat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.apis.ClientConfiguration;
import org.apache.rocketmq.client.apis.ClientServiceProvider;
import org.apache.rocketmq.client.apis.consumer.ConsumeResult;
import org.apache.rocketmq.client.apis.consumer.FilterExpression;
import org.apache.rocketmq.client.apis.consumer.PushConsumer;
import org.apache.rocketmq.client.apis.consumer.SimpleConsumer;
import org.apache.rocketmq.client.apis.message.MessageBuilder;
import org.apache.rocketmq.client.apis.message.MessageView;
import org.apache.rocketmq.client.apis.producer.Producer;
import org.apache.rocketmq.client.apis.producer.SendReceipt;
import org.apache.rocketmq.client.apis.producer.TransactionChecker;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.remoting.protocol.subscription.SubscriptionGroupConfig;

/** What one case of the gRPC client uses. The remoting client makes topics and groups, beside the proxy. */
final class GrpcScene {
  static final Duration AWAIT = Duration.ofSeconds(5); // the least that the proxy takes
  static final Duration INVISIBLE = Duration.ofSeconds(10); // the same
  private static final ClientServiceProvider PROVIDER = ClientServiceProvider.loadService();

  private final Scene scene;
  private final ClientConfiguration configuration;

  GrpcScene(Scene scene, String proxy) {
    this.scene = scene;
    configuration = ClientConfiguration.newBuilder().setEndpoints(proxy).enableSsl(false)
        .setRequestTimeout(Duration.ofSeconds(20)).build();
  }

  /** kind: what may be sent to it. */
  String topic(int queues, String kind) throws Exception {
    TopicConfig settings = new TopicConfig(scene.unique("T"), queues, queues);
    settings.setAttributes(Map.of("+message.type", kind));
    Operator.of(scene).createAndUpdateTopicConfig(Release.broker(scene).selectBrokerAddr(), settings);
    scene.awaitQueues(settings.getTopicName(), queues);
    return settings.getTopicName();
  }

  String group(boolean fifo, int tries) throws Exception {
    SubscriptionGroupConfig settings = new SubscriptionGroupConfig();
    settings.setGroupName(scene.group());
    settings.setConsumeMessageOrderly(fifo);
    settings.setRetryMaxTimes(tries);
    String broker = Release.broker(scene).selectBrokerAddr();
    Operator.of(scene).createAndUpdateSubscriptionGroupConfig(broker, settings);
    return settings.getGroupName();
  }

  String group() throws Exception {
    return group(false, 16);
  }

  /** Messages in a topic; 0 when there is none. */
  long length(String topic) throws Exception {
    return scene.total(topic);
  }

  Producer producer(String topic, TransactionChecker checker) throws Exception {
    var builder = PROVIDER.newProducerBuilder().setClientConfiguration(configuration).setTopics(topic);
    return scene.closing(checker == null ? builder.build() : builder.setTransactionChecker(checker).build());
  }

  Producer producer(String topic) throws Exception {
    return producer(topic, null);
  }

  SimpleConsumer simple(String group, String topic, FilterExpression selector) throws Exception {
    return scene.closing(PROVIDER.newSimpleConsumerBuilder().setClientConfiguration(configuration)
        .setConsumerGroup(group).setAwaitDuration(AWAIT)
        .setSubscriptionExpressions(Map.of(topic, selector)).build());
  }

  SimpleConsumer simple(String group, String topic) throws Exception {
    return simple(group, topic, FilterExpression.SUB_ALL);
  }

  PushConsumer push(String group, String topic, Views views, Function<MessageView, ConsumeResult> answer)
      throws Exception {
    return scene.closing(PROVIDER.newPushConsumerBuilder().setClientConfiguration(configuration)
        .setConsumerGroup(group).setSubscriptionExpressions(Map.of(topic, FilterExpression.SUB_ALL))
        .setMessageListener(view -> {
          views.add(view);
          return answer.apply(view);
        }).build());
  }

  PushConsumer push(String group, String topic, Views views) throws Exception {
    return push(group, topic, views, view -> ConsumeResult.SUCCESS);
  }

  static MessageBuilder message(String topic, String key) {
    return PROVIDER.newMessageBuilder().setTopic(topic).setKeys(key).setTag("tag")
        .setBody(("body of " + key).getBytes(StandardCharsets.UTF_8));
  }

  static SendReceipt send(Producer producer, MessageBuilder message) throws Exception {
    return producer.send(message.build());
  }

  static void sendAll(Producer producer, String topic, Collection<String> keys) throws Exception {
    for (String key : keys) {
      send(producer, message(topic, key));
    }
  }

  static String key(MessageView view) {
    return view.getKeys().iterator().next();
  }

  static List<String> keys(List<MessageView> views) {
    return views.stream().map(GrpcScene::key).collect(Collectors.toList());
  }

  static byte[] body(MessageView view) {
    ByteBuffer buffer = view.getBody();
    byte[] body = new byte[buffer.remaining()];
    buffer.get(body);
    return body;
  }

  /** Until so many have come. */
  static List<MessageView> receive(SimpleConsumer consumer, int count, boolean acknowledge) throws Exception {
    List<MessageView> found = new ArrayList<>();
    Failed.unlessSoon(() -> {
      for (MessageView view : consumer.receive(16, INVISIBLE)) {
        found.add(view);
        if (acknowledge) {
          consumer.ack(view);
        }
      }
      return found.size() >= count;
    }, () -> found.size() + " of " + count + " came");
    return found;
  }

  /** What a push consumer was given, in order, and when. */
  static final class Views {
    private final List<MessageView> views = new ArrayList<>();
    private final List<Long> times = new ArrayList<>();

    synchronized void add(MessageView view) {
      views.add(view);
      times.add(System.currentTimeMillis());
    }

    synchronized List<MessageView> all() {
      return new ArrayList<>(views);
    }

    synchronized long arrival(String key) {
      return times.get(keys().indexOf(key));
    }

    List<String> keys() {
      return GrpcScene.keys(all());
    }

    void await(Collection<String> wanted) throws Exception {
      Failed.unlessSoon(() -> {
        List<String> left = new ArrayList<>(wanted);
        keys().forEach(left::remove);
        return left.isEmpty();
      }, () -> keys() + " came, not " + wanted);
    }
  }
}
