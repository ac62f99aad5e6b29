package sluice.compat;

import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.common.protocol.ResponseCode;
import org.apache.rocketmq.common.protocol.header.QueryConsumerOffsetRequestHeader;
import org.apache.rocketmq.common.protocol.heartbeat.MessageModel;

/** What differs between releases of the client: here 4.9. */
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
    producer.createTopic(producer.getCreateTopicKey(), topic, queues);
  }

  /** The group's offset; null when the broker says that there is none. This release cannot
   * say that 0 is not wanted instead. */
  static Long stored(DefaultMQProducer producer, String group, MessageQueue queue, Boolean zero, int millis)
      throws Exception {
    var client = producer.getDefaultMQProducerImpl().getmQClientFactory();
    QueryConsumerOffsetRequestHeader header = new QueryConsumerOffsetRequestHeader();
    header.setConsumerGroup(group);
    header.setTopic(queue.getTopic());
    header.setQueueId(queue.getQueueId());
    String broker = client.findBrokerAddressInPublish(queue.getBrokerName());
    try {
      return client.getMQClientAPIImpl().queryConsumerOffset(broker, header, millis);
    } catch (MQBrokerException none) {
      if (none.getResponseCode() != ResponseCode.QUERY_NOT_FOUND) {
        throw none;
      }
      return null;
    }
  }
}
