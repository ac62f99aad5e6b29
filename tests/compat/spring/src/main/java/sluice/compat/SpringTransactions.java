package sluice.compat;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionSendResult;
import org.apache.rocketmq.spring.annotation.RocketMQTransactionListener;
import org.apache.rocketmq.spring.core.RocketMQLocalTransactionListener;
import org.apache.rocketmq.spring.core.RocketMQLocalTransactionState;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;

/** Half messages that an annotated bean decides about. */
final class SpringTransactions {
  private static final String ANSWER = "answer";

  private SpringTransactions() {}

  static void list(Map<String, SpringConformance.Case> cases) {
    cases.put("transaction.decided", SpringTransactions::decided);
    cases.put("transaction.checked", SpringTransactions::checked);
    cases.put("transaction.local-failure", SpringTransactions::localFailure);
  }

  /** Which half messages it was asked about. */
  static final class Checks {
    final Queue<String> keys = new ConcurrentLinkedQueue<>();
  }

  /** Does at first what the sender's argument says, and answers later what the message's header says. */
  @RocketMQTransactionListener
  @SuppressWarnings("rawtypes") // as the interface has them
  static class Deciding implements RocketMQLocalTransactionListener {
    private final Checks checks;

    Deciding(Checks checks) {
      this.checks = checks;
    }

    @Override
    public RocketMQLocalTransactionState executeLocalTransaction(Message message, Object argument) {
      if (argument == null) {
        throw new IllegalStateException("the local transaction failed");
      }
      return (RocketMQLocalTransactionState) argument;
    }

    @Override
    public RocketMQLocalTransactionState checkLocalTransaction(Message message) {
      checks.keys.add(String.valueOf(message.getHeaders().get("rocketmq_KEYS")));
      return RocketMQLocalTransactionState.valueOf(String.valueOf(message.getHeaders().get(ANSWER)));
    }
  }

  private static RocketMQTemplate deciding(SpringScene scene, Checks checks) {
    return scene.application(Map.of(), checks, Deciding.class).getBean(RocketMQTemplate.class);
  }

  private static Message<String> half(String key, RocketMQLocalTransactionState answer) {
    return MessageBuilder.fromMessage(SpringScene.message(key)).setHeader(ANSWER, answer).build();
  }

  private static void decided(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    Checks checks = new Checks();
    RocketMQTemplate template = deciding(scene, checks);
    Inbox inbox = new Inbox();
    var application = scene.listening(topic, inbox, SpringListeners.All.class);
    for (int i = 0; i < 5; ++i) {
      for (var decision : List.of(RocketMQLocalTransactionState.ROLLBACK,
          RocketMQLocalTransactionState.COMMIT)) {
        String key = decision + "-" + i;
        TransactionSendResult result =
            template.sendMessageInTransaction(topic + ":tag", half(key, decision), decision);
        Scene.accepted(result);
        LocalTransactionState wanted = decision == RocketMQLocalTransactionState.COMMIT
            ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
        Failed.unlessEqual(wanted, result.getLocalTransactionState(), "state of " + key);
      }
    }
    List<String> committed = List.of("COMMIT-0", "COMMIT-1", "COMMIT-2", "COMMIT-3", "COMMIT-4");
    inbox.await(committed);
    scene.closeCommitted(application, topic);
    Failed.unlessSame(committed, inbox.keys(), "received");
    for (var message : inbox.all()) {
      Failed.unlessEqual("body of " + message.getKeys(), new String(message.getBody(), "UTF-8"), "body");
      Failed.unlessEqual("tag", message.getTags(), "tag");
    }
  }

  /** Each undecided one is asked about; what the bean answers decides. */
  private static void checked(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    unlessCommitted(scene, topic, RocketMQLocalTransactionState.UNKNOWN);
  }

  /** An exception in the local transaction decides nothing. */
  private static void localFailure(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    unlessCommitted(scene, topic, null);
  }

  private static void unlessCommitted(SpringScene scene, String topic, RocketMQLocalTransactionState first)
      throws Exception {
    Checks checks = new Checks();
    RocketMQTemplate template = deciding(scene, checks);
    Inbox inbox = new Inbox();
    var application = scene.listening(topic, inbox, SpringListeners.All.class);
    for (String key : List.of("rolled", "kept")) {
      var answer = key.equals("kept") ? RocketMQLocalTransactionState.COMMIT
          : RocketMQLocalTransactionState.ROLLBACK;
      TransactionSendResult result = template.sendMessageInTransaction(topic, half(key, answer), first);
      Failed.unlessEqual(LocalTransactionState.UNKNOW, result.getLocalTransactionState(), "state of " + key);
    }
    inbox.await(List.of("kept"));
    Failed.unlessSoon(() -> checks.keys.containsAll(List.of("rolled", "kept")),
        () -> "asked about " + checks.keys + " only");
    scene.closeCommitted(application, topic);
    Failed.unlessSame(List.of("kept"), inbox.keys(), "received");
  }
}
