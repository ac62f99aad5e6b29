package sluice.compat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.common.MixAll;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.core.RocketMQTemplate;

/** Messages that come later: retried by a listener that throws, or delayed by their sender. */
final class SpringRetries {
  /** RocketMQ rounds the time of a timer message down. */
  private static final long TIMER_TICK_MILLIS = 1000;

  private SpringRetries() {}

  static void list(Map<String, SpringConformance.Case> cases) {
    cases.put("retry.second-time", SpringRetries::secondTime);
    cases.put("retry.dead-letter", SpringRetries::deadLetter);
    cases.put("retry.dead-letter-at-once", SpringRetries::deadLetterAtOnce);
    cases.put("delay.levels", SpringRetries::levels);
    cases.put("delay.timers", SpringRetries::timers);
  }

  private static void secondTime(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    Inbox inbox = new Inbox();
    var application = scene.listening(topic, inbox, SpringListeners.Later.class);
    scene.sendAll(topic, List.of("bad", "good"));
    List<String> wanted = List.of("bad", "bad", "good");
    inbox.await(wanted);
    scene.closeCommitted(application, topic);
    Failed.unlessSame(wanted, inbox.keys(), "received");
    List<MessageExt> tries = inbox.all().stream().filter(one -> one.getKeys().equals("bad")).toList();
    Failed.unlessEqual(List.of(0, 1), tries.stream().map(MessageExt::getReconsumeTimes).toList(),
        "times consumed before");
    Failed.unlessEqual(tries.get(0).getMsgId(), tries.get(1).getMsgId(), "message id of the second time");
    Failed.unlessEqual(topic, tries.get(1).getTopic(), "topic of the second time");
    Failed.unlessEqual("body of bad", new String(tries.get(1).getBody(), "UTF-8"), "body of the second time");
  }

  private static void deadLetter(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    String group = scene.plain().group();
    Inbox inbox = new Inbox();
    var application = scene.listening(topic, group, inbox, SpringListeners.Retried.class);
    scene.sendAll(topic, List.of("bad", "good0", "good1"));
    MessageExt dead = scene.plain().read(MixAll.getDLQTopic(group), 1).get(0);
    inbox.await(List.of("good0", "good1"));
    scene.closeCommitted(application, topic);
    Failed.unlessSame(List.of("bad", "bad", "bad", "good0", "good1"), inbox.keys(), "received");
    Failed.unlessEqual(List.of(0, 1, 2), inbox.all().stream().filter(m -> m.getKeys().equals("bad"))
        .map(MessageExt::getReconsumeTimes).toList(), "times consumed before");
    Failed.unlessEqual("body of bad", new String(dead.getBody(), "UTF-8"), "body");
    Failed.unlessEqual("bad", dead.getKeys(), "keys");
    Failed.unlessEqual(topic, dead.getProperty(MessageConst.PROPERTY_RETRY_TOPIC), "topic it was sent to");
  }

  private static void deadLetterAtOnce(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(1);
    String group = scene.plain().group();
    Inbox inbox = new Inbox();
    var application = scene.listening(topic, group, inbox, SpringListeners.Rejecting.class);
    scene.sendAll(topic, List.of("bad0", "good0", "bad1"));
    List<String> dead =
        scene.plain().read(MixAll.getDLQTopic(group), 2).stream().map(MessageExt::getKeys).toList();
    inbox.await(List.of("good0"));
    scene.closeCommitted(application, topic);
    Failed.unlessSame(List.of("bad0", "bad1"), dead, "dead letters");
    Failed.unlessSame(List.of("bad0", "good0", "bad1"), inbox.keys(), "received");
  }

  private static void levels(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    long[] millis = {0, 1000, 5000, 10_000};
    Map<String, Long> notBefore = new HashMap<>();
    Delays.Arrivals arrivals = new Delays.Arrivals(scene.plain(), topic);
    for (int level = 0; level < millis.length; ++level) {
      String key = "level" + level;
      notBefore.put(key, System.currentTimeMillis() + millis[level]);
      Scene.accepted(scene.template().syncSend(topic + ":tag", SpringScene.message(key), Scene.CALL_MILLIS,
          level));
    }
    arrivals.judge(notBefore, 0);
  }

  private static void timers(SpringScene scene) throws Exception {
    String topic = scene.plain().topic(2);
    Delays.Arrivals arrivals = new Delays.Arrivals(scene.plain(), topic);
    RocketMQTemplate template = scene.template();
    long now = System.currentTimeMillis();
    String tagged = topic + ":tag";
    Scene.accepted(template.syncSendDelayTimeMills(tagged, SpringScene.message("relative"), 2500));
    Scene.accepted(template.syncSendDelayTimeSeconds(tagged, SpringScene.message("seconds"), 4));
    Scene.accepted(template.syncSendDeliverTimeMills(tagged, SpringScene.message("absolute"), now + 3000));
    arrivals.judge(Map.of("relative", now + 2500, "seconds", now + 4000, "absolute", now + 3000),
        TIMER_TICK_MILLIS);
  }
}
