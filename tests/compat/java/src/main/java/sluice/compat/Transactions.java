package sluice.compat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.producer.TransactionSendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.sysflag.MessageSysFlag;

/** Half messages, their decisions and the broker's questions. */
final class Transactions {
  private static final String PARKED = "TRANS_CHECK_MAX_TIME_TOPIC";
  private static final LocalTransactionState COMMIT = LocalTransactionState.COMMIT_MESSAGE;
  private static final LocalTransactionState ROLLBACK = LocalTransactionState.ROLLBACK_MESSAGE;
  private static final LocalTransactionState UNKNOWN = LocalTransactionState.UNKNOW;

  private Transactions() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("transaction.decided", Transactions::decided);
    cases.put("transaction.checked", Transactions::checked);
    cases.put("transaction.checked-again", Transactions::checkedAgain);
    cases.put("transaction.local-failure", Transactions::localFailure);
    cases.put("transaction.other-producer", Transactions::otherProducer);
    cases.put("transaction.retry", Transactions::retry);
    cases.put("transaction.parked", Transactions::parked);
  }

  /** Says what it was told to say, and remembers what it was asked. */
  private static final class Told implements TransactionListener {
    private final Function<Message, LocalTransactionState> locally;
    private final Function<MessageExt, LocalTransactionState> whenAsked;
    final Queue<MessageExt> asked = new ConcurrentLinkedQueue<>();

    Told(Function<Message, LocalTransactionState> locally,
        Function<MessageExt, LocalTransactionState> whenAsked) {
      this.locally = locally;
      this.whenAsked = whenAsked;
    }

    @Override
    public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
      return locally.apply(message);
    }

    @Override
    public LocalTransactionState checkLocalTransaction(MessageExt message) {
      asked.add(message);
      return whenAsked.apply(message);
    }

    long timesAsked(String key) {
      return asked.stream().filter(message -> message.getKeys().equals(key)).count();
    }
  }

  private static boolean isEven(Message message) {
    return Integer.parseInt(message.getKeys().substring("key".length())) % 2 == 0;
  }

  private static LocalTransactionState evenCommits(Message message) {
    return isEven(message) ? COMMIT : ROLLBACK;
  }

  private static List<String> even(int count) {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < count; i += 2) {
      keys.add("key" + i);
    }
    return keys;
  }

  private static void sendAll(TransactionMQProducer producer, String topic, List<String> keys)
      throws Exception {
    for (String key : keys) {
      TransactionSendResult sent = producer.sendMessageInTransaction(Scene.message(topic, key), null);
      Scene.accepted(sent);
    }
  }

  /** What the broker knew of a message when it was committed stays with it. */
  private static void decided(Scene scene) throws Exception {
    String topic = scene.topic(2);
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.collector(scene.group(), topic, inbox);
    Told told = new Told(Transactions::evenCommits, message -> UNKNOWN);
    sendAll(scene.transactional(scene.group(), told), topic, Scene.keys(0, 20));
    inbox.await(even(20));
    scene.sendAll(topic, List.of("after"));
    inbox.await(List.of("after"));
    scene.awaitCommitted(consumer, topic);
    List<String> wanted = even(20);
    wanted.add("after");
    Failed.unlessSame(wanted, inbox.keys(), "received");
    for (MessageExt message : inbox.all()) {
      boolean plain = message.getKeys().equals("after");
      int flag = MessageSysFlag.getTransactionValue(message.getSysFlag());
      int expected = plain ? MessageSysFlag.TRANSACTION_NOT_TYPE : MessageSysFlag.TRANSACTION_COMMIT_TYPE;
      Failed.unlessEqual(expected, flag, "transaction flag of " + message.getKeys());
      Failed.unlessEqual("body of " + message.getKeys(), new String(message.getBody()), "body");
      Failed.unlessEqual("tag", message.getTags(), "tag");
      Failed.unless(plain || message.getPreparedTransactionOffset() > 0, "no half message is named");
    }
  }

  private static void checked(Scene scene) throws Exception {
    String topic = scene.topic(1);
    Inbox inbox = new Inbox();
    scene.collector(scene.group(), topic, inbox);
    Told told = new Told(message -> UNKNOWN, Transactions::evenCommits);
    sendAll(scene.transactional(scene.group(), told), topic, Scene.keys(0, 6));
    inbox.await(even(6));
    Failed.unlessSoon(() -> Scene.keys(0, 6).stream().allMatch(key -> told.timesAsked(key) > 0),
        () -> "not all were asked about: " + told.asked.size());
    Failed.unlessSame(even(6), inbox.keys(), "received");
    for (MessageExt message : told.asked) {
      Failed.unlessEqual(topic, message.getTopic(), "topic in a check");
      Failed.unlessEqual("body of " + message.getKeys(), new String(message.getBody()), "body in a check");
      Failed.unless(message.getTransactionId() != null, "a check names no transaction");
    }
  }

  private static void checkedAgain(Scene scene) throws Exception {
    String topic = scene.topic(1);
    Inbox inbox = new Inbox();
    scene.collector(scene.group(), topic, inbox);
    int[] left = {2};
    Told told = new Told(message -> UNKNOWN, message -> left[0]-- > 0 ? UNKNOWN : COMMIT);
    sendAll(scene.transactional(scene.group(), told), topic, List.of("key0"));
    inbox.await(List.of("key0"));
    Failed.unless(told.timesAsked("key0") >= 3, "asked only " + told.timesAsked("key0") + " times");
  }

  private static void localFailure(Scene scene) throws Exception {
    String topic = scene.topic(1);
    Inbox inbox = new Inbox();
    scene.collector(scene.group(), topic, inbox);
    Told told = new Told(message -> {
      throw new IllegalStateException("on purpose");
    }, message -> COMMIT);
    TransactionSendResult sent = scene.transactional(scene.group(), told)
        .sendMessageInTransaction(Scene.message(topic, "key0"), null);
    Failed.unlessEqual(UNKNOWN, sent.getLocalTransactionState(), "state after a failure");
    inbox.await(List.of("key0"));
  }

  /** The producer is gone; a colleague of its group answers for it. */
  private static void otherProducer(Scene scene) throws Exception {
    String topic = scene.topic(1);
    String group = scene.group();
    Inbox inbox = new Inbox();
    scene.collector(scene.group(), topic, inbox);
    TransactionMQProducer first =
        scene.transactional(group, new Told(message -> UNKNOWN, message -> UNKNOWN));
    sendAll(first, topic, List.of("key0"));
    first.shutdown();
    Told colleague = new Told(message -> UNKNOWN, message -> COMMIT);
    TransactionMQProducer second = scene.transactional(group, colleague);
    second.send(Scene.message(scene.topic(1), "hello")); // brokers hear of a group when it has sent to them
    inbox.await(List.of("key0"));
    Failed.unless(colleague.timesAsked("key0") > 0, "the colleague was not asked");
  }

  /** What was transactional once is an ordinary message when it is retried. */
  private static void retry(Scene scene) throws Exception {
    String topic = scene.topic(1);
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.consumer(scene.group(), topic, "*");
    consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
      messages.forEach(inbox::add);
      context.setDelayLevelWhenNextConsume(1);
      return inbox.count("key0") == 1 ? ConsumeConcurrentlyStatus.RECONSUME_LATER
          : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    scene.started(consumer);
    Told told = new Told(message -> COMMIT, message -> UNKNOWN);
    sendAll(scene.transactional(scene.group(), told), topic, List.of("key0"));
    inbox.await(List.of("key0", "key0"));
    scene.awaitCommitted(consumer, topic);
    Failed.unlessSame(List.of("key0", "key0"), inbox.keys(), "received");
  }

  private static void parked(Scene scene) throws Exception {
    String topic = scene.topic(1);
    String key = scene.unique("parked");
    Inbox inbox = new Inbox();
    scene.collector(scene.group(), topic, inbox);
    Told told = new Told(message -> UNKNOWN, message -> UNKNOWN);
    sendAll(scene.transactional(scene.group(), told), topic, List.of(key));
    Inbox parked = new Inbox();
    scene.collector(scene.group(), PARKED, parked);
    parked.await(List.of(key));
    Failed.unless(told.timesAsked(key) > 1, "asked only " + told.timesAsked(key) + " times");
    Failed.unlessSame(List.of(), inbox.keys(), "received");
  }
}
