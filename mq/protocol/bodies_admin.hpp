#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mq/model/names.hpp"
#include "mq/protocol/bodies_group.hpp"

// Bodies of statistics, connections and offset tools (rocketmq-wire.md 2.7, 4.13, 4.14).
namespace mq::protocol {

struct TopicOffset {
  std::int64_t last_update_ms = 0;  // 0: empty queue
  std::int64_t max_offset = 0;
  std::int64_t min_offset = 0;
  friend bool operator==(const TopicOffset&, const TopicOffset&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("lastUpdateTimestamp", self.last_update_ms);
    v.field("maxOffset", self.max_offset);
    v.field("minOffset", self.min_offset);
  }
};

// Code 202.
struct TopicStatsTable {
  std::map<MessageQueue, TopicOffset> offsets{};
  double put_tps = 0;
  friend bool operator==(const TopicStatsTable&, const TopicStatsTable&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("offsetTable", self.offsets);
    v.field("topicPutTps", self.put_tps);
  }
};

struct ConsumeOffset {
  std::int64_t broker_offset = 0;
  std::int64_t consumer_offset = 0;
  std::int64_t last_ms = 0;  // store time of the last consumed message
  std::int64_t pull_offset = 0;
  friend bool operator==(const ConsumeOffset&, const ConsumeOffset&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("brokerOffset", self.broker_offset);
    v.field("consumerOffset", self.consumer_offset);
    v.field("lastTimestamp", self.last_ms);
    v.field("pullOffset", self.pull_offset);
  }
};

// Code 208.
struct ConsumeStats {
  double consume_tps = 0;
  std::map<MessageQueue, ConsumeOffset> offsets{};
  friend bool operator==(const ConsumeStats&, const ConsumeStats&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("consumeTps", self.consume_tps);
    v.field("offsetTable", self.offsets);
  }
};

// Code 317.
struct ConsumeStatsList {
  std::string broker_address{};
  std::vector<std::map<std::string, std::vector<ConsumeStats>>> stats{};  // group -> its topics
  std::int64_t total_diff = 0;
  std::int64_t total_inflight_diff = 0;
  friend bool operator==(const ConsumeStatsList&, const ConsumeStatsList&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("brokerAddr", self.broker_address);
    v.field("consumeStatsList", self.stats);
    v.field("totalDiff", self.total_diff);
    v.field("totalInflightDiff", self.total_inflight_diff);
  }
};

struct Connection {
  std::string address{};  // "ip:port"
  std::string client_id{};
  std::string language{};
  std::int32_t version = 0;
  friend bool operator==(const Connection&, const Connection&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("clientAddr", self.address);
    v.field("clientId", self.client_id);
    v.field("language", self.language);
    v.field("version", self.version);
  }
};

// Code 203.
struct ConsumerConnection {
  std::vector<Connection> connections{};
  ConsumeFromWhere from_where = ConsumeFromWhere::last;
  ConsumeType type = ConsumeType::passively;
  MessageModel model = MessageModel::clustering;
  std::map<std::string, SubscriptionData> subscriptions{};  // by topic
  friend bool operator==(const ConsumerConnection&, const ConsumerConnection&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("connectionSet", self.connections);
    v.field("consumeFromWhere", self.from_where);
    v.field("consumeType", self.type);
    v.field("messageModel", self.model);
    v.field("subscriptionTable", self.subscriptions);
  }
};

// Code 204.
struct ProducerConnection {
  std::vector<Connection> connections{};
  friend bool operator==(const ProducerConnection&, const ProducerConnection&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("connectionSet", self.connections);
  }
};

struct ProducerInfo {
  std::string client_id{};
  std::string language{};
  std::int64_t last_update_ms = 0;
  std::string remote{};
  std::int32_t version = 0;
  friend bool operator==(const ProducerInfo&, const ProducerInfo&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("clientId", self.client_id);
    v.field("language", self.language);
    v.field("lastUpdateTimestamp", self.last_update_ms);
    v.field("remoteIP", self.remote);
    v.field("version", self.version);
  }
};

// Code 328.
struct ProducerTableInfo {
  std::map<std::string, std::vector<ProducerInfo>> producers{};  // by group
  friend bool operator==(const ProducerTableInfo&, const ProducerTableInfo&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("data", self.producers);
  }
};

// Answer of 222 and push 220. C++ clients want ResetOffsetList in the push.
struct ResetOffsetBody {
  std::map<MessageQueue, std::int64_t> offsets{};
  friend bool operator==(const ResetOffsetBody&, const ResetOffsetBody&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("offsetTable", self.offsets);
  }
};
struct QueueAndOffset {
  std::string broker{};
  std::int64_t offset = 0;
  std::int32_t queue = 0;
  std::string topic{};
  friend bool operator==(const QueueAndOffset&, const QueueAndOffset&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("brokerName", self.broker);
    v.field("offset", self.offset);
    v.field("queueId", self.queue);
    v.field("topic", self.topic);
  }
};
struct ResetOffsetList {
  std::vector<QueueAndOffset> offsets{};
  friend bool operator==(const ResetOffsetList&, const ResetOffsetList&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("offsetTable", self.offsets);
  }
};

// Answers of 221 (message_queues) and 223 (consumers).
struct ConsumerStatus {
  std::map<std::string, std::map<MessageQueue, std::int64_t>> consumers{};  // by client id
  std::map<MessageQueue, std::int64_t> message_queues{};
  friend bool operator==(const ConsumerStatus&, const ConsumerStatus&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("consumerTable", self.consumers);
    v.field("messageQueueTable", self.message_queues);
  }
};

// Code 345.
struct QuerySubscriptionBody {
  std::string group{};
  SubscriptionData subscription{};
  std::string topic{};
  friend bool operator==(const QuerySubscriptionBody&, const QuerySubscriptionBody&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("group", self.group);
    v.field("subscriptionData", self.subscription);
    v.field("topic", self.topic);
  }
};

// Code 303.
struct QueueTimeSpan {
  std::int64_t consume_ms = 0;
  std::int64_t delay_ms = 0;
  std::int64_t max_ms = 0;
  MessageQueue queue{};
  std::int64_t min_ms = 0;
  friend bool operator==(const QueueTimeSpan&, const QueueTimeSpan&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("consumeTimeStamp", self.consume_ms);
    v.field("delayTime", self.delay_ms);
    v.field("maxTimeStamp", self.max_ms);
    v.field("messageQueue", self.queue);
    v.field("minTimeStamp", self.min_ms);
  }
};
struct ConsumeTimeSpans {
  std::vector<QueueTimeSpan> spans{};
  friend bool operator==(const ConsumeTimeSpans&, const ConsumeTimeSpans&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("consumeTimeSpanSet", self.spans);
  }
};

// Code 907, of a broker without replicas.
struct HaRuntimeInfo {
  std::vector<std::string> connections{};
  std::int32_t in_sync_replicas = 0;
  bool master = true;
  std::int64_t max_log_offset = 0;
  friend bool operator==(const HaRuntimeInfo&, const HaRuntimeInfo&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("haConnectionInfo", self.connections);
    v.field("inSyncSlaveNums", self.in_sync_replicas);
    v.field("master", self.master);
    v.field("masterCommitLogMaxOffset", self.max_log_offset);
  }
};

// Code 315.
struct BrokerStatsItem {
  double average_per_call = 0;
  std::int64_t sum = 0;
  double tps = 0;
  friend bool operator==(const BrokerStatsItem&, const BrokerStatsItem&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("avgpt", self.average_per_call);
    v.field("sum", self.sum);
    v.field("tps", self.tps);
  }
};
struct BrokerStatsData {
  BrokerStatsItem day{};
  BrokerStatsItem hour{};
  BrokerStatsItem minute{};
  friend bool operator==(const BrokerStatsData&, const BrokerStatsData&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("statsDay", self.day);
    v.field("statsHour", self.hour);
    v.field("statsMinute", self.minute);
  }
};

// Code 321: one entry of a consume queue.
struct ConsumeQueueData {
  bool eval = false;
  std::int64_t log_offset = 0;
  std::int32_t size = 0;
  std::int64_t tag_hash = 0;
  friend bool operator==(const ConsumeQueueData&, const ConsumeQueueData&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("eval", self.eval);
    v.field("physicOffset", self.log_offset);
    v.field("physicSize", self.size);
    v.field("tagsCode", self.tag_hash);
  }
};
struct QueryConsumeQueueBody {
  std::optional<std::string> filter_data{};
  std::int64_t max_index = 0;
  std::int64_t min_index = 0;
  std::vector<ConsumeQueueData> entries{};
  std::optional<SubscriptionData> subscription{};
  friend bool operator==(const QueryConsumeQueueBody&, const QueryConsumeQueueBody&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("filterData", self.filter_data);
    v.field("maxQueueIndex", self.max_index);
    v.field("minQueueIndex", self.min_index);
    v.field("queueData", self.entries);
    v.field("subscriptionData", self.subscription);
  }
};

}  // namespace mq::protocol
