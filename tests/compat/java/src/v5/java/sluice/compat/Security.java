package sluice.compat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.rocketmq.acl.common.AclClientRPCHook;
import org.apache.rocketmq.acl.common.AclUtils;
import org.apache.rocketmq.acl.common.SessionCredentials;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.RPCHook;
import org.apache.rocketmq.remoting.exception.RemotingException;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Stock clients that sign, and some that do not, on a cluster whose accounts are those of accounts.yml beside
 * security.py. Arguments: name server, broker, mqadmin's tools.yml, whether the name server asks too (yes or
 * no), and the names of the cases, which begin with acl. in the clear and with tls. where TLS is enforced.
 */
public final class Security {
  private static final int NO_PERMISSION = 16;
  private static final int CALL_MILLIS = 20_000;
  private static final String ORDERS = "orders";
  private static final String SECRETS = "secrets";
  private static int made;

  private final String nameServer;
  private final String broker;
  private final Path tools;
  private final boolean nameServerAsks;
  private final Deque<Runnable> open = new ArrayDeque<>();
  private boolean tls;

  private Security(String... arguments) {
    nameServer = arguments[0];
    broker = arguments[1];
    tools = Path.of(arguments[2]);
    nameServerAsks = arguments[3].equals("yes");
    tls = arguments[4].startsWith("tls."); // then the cluster serves nothing else
  }

  private interface Attempt {
    void run() throws Exception;
  }

  private interface Case {
    void run(Security security) throws Exception;
  }

  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  static {
    CASES.put("acl.allowedSendsAndConsumes", Security::allowedSendsAndConsumes);
    CASES.put("acl.unsignedIsRefused", s -> s.refused(() -> s.send(null, ORDERS, "x")));
    CASES.put("acl.wrongSecretIsRefused",
        s -> s.refused(() -> s.send(hook("seller", "guessed"), ORDERS, "x")));
    CASES.put("acl.unknownKeyIsRefused",
        s -> s.refused(() -> s.send(hook("nobody", "guessed"), ORDERS, "x")));
    CASES.put("acl.otherTopicIsRefused", s -> s.refused(() -> s.send(seller(), SECRETS, "x")));
    CASES.put("acl.consumerMayNotSend", s -> s.refused(() -> s.send(buyer(), ORDERS, "x")));
    CASES.put("acl.otherTopicIsNotRead", s -> s.refused(() -> s.pull(buyer(), "buyers", SECRETS)));
    CASES.put("acl.otherGroupIsNotUsed", s -> s.refused(() -> s.pull(buyer(), "others", ORDERS)));
    CASES.put("acl.administrationIsRefused", s -> s.refused(() -> s.createTopic(seller(), "wished")));
    CASES.put("acl.administratorAdministers", s -> s.createTopic(boss(), "granted"));
    CASES.put("acl.mqadminReadsItsToolsFile", Security::mqadmin);
    CASES.put("tls.signedClientsSendAndConsume", Security::allowedSendsAndConsumes);
    CASES.put("tls.clearTextIsRefused", Security::clearText);
  }

  private static RPCHook hook(String accessKey, String secretKey) {
    return new AclClientRPCHook(new SessionCredentials(accessKey, secretKey));
  }

  private static RPCHook seller() {
    return hook("seller", "sellers-secret");
  }

  private static RPCHook buyer() {
    return hook("buyer", "buyers-secret");
  }

  private static RPCHook boss() {
    return hook("boss", "boss-secret");
  }

  public static void main(String[] arguments) throws Exception {
    boolean good = true;
    List<String> names = List.of(arguments).subList(4, arguments.length);
    System.out.println("cases\t" + String.join("\t", names));
    Security prepared = new Security(arguments);
    for (String topic : List.of(ORDERS, SECRETS)) {
      prepared.createTopic(boss(), topic);
    }
    prepared.close();
    for (String name : names) {
      Security security = new Security(arguments);
      long begin = System.nanoTime();
      String reason = "";
      try {
        CASES.get(name).run(security);
      } catch (Exception wrong) {
        reason = wrong.toString().replaceAll("\\s+", " ");
      } finally {
        security.close();
      }
      good &= reason.isEmpty();
      System.out.printf("%s\t%s\t%.1f\t%s%n", reason.isEmpty() ? "pass" : "fail", name,
          (System.nanoTime() - begin) / 1e9, reason);
    }
    System.exit(good ? 0 : 1);
  }

