package sluice.compat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.messaging.support.MessageBuilder;

/** Listeners of every mode, and templates that receive. */
final class SpringConsumes {
  private SpringConsumes() {}

  static void list(Map<String, SpringConformance.Case> cases) {
    cases.put("consume.concurrent", SpringConsumes::concurrent);
    cases.put("consume.orderly", SpringConsumes::orderly);
    cases.put("consume.tags", SpringConsumes::tags);
    cases.put("consume.broadcast", SpringConsumes::broadcast);
    cases.put("consume.lite-pull", SpringConsumes::litePull);
    cases.put("select.push", SpringConsumes::selected);
    cases.put("group.share-and-take-over", SpringConsumes::share);
    cases.put("group.restart", SpringConsumes::restart);
  }

  private static void concurrent(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(4);
    scene.sendAll(topic, Scene.keys(0, 50));
    Inbox inbox = new Inbox();
    var application = scene.listening(topic, inbox, SpringListeners.All.class);
    scene.sendAll(topic, Scene.keys(50, 50));
    inbox.await(Scene.keys(0, 100));
    scene.closeCommitted(application, topic);
    Failed.unlessSame(Scene.keys(0, 100), inbox.keys(), "received");
  }

  private static void orderly(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    List<String> each = new ArrayList<>(Scene.keys(0, 20));
    for (String key : each) {
      for (String order : List.of("a", "b")) {
        Scene.accepted(scene.template().syncSendOrderly(topic, SpringScene.message(order + key), order));
      }
    }
    each.add(8, "key7"); // refused once, and repeated before its successor
    Inbox inbox = new Inbox();
    var application = scene.listening(topic, inbox, SpringListeners.Orderly.class);
    for (String order : List.of("a", "b")) {
      inbox.await(each.stream().map(key -> order + key).toList());
    }
    scene.closeCommitted(application, topic);
    for (String order : List.of("a", "b")) {
      List<String> found = inbox.keys().stream().filter(key -> key.startsWith(order)).toList();
      Failed.unlessEqual(each.stream().map(key -> order + key).toList(), found, "order of " + order);
    }
  }

  /** "Aa" and "BB" have the same hash, which is all that the broker's index keeps of a tag. */
  private static void tags(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(1);
    List<String> tags = List.of("Aa", "BB", "green", "blue", "Aa", "green");
    for (int i = 0; i < tags.size(); ++i) {
      Scene.accepted(scene.template().syncSend(topic + ":" + tags.get(i), SpringScene.message("key" + i)));
    }
    Inbox inbox = new Inbox();
    var application = scene.listening(topic, inbox, SpringListeners.Tagged.class);
    List<String> wanted = List.of("key0", "key2", "key4", "key5"); // the last message is a wanted one
    inbox.await(wanted);
    scene.closeCommitted(application, topic);
    Failed.unlessSame(wanted, inbox.keys(), "received");
  }

  private static void selected(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(1);
    for (int i = 0; i < 10; ++i) {
      var message = MessageBuilder.fromMessage(SpringScene.message("key" + i)).setHeader("price", i).build();
      Scene.accepted(scene.template().syncSend(topic, message));
    }
    Inbox inbox = new Inbox();
    var application = scene.listening(topic, inbox, SpringListeners.Selecting.class);
    List<String> wanted = List.of("key5", "key6", "key8", "key9");
    inbox.await(wanted);
    scene.closeCommitted(application, topic);
    Failed.unlessSame(wanted, inbox.keys(), "received");
  }

  private static void broadcast(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(4);
    String group = scene.plain().group();
    List<Inbox> inboxes = List.of(new Inbox(), new Inbox());
    for (Inbox inbox : inboxes) {
      scene.listening(topic, group, inbox, SpringListeners.Broadcast.class);
    }
    List<String> keys = Scene.keys(0, 40);
    scene.sendAll(topic, keys);
    for (Inbox inbox : inboxes) {
      inbox.await(keys);
    }
    for (Inbox inbox : inboxes) {
      Failed.unlessSame(keys, inbox.keys(), "received by one of two");
    }
  }

