package sluice.compat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.MessageExt;

/** What consumers were given, in the order in which they were given it. */
final class Inbox implements MessageListenerConcurrently {
  private final List<MessageExt> messages = new ArrayList<>();

  @Override
  public ConsumeConcurrentlyStatus consumeMessage(List<MessageExt> given,
      ConsumeConcurrentlyContext context) {
    given.forEach(this::add);
    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  }

  synchronized void add(MessageExt message) {
    messages.add(message);
  }

  synchronized List<MessageExt> all() {
    return new ArrayList<>(messages);
  }

  List<String> keys() {
    return all().stream().map(MessageExt::getKeys).collect(Collectors.toList());
  }

  synchronized long count(String key) {
    return messages.stream().filter(message -> message.getKeys().equals(key)).count();
  }

  private static Map<String, Long> counted(Collection<String> keys) {
    return keys.stream().collect(Collectors.groupingBy(key -> key, Collectors.counting()));
  }

  /** Until every one of these keys came, as often as it stands there. */
  void await(Collection<String> wanted) throws Exception {
    Map<String, Long> least = counted(wanted);
    Failed.unlessSoon(() -> {
      Map<String, Long> found = counted(keys());
      return least.entrySet().stream().allMatch(e -> found.getOrDefault(e.getKey(), 0L) >= e.getValue());
    }, () -> {
      List<String> missing = new ArrayList<>(wanted);
      keys().forEach(missing::remove);
      return missing.size() + " of " + wanted.size() + " messages did not come, among them "
          + missing.subList(0, Math.min(5, missing.size()));
    });
  }
}