  private void close() {
    while (!open.isEmpty()) {
      open.pop().run();
    }
  }

  private <T extends ClientConfig> T configured(T client) {
    client.setNamesrvAddr(nameServer);
    client.setInstanceName("security-" + ++made);
    client.setUseTLS(tls);
    client.setMqClientApiTimeout(CALL_MILLIS);
    return client;
  }

  private void send(RPCHook hook, String topic, String body) throws Exception {
    DefaultMQProducer producer = configured(new DefaultMQProducer("senders-" + made, hook));
    producer.setSendMsgTimeout(CALL_MILLIS);
    producer.setRetryTimesWhenSendFailed(0);
    producer.start();
    open.push(producer::shutdown);
    producer.send(new Message(topic, body.getBytes(StandardCharsets.UTF_8)));
  }

  private void pull(RPCHook hook, String group, String topic) throws Exception {
    DefaultMQPullConsumer consumer = configured(new DefaultMQPullConsumer(group, hook));
    consumer.start();
    open.push(consumer::shutdown);
    consumer.pull(new MessageQueue(topic, "broker-a", 0), "*", 0, 1);
  }

  private void createTopic(RPCHook hook, String topic) throws Exception {
    DefaultMQAdminExt admin = configured(new DefaultMQAdminExt(hook, CALL_MILLIS));
    admin.start();
    open.push(admin::shutdown);
    admin.createAndUpdateTopicConfig(broker, new TopicConfig(topic, 1, 1));
  }

  /** A message goes all the way from one who may send to one who may consume. */
  private void allowedSendsAndConsumes() throws Exception {
    String body = "body-" + System.nanoTime();
    ConcurrentLinkedQueue<String> got = new ConcurrentLinkedQueue<>();
    DefaultMQPushConsumer consumer = configured(new DefaultMQPushConsumer("buyers", buyer()));
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    consumer.subscribe(ORDERS, "*");
    consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
      messages.forEach(message -> got.add(new String(message.getBody(), StandardCharsets.UTF_8)));
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    consumer.start();
    open.push(consumer::shutdown);
    send(seller(), ORDERS, body);
    Failed.unlessSoon(() -> got.contains(body), () -> "the message did not come: " + got);
  }

  /** One who may send gets nowhere without TLS. */
  private void clearText() throws Exception {
    tls = false;
    try {
      send(seller(), ORDERS, "readable");
    } catch (MQClientException | RemotingException unreachable) {
      return;
    } catch (IllegalStateException wrapped) {
      if (wrapped.getMessage().contains(RemotingException.class.getPackageName())) {
        return;
      }
      throw wrapped;
    }
    throw new Failed("a message was taken in clear text");
  }

  private void mqadmin() throws Exception {
    RPCHook hook = AclUtils.getAclRPCHook(tools.toString());
    String topic = "FromTools";
    MQAdminStartup.main0(new String[] {"updateTopic", "-b", broker, "-t", topic, "-r", "1", "-w", "1", "-n",
        nameServer}, hook);
    DefaultMQAdminExt admin = configured(new DefaultMQAdminExt(boss(), CALL_MILLIS));
    admin.start();
    open.push(admin::shutdown);
    if (admin.examineTopicConfig(broker, topic) == null) {
      throw new Failed("mqadmin made no topic; it read " + Files.readString(tools));
    }
  }

  /**
   * Whatever is refused for want of a permission says code 16. A client that got no route for that reason
   * keeps it to itself, and says that it knows none.
   */
  private void refused(Attempt attempt) throws Exception {
    try {
      attempt.run();
    } catch (MQBrokerException refusal) {
      Failed.unlessEqual(NO_PERMISSION, refusal.getResponseCode(), "code of the refusal");
      return;
    } catch (MQClientException refusal) {
      String said = String.valueOf(refusal);
      boolean noRoute = said.contains("No route info") || said.contains("not exist");
      boolean named = said.contains("CODE: 16") || nameServerAsks && noRoute;
      if (!named && refusal.getResponseCode() != NO_PERMISSION) {
        throw refusal;
      }
      return;
    }
    throw new Failed("nobody refused it");
  }
}
