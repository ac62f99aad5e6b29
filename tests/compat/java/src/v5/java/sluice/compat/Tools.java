package sluice.compat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.protocol.body.CMResult;
import org.apache.rocketmq.remoting.protocol.body.ConsumeMessageDirectlyResult;
import org.apache.rocketmq.remoting.protocol.body.ConsumerRunningInfo;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** What operators do to groups that run, and to groups that do not. */
final class Tools {
  private Tools() {}

  static void list(Map<String, Conformance.Case> cases) {
    cases.put("tools.reset-offline", Tools::resetOffline);
    cases.put("tools.reset-running", Tools::resetRunning);
    cases.put("tools.clone-offsets", Tools::cloneOffsets);
    cases.put("tools.running-info", Tools::runningInfo);
    cases.put("tools.consume-directly", Tools::consumeDirectly);
    cases.put("tools.consumer-status", Tools::consumerStatus);
  }

  private static List<String> twice(List<String> keys) {
    List<String> all = new ArrayList<>(keys);
    all.addAll(keys);
    return all;
  }

  /** A group that has consumed these messages and whose consumer runs on. */
  private static DefaultMQPushConsumer consumed(Scene scene, String group, String topic, Inbox inbox,
      List<String> keys) throws Exception {
    DefaultMQPushConsumer consumer = scene.collector(group, topic, inbox);
    scene.sendAll(topic, keys);
    inbox.await(keys);
    scene.awaitCommitted(consumer, topic);
    return consumer;
  }

  private static void resetOffline(Scene scene) throws Exception {
    String topic = scene.topic(2);
    String group = scene.group();
    Inbox inbox = new Inbox();
    List<String> keys = Scene.keys(0, 10);
    consumed(scene, group, topic, inbox, keys).shutdown();
    Map<MessageQueue, Long> moved = Operator.of(scene).resetOffsetByTimestamp(topic, group, 0, true);
    Failed.unlessEqual(2, moved.size(), "queues moved");
    Failed.unlessEqual(0L, moved.values().stream().mapToLong(Long::longValue).sum(), "sum of offsets");
    DefaultMQPushConsumer again = scene.collector(group, topic, inbox);
    inbox.await(twice(keys));
    scene.awaitCommitted(again, topic);
    Failed.unlessSame(twice(keys), inbox.keys(), "received");
  }

  private static void resetRunning(Scene scene) throws Exception {
    String topic = scene.topic(1);
    String group = scene.group();
    Inbox inbox = new Inbox();
    List<String> keys = Scene.keys(0, 10);
    DefaultMQPushConsumer consumer = consumed(scene, group, topic, inbox, keys);
    Operator.of(scene).resetOffsetByTimestamp(topic, group, 0, true);
    inbox.await(twice(keys));
    scene.awaitCommitted(consumer, topic);
    Failed.unlessSame(twice(keys), inbox.keys(), "received");
  }

  private static void cloneOffsets(Scene scene) throws Exception {
    String topic = scene.topic(1);
    String from = scene.group();
    String to = scene.group();
    consumed(scene, from, topic, new Inbox(), Scene.keys(0, 5)).shutdown();
    scene.collector(to, scene.topic(1), new Inbox()).shutdown(); // the group exists
    Operator.of(scene).cloneGroupOffset(from, to, topic, true);
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.collector(to, topic, inbox);
    scene.sendAll(topic, List.of("later"));
    inbox.await(List.of("later"));
    scene.awaitCommitted(consumer, topic);
    Failed.unlessSame(List.of("later"), inbox.keys(), "received");
  }

  private static void runningInfo(Scene scene) throws Exception {
    String topic = scene.topic(3);
    String group = scene.group();
    DefaultMQPushConsumer consumer = consumed(scene, group, topic, new Inbox(), Scene.keys(0, 5));
    String id = consumer.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId();
    ConsumerRunningInfo info = Operator.of(scene).getConsumerRunningInfo(group, id, true);
    long queues = info.getMqTable().keySet().stream().filter(q -> q.getTopic().equals(topic)).count();
    Failed.unlessEqual(3L, queues, "queues in the consumer's words");
    Failed.unless(info.getJstack() != null && info.getJstack().contains("ConsumeMessageThread"),
        "the consumer's threads are missing");
  }

  private static void consumeDirectly(Scene scene) throws Exception {
    String topic = scene.topic(1);
    String group = scene.group();
    Inbox inbox = new Inbox();
    DefaultMQPushConsumer consumer = scene.collector(group, topic, inbox);
    SendResult sent = scene.send(Scene.message(topic, "key0"));
    inbox.await(List.of("key0"));
    String id = consumer.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId();
    ConsumeMessageDirectlyResult result =
        Operator.of(scene).consumeMessageDirectly(group, id, topic, sent.getMsgId());
    Failed.unlessEqual(CMResult.CR_SUCCESS, result.getConsumeResult(), "what the consumer said");
    Failed.unlessSame(List.of("key0", "key0"), inbox.keys(), "received");
  }

  private static void consumerStatus(Scene scene) throws Exception {
    String topic = scene.topic(2);
    String group = scene.group();
    DefaultMQPushConsumer consumer = consumed(scene, group, topic, new Inbox(), Scene.keys(0, 6));
    String id = consumer.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId();
    Map<String, Map<MessageQueue, Long>> status = Operator.of(scene).getConsumeStatus(topic, group, id);
    Failed.unless(status.containsKey(id), "the consumer is missing in " + status);
    long sum = status.get(id).values().stream().mapToLong(Long::longValue).sum();
    Failed.unlessEqual(6L, sum, "sum of offsets");
  }
}
