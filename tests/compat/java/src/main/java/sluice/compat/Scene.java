package sluice.compat;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.store.ReadOffsetType;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** What one case uses: topics and groups nobody else has, and clients, which end with it. */
final class Scene implements AutoCloseable {
  /** For one condition. Generous: it decides only how long a failure takes. */
  static final Duration PATIENCE = Duration.ofSeconds(100);
  private static final String RUN = Long.toString(System.currentTimeMillis(), 36);
  private static final AtomicInteger MADE = new AtomicInteger();
  static final int CALL_MILLIS = 20_000;

  private final String nameServer;
  private final String name;
  private final Deque<Runnable> open = new ArrayDeque<>();
  private DefaultMQProducer producer;
  private final Map<Class<?>, Object> others = new HashMap<>();

  Scene(String nameServer, String name) {
    this.nameServer = nameServer;
    this.name = name.replace('.', '-');
  }

  String unique(String what) {
    return what + "-" + name + "-" + RUN + "-" + MADE.incrementAndGet();
  }

  String group() {
    return unique("G");
  }

  <T extends ClientConfig> T configured(T client) {
    client.setNamesrvAddr(nameServer);
    client.setInstanceName(unique("I")); // a connection of its own, as if in a process of its own
    client.setPollNameServerInterval(500);
    client.setHeartbeatBrokerInterval(1000); // one that was put off lets pulls be refused until the next
    client.setMqClientApiTimeout(CALL_MILLIS);
    return client;
  }

  DefaultMQProducer producer() throws MQClientException {
    if (producer == null) {
      producer = configured(new DefaultMQProducer(unique("P")));
      producer.setSendMsgTimeout(CALL_MILLIS);
      producer.start();
      open.push(producer::shutdown);
    }
    return producer;
  }

  /** The case's only client of this kind, made at the first call. */
  <T> T only(Class<T> kind, Callable<T> maker) throws Exception {
    if (!others.containsKey(kind)) {
      others.put(kind, maker.call());
    }
    return kind.cast(others.get(kind));
  }

  void atEnd(Runnable ending) {
    open.push(ending);
  }

  /** A producer of half messages, started. */
  TransactionMQProducer transactional(String group, TransactionListener listener) throws MQClientException {
    TransactionMQProducer transactional = configured(new TransactionMQProducer(group));
    transactional.setSendMsgTimeout(CALL_MILLIS);
    transactional.setTransactionListener(listener);
    transactional.start();
    open.push(transactional::shutdown);
    return transactional;
  }

  /** A topic that exists and that the name server knows. */
  String topic(int queues) throws Exception {
    String topic = unique("T");
    Release.createTopic(producer(), topic, queues);
    awaitQueues(topic, queues);
    return topic;
  }

  void awaitQueues(String topic, int queues) throws Exception {
    Failed.unlessSoon(() -> queuesOf(topic).size() == queues,
        () -> topic + " does not have " + queues + " queues");
  }

  private Collection<MessageQueue> queuesOf(String topic) {
    try {
      return producer().fetchPublishMessageQueues(topic);
    } catch (MQClientException unknown) {
      return List.of();
    }
  }

  /** A client of another kind, which ends with the case. */
  <T extends Closeable> T closing(T client) {
    open.push(() -> {
      try {
        client.close();
      } catch (IOException late) {
        throw new UncheckedIOException(late);
      }
    });
    return client;
  }

  static List<String> keys(int first, int count) {
    return IntStream.range(first, first + count).mapToObj(i -> "key" + i).collect(Collectors.toList());
  }

  static Message message(String topic, String key) {
    return new Message(topic, "tag", key, ("body of " + key).getBytes(StandardCharsets.UTF_8));
  }

  SendResult send(Message message) throws Exception {
    return accepted(producer().send(message));
  }

  static SendResult accepted(SendResult result) throws Failed {
    Failed.unlessEqual(SendStatus.SEND_OK, result.getSendStatus(), "status of a send");
    return result;
  }

  void sendAll(String topic, Collection<String> keys) throws Exception {
    for (String key : keys) {
      send(message(topic, key));
    }
  }

  /** Not yet started, and without a listener. */
  DefaultMQPushConsumer consumer(String group, String topic, String tags) throws Exception {
    DefaultMQPushConsumer consumer = configured(new DefaultMQPushConsumer(group));
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    consumer.setAwaitTerminationMillisWhenShutdown(CALL_MILLIS);
    consumer.subscribe(topic, tags);
    return consumer;
  }

  <T extends DefaultMQPushConsumer> T started(T consumer) throws Exception {
    consumer.start();
    open.push(consumer::shutdown);
    return consumer;
  }

  /** Puts everything into the inbox. */
  DefaultMQPushConsumer collector(String group, String topic, Inbox inbox) throws Exception {
    DefaultMQPushConsumer consumer = consumer(group, topic, "*");
    consumer.registerMessageListener(inbox);
    return started(consumer);
  }

  DefaultLitePullConsumer litePull(String group) {
    DefaultLitePullConsumer consumer = configured(new DefaultLitePullConsumer(group));
    consumer.setAutoCommit(false);
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    open.push(consumer::shutdown);
    return consumer;
  }

  /** The first `count` messages of a whole topic, without a group's offsets. */
  List<MessageExt> read(String topic, int count) throws Exception {
    Failed.unlessSoon(() -> !queuesOf(topic).isEmpty(), () -> topic + " does not appear");
    DefaultLitePullConsumer reader = litePull(group()); // a new group, which begins at the beginning
    reader.start();
    reader.assign(queuesOf(topic));
    List<MessageExt> found = new ArrayList<>();
    Failed.unlessSoon(() -> {
      found.addAll(reader.poll(200));
      return found.size() >= count;
    }, () -> found.size() + " of " + count + " messages of " + topic + " could be read");
    Failed.unlessEqual(count, found.size(), "messages in " + topic);
    return found;
  }

  long total(String topic) throws Exception {
    long sum = 0;
    for (MessageQueue queue : queuesOf(topic)) {
      sum += producer().maxOffset(queue);
    }
    return sum;
  }

  /** Until the broker has noted that the group is through with every queue that the consumer holds. */
  void awaitCommitted(DefaultMQPushConsumer consumer, String topic) throws Exception {
    var offsets = consumer.getDefaultMQPushConsumerImpl().getOffsetStore();
    String group = consumer.getConsumerGroup();
    for (MessageQueue queue : held(consumer, topic)) {
      long end = producer().maxOffset(queue);
      Failed.unlessSoon(() -> end == 0 || offsets.readOffset(queue, ReadOffsetType.READ_FROM_MEMORY) == end,
          () -> "the consumer is not through with " + queue);
      offsets.persist(queue); // by itself, the client begins to do so ten seconds after its start
      Failed.unlessSoon(() -> end == 0 || Objects.equals(stored(group, queue, false), end),
          () -> "the group's offset does not become " + end + " in " + queue);
    }
  }

  /** The group's offset; null when the broker says that there is none. zero: it may say 0 instead. */
  Long stored(String group, MessageQueue queue, Boolean zero) throws Exception {
    return Release.stored(producer(), group, queue, zero, CALL_MILLIS);
  }

  /** Queues of the topic that this consumer holds now. */
  static List<MessageQueue> held(DefaultMQPushConsumer consumer, String topic) {
    var table = consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable();
    return table.entrySet().stream()
        .filter(entry -> !entry.getValue().isDropped() && entry.getKey().getTopic().equals(topic))
        .map(Map.Entry::getKey)
        .collect(Collectors.toList());
  }

  @Override
  public void close() {
    open.forEach(Runnable::run);
    open.clear();
  }
}