  /** A template that receives; a second life goes on where the first one committed. */
  private static void litePull(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    Map<String, String> settings =
        Map.of("rocketmq.pull-consumer.topic", topic, "rocketmq.pull-consumer.group", scene.plain().group());
    for (int life = 0; life < 2; ++life) {
      List<String> keys = Scene.keys(life * 10, 10);
      scene.sendAll(topic, keys);
      ConfigurableApplicationContext application = scene.application(settings, scene);
      RocketMQTemplate template = application.getBean(RocketMQTemplate.class);
      List<String> found = new ArrayList<>();
      Failed.unlessSoon(() -> {
        found.addAll(template.receive(String.class, 200));
        return found.size() >= keys.size();
      }, () -> found.size() + " came");
      Failed.unlessSame(keys.stream().map(key -> "body of " + key).toList(), found, "received");
      DefaultLitePullConsumer consumer = template.getConsumer();
      consumer.commit(consumer.assignment(), true);
      awaitEnd(scene.plain(), consumer.getConsumerGroup(), topic);
      application.close();
    }
  }

  /** Until the broker has noted that the group is at the end of the topic. */
  private static void awaitEnd(Scene plain, String group, String topic) throws Exception {
    for (MessageQueue queue : plain.producer().fetchPublishMessageQueues(topic)) {
      Long end = plain.producer().maxOffset(queue);
      Failed.unlessSoon(() -> end.equals(plain.stored(group, queue, false)),
          () -> "the group's offset does not become " + end + " in " + queue);
    }
  }

  private static int held(ConfigurableApplicationContext application, String topic) {
    return Scene.held(SpringScene.consumerOf(application), topic).size();
  }

  private static void share(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(4);
    String group = scene.plain().group();
    Inbox inbox = new Inbox();
    var staying = scene.listening(topic, group, inbox, SpringListeners.All.class);
    var leaving = scene.listening(topic, group, inbox, SpringListeners.All.class);
    Failed.unlessSoon(() -> held(staying, topic) == 2 && held(leaving, topic) == 2,
        () -> held(staying, topic) + " and " + held(leaving, topic) + " queues");
    scene.sendAll(topic, Scene.keys(0, 40));
    inbox.await(Scene.keys(0, 40));
    scene.closeCommitted(leaving, topic);
    Failed.unlessSoon(() -> held(staying, topic) == 4, () -> held(staying, topic) + " queues are left");
    scene.sendAll(topic, Scene.keys(40, 40));
    inbox.await(Scene.keys(0, 80));
    scene.closeCommitted(staying, topic);
    Failed.unlessSame(Scene.keys(0, 80), inbox.keys(), "received");
  }

  private static void restart(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    String group = scene.plain().group();
    Inbox inbox = new Inbox();
    for (int life = 0; life < 3; ++life) {
      scene.sendAll(topic, Scene.keys(life * 10, 10));
      var application = scene.listening(topic, group, inbox, SpringListeners.All.class);
      inbox.await(Scene.keys(0, (life + 1) * 10));
      scene.closeCommitted(application, topic);
    }
    Failed.unlessSame(Scene.keys(0, 30), inbox.keys(), "received in three lives");
  }

  /** Harm done on purpose: must fail, or the others prove nothing. Run only when named. */
  static void lost(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    scene.sendAll(topic, Scene.keys(0, 9));
    Inbox inbox = new Inbox();
    var application = scene.listening(topic, inbox, SpringListeners.All.class);
    inbox.await(Scene.keys(0, 9));
    scene.closeCommitted(application, topic);
    List<String> found = inbox.all().stream().map(MessageExt::getKeys).toList();
    Failed.unlessSame(Scene.keys(0, 10), found, "received");
  }
}
