package sluice.compat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Runs sub-commands of the stock mqadmin, one after the other, on a cluster that it fills first. Takes a
 * command a line from a file; prints each, and then everything that it said, between two marks.
 */
public final class Mqadmin {
  private static final String TOPIC = "AdminTopic";
  private static final String GROUP = "AdminGroup";

  private Mqadmin() {}

  public static void main(String[] arguments) throws Exception {
    String nameServer = arguments[0];
    List<String> commands = Files.readAllLines(Path.of(arguments[1]));
    PrintStream answers = System.out;
    PrintStream complaints = System.err;
    try (Scene scene = new Scene(nameServer, "mqadmin")) {
      Map<String, String> names = prepare(scene);
      for (String command : commands) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
          System.setOut(out);
          System.setErr(out);
          MQAdminStartup.main0(words(command, names, nameServer), null);
        } finally {
          System.setOut(answers);
          System.setErr(complaints);
        }
        answers.printf("<<< %s%n%s%n>>>%n", command, said.toString(StandardCharsets.UTF_8));
        answers.flush();
      }
    }
    System.exit(0); // tools leave threads behind
  }

  private static String[] words(String command, Map<String, String> names, String nameServer) {
    String text = command + " -n " + nameServer;
    for (Map.Entry<String, String> name : names.entrySet()) {
      text = text.replace("{" + name.getKey() + "}", name.getValue());
    }
    return text.split(" +");
  }

  /** A topic with six messages, and a group whose consumer has had them and runs on. */
  private static Map<String, String> prepare(Scene scene) throws Exception {
    scene.producer().createTopic(scene.producer().getCreateTopicKey(), TOPIC, 2, Map.of());
    scene.awaitQueues(TOPIC, 2);
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.collector(GROUP, TOPIC, inbox);
    SendResult first = scene.send(Scene.message(TOPIC, "key0"));
    scene.sendAll(TOPIC, Scene.keys(1, 5));
    inbox.await(Scene.keys(0, 6));
    scene.awaitCommitted(consumer, TOPIC);
    var route = Operator.of(scene).examineTopicRouteInfo(TOPIC);
    String broker = route.getBrokerDatas().get(0).selectBrokerAddr();
    String client = consumer.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId();
    return Map.of("topic", TOPIC, "group", GROUP, "broker", broker, "client", client, "unique",
        first.getMsgId(), "id", first.getOffsetMsgId(), "producers", scene.producer().getProducerGroup());
  }
}
