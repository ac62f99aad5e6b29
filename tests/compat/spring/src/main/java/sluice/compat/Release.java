package sluice.compat;

import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.exception.OffsetNotFoundException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.protocol.ResponseCode;
import org.apache.rocketmq.remoting.protocol.header.QueryConsumerOffsetRequestHeader;
import org.apache.rocketmq.remoting.protocol.heartbeat.MessageModel;

/** What differs between releases of the client: here the 5.3.0 that the starter brings. */
final class Release {
  static final int MESSAGE_ILLEGAL = ResponseCode.MESSAGE_ILLEGAL;
  static final int SUBSCRIPTION_PARSE_FAILED = ResponseCode.SUBSCRIPTION_PARSE_FAILED;
  static final int SUCCESS = ResponseCode.SUCCESS;

  private Release() {}

  /** Cases for what only this release has: none. */
  static void list(Map<String, Conformance.Case> cases) {}

  static void broadcasting(DefaultMQPushConsumer consumer) {
    consumer.setMessageModel(MessageModel.BROADCASTING);
  }

  static void createTopic(DefaultMQProducer producer, String topic, int queues) throws MQClientException {
    producer.createTopic(producer.getCreateTopicKey(), topic, queues, Map.of());
  }

  /** The group's offset; null when the broker says that there is none. zero: it may say 0 instead. */
  static Long stored(DefaultMQProducer producer, String group, MessageQueue queue, Boolean zero, int millis)
      throws Exception {
    var client = producer.getDefaultMQProducerImpl().getMqClientFactory();
    QueryConsumerOffsetRequestHeader header = new QueryConsumerOffsetRequestHeader();
    header.setConsumerGroup(group);
    header.setTopic(queue.getTopic());
    header.setQueueId(queue.getQueueId());
    header.setSetZeroIfNotFound(zero);
    String broker = client.findBrokerAddressInPublish(queue.getBrokerName());
    try {
      return client.getMQClientAPIImpl().queryConsumerOffset(broker, header, millis);
    } catch (OffsetNotFoundException none) {
      return null;
    }
  }
}
