package sluice.compat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;

/**
 * A producer that sends without a pause and a consumer, while somebody else does something to the brokers.
 * Prints "ready" when messages flow, answers each line of its input with how many were sent and received so
 * far, and at the end of its input waits for all that was accepted: exit code 0 when no send failed and
 * nothing was lost.
 */
public final class Traffic {
  private static final long PATIENCE_MILLIS = 100_000;
  private static final int PAUSE_MILLIS = 3;

  private final Set<String> accepted = ConcurrentHashMap.newKeySet();
  private final Set<String> received = ConcurrentHashMap.newKeySet();
  private final AtomicLong errors = new AtomicLong();
  private final AtomicBoolean stopping = new AtomicBoolean();

  private Traffic() {}

  private static <T extends ClientConfig> T configured(T client, String nameServers, boolean v2) {
    client.setNamesrvAddr(nameServers);
    client.setPollNameServerInterval(500);
    client.setHeartbeatBrokerInterval(1000);
    client.setUseHeartbeatV2(v2);
    return client;
  }

  private void send(DefaultMQProducer producer, String topic) {
    for (long number = 0; !stopping.get(); ++number) {
      String key = "k" + number;
      try {
        byte[] body = key.getBytes(StandardCharsets.UTF_8);
        SendResult result = producer.send(new Message(topic, "tag", key, body));
        if (result.getSendStatus() != SendStatus.SEND_OK) {
          throw new IllegalStateException(result.toString());
        }
        accepted.add(key);
        Thread.sleep(PAUSE_MILLIS);
      } catch (Exception failure) {
        errors.incrementAndGet();
        System.out.println("error " + String.valueOf(failure).replaceAll("\\s+", " "));
        System.out.flush();
      }
    }
  }

  private String counts() {
    return "sent " + accepted.size() + " received " + received.size() + " errors " + errors.get();
  }

  private boolean run(String nameServers, String topic, String group, boolean v2) throws Exception {
    DefaultMQPushConsumer consumer = configured(new DefaultMQPushConsumer(group), nameServers, v2);
    consumer.setInstanceName("traffic-consumer");
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    consumer.subscribe(topic, "tag");
    consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
      messages.forEach(message -> received.add(message.getKeys()));
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    consumer.start();
    DefaultMQProducer producer = configured(new DefaultMQProducer("traffic"), nameServers, v2);
    producer.setInstanceName("traffic-producer");
    producer.start();
    Thread sender = new Thread(() -> send(producer, topic));
    sender.start();
    Failed.unlessSoon(() -> received.size() > 100, () -> "nothing flows: " + counts());
    System.out.println("ready " + counts());
    System.out.flush();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (input.readLine() != null) {
      System.out.println(counts());
      System.out.flush();
    }
    stopping.set(true);
    sender.join(PATIENCE_MILLIS);
    long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
    while (!received.containsAll(accepted) && System.currentTimeMillis() < deadline) {
      Thread.sleep(50);
    }
    List<String> lost = accepted.stream().filter(key -> !received.contains(key)).limit(5).toList();
    System.out.println("ended " + counts() + " lost " + lost);
    System.out.flush();
    return errors.get() == 0 && lost.isEmpty();
  }

  public static void main(String[] arguments) throws Exception {
    boolean v2 = arguments.length > 3 && arguments[3].equals("v2");
    boolean good = false;
    try {
      good = new Traffic().run(arguments[0], arguments[1], arguments[2], v2);
    } catch (Failed failure) {
      System.out.println("error " + failure.getMessage());
    }
    System.exit(good ? 0 : 1); // also ends what a failure left behind
  }
}
