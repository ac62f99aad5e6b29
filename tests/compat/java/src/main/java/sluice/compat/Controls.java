package sluice.compat;

import java.util.List;
import java.util.Map;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Harm done on purpose: every one of these must fail, or the others prove nothing. Run only when named. */
final class Controls {
  private Controls() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("control.lost", Controls::lost);
    cases.put("control.repeated", Controls::repeated);
    cases.put("control.changed", Controls::changed);
    cases.put("control.early", Controls::early);
  }

  private static List<String> received(Scene scene, String topic, List<String> sent) throws Exception {
    scene.sendAll(topic, sent);
    Inbox inbox = new Inbox();
    var consumer = scene.collector(scene.group(), topic, inbox);
    inbox.await(sent);
    scene.awaitCommitted(consumer, topic);
    consumer.shutdown();
    return inbox.keys();
  }

  private static void lost(Scene scene) throws Exception {
    String topic = scene.topic(2);
    Failed.unlessSame(Scene.keys(0, 10), received(scene, topic, Scene.keys(0, 9)), "received");
  }

  private static void repeated(Scene scene) throws Exception {
    String topic = scene.topic(2);
    scene.sendAll(topic, List.of("key3"));
    Failed.unlessSame(Scene.keys(0, 10), received(scene, topic, Scene.keys(0, 10)), "received");
  }

  private static void changed(Scene scene) throws Exception {
    String topic = scene.topic(1);
    scene.send(new Message(topic, "tag", "key", new byte[] {1}));
    MessageExt found = scene.read(topic, 1).get(0);
    Failed.unlessEqual("body of key", new String(found.getBody(), "UTF-8"), "body");
  }

  private static void early(Scene scene) throws Exception {
    String topic = scene.topic(1);
    Delays.Arrivals arrivals = new Delays.Arrivals(scene, topic);
    Message message = Scene.message(topic, "key");
    message.setDelayTimeLevel(1); // a second, where a minute was wanted
    long notBefore = System.currentTimeMillis() + 60_000;
    scene.send(message);
    arrivals.judge(Map.of("key", notBefore), 0);
  }
}
