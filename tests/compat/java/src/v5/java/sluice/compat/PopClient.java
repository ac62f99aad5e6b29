package sluice.compat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.AckCallback;
import org.apache.rocketmq.client.consumer.AckResult;
import org.apache.rocketmq.client.consumer.PopCallback;
import org.apache.rocketmq.client.consumer.PopResult;
import org.apache.rocketmq.client.impl.MQClientAPIImpl;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.remoting.protocol.header.AckMessageRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.ChangeInvisibleTimeRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.ExtraInfoUtil;
import org.apache.rocketmq.remoting.protocol.header.PopMessageRequestHeader;

/** A group that pops one topic by hand, with the calls that stock consumers and the proxy make. */
final class PopClient {
  private static final int CALL_MILLIS = 20_000;
  private static final int POLL_MILLIS = 10_000;

  private final MQClientAPIImpl api;
  private final String broker;
  private final String address;
  private final String topic;
  private final String group;

  PopClient(Scene scene, String topic, String group) throws Exception {
    api = scene.producer().getDefaultMQProducerImpl().getMqClientFactory().getMQClientAPIImpl();
    broker = Release.broker(scene).getBrokerName();
    address = Release.broker(scene).selectBrokerAddr();
    this.topic = topic;
    this.group = group;
  }

  String address() {
    return address;
  }

  private static <T> T answer(CompletableFuture<T> future) throws Exception {
    return future.get(CALL_MILLIS + POLL_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static AckCallback into(CompletableFuture<AckResult> future) {
    return new AckCallback() {
      @Override
      public void onSuccess(AckResult result) {
        future.complete(result);
      }

      @Override
      public void onException(Throwable failure) {
        future.completeExceptionally(failure);
      }
    };
  }

  private PopMessageRequestHeader request(int most, long invisibleMillis) {
    PopMessageRequestHeader header = new PopMessageRequestHeader();
    header.setConsumerGroup(group);
    header.setTopic(topic);
    header.setQueueId(-1);
    header.setMaxMsgNums(most);
    header.setInvisibleTime(invisibleMillis);
    header.setInitMode(0);
    header.setBornTime(System.currentTimeMillis());
    header.setExpType("TAG");
    header.setExp("*");
    return header;
  }

  private List<MessageExt> pop(PopMessageRequestHeader header) throws Exception {
    CompletableFuture<PopResult> future = new CompletableFuture<>();
    api.popMessageAsync(broker, address, header, CALL_MILLIS + POLL_MILLIS, new PopCallback() {
      @Override
      public void onSuccess(PopResult result) {
        future.complete(result);
      }

      @Override
      public void onException(Throwable failure) {
        future.completeExceptionally(failure);
      }
    });
    List<MessageExt> found = answer(future).getMsgFoundList();
    return found == null ? List.of() : found;
  }

  /** What there is now; nothing when there is nothing. */
  List<MessageExt> pop(int most, long invisibleMillis) throws Exception {
    return pop(request(most, invisibleMillis));
  }

  /** Until `count` messages came. */
  List<MessageExt> await(int count, long invisibleMillis) throws Exception {
    List<MessageExt> all = new ArrayList<>();
    Failed.unlessSoon(() -> {
      PopMessageRequestHeader header = request(32, invisibleMillis);
      header.setPollTime(1000);
      all.addAll(pop(header));
      return all.size() >= count;
    }, () -> all.size() + " of " + count + " messages could be popped");
    return all;
  }

  List<MessageExt> popInOrder(String attempt, int queue, int most, long invisibleMillis) throws Exception {
    PopMessageRequestHeader header = request(most, invisibleMillis);
    header.setOrder(true);
    header.setAttemptId(attempt);
    header.setQueueId(queue);
    return pop(header);
  }

  private static String[] receipt(MessageExt message) {
    return ExtraInfoUtil.split(message.getProperty(MessageConst.PROPERTY_POP_CK));
  }

  void acknowledge(MessageExt message) throws Exception {
    String[] receipt = receipt(message);
    AckMessageRequestHeader header = new AckMessageRequestHeader();
    header.setTopic(ExtraInfoUtil.getRealTopic(receipt, topic, group));
    header.setConsumerGroup(group);
    header.setQueueId(ExtraInfoUtil.getQueueId(receipt));
    header.setOffset(ExtraInfoUtil.getQueueOffset(receipt));
    header.setExtraInfo(message.getProperty(MessageConst.PROPERTY_POP_CK));
    CompletableFuture<AckResult> future = new CompletableFuture<>();
    api.ackMessageAsync(address, CALL_MILLIS, into(future), header);
    Failed.unlessEqual("OK", String.valueOf(answer(future).getStatus()), "status of an acknowledgement");
  }

  void acknowledgeTogether(List<MessageExt> messages) throws Exception {
    CompletableFuture<AckResult> future = new CompletableFuture<>();
    var receipts = messages.stream().map(one -> one.getProperty(MessageConst.PROPERTY_POP_CK)).toList();
    api.batchAckMessageAsync(address, CALL_MILLIS, into(future), topic, group, receipts);
    Failed.unlessEqual("OK", String.valueOf(answer(future).getStatus()), "status of acknowledgements");
  }

  /** The message's receipt becomes the new one. */
  void keepInvisible(MessageExt message, long millis) throws Exception {
    String[] receipt = receipt(message);
    ChangeInvisibleTimeRequestHeader header = new ChangeInvisibleTimeRequestHeader();
    header.setTopic(ExtraInfoUtil.getRealTopic(receipt, topic, group));
    header.setConsumerGroup(group);
    header.setQueueId(ExtraInfoUtil.getQueueId(receipt));
    header.setOffset(ExtraInfoUtil.getQueueOffset(receipt));
    header.setExtraInfo(message.getProperty(MessageConst.PROPERTY_POP_CK));
    header.setInvisibleTime(millis);
    CompletableFuture<AckResult> future = new CompletableFuture<>();
    api.changeInvisibleTimeAsync(broker, address, header, CALL_MILLIS, into(future));
    AckResult result = answer(future);
    Failed.unlessEqual("OK", String.valueOf(result.getStatus()), "status of a change");
    message.getProperties().put(MessageConst.PROPERTY_POP_CK, result.getExtraInfo());
  }
}
