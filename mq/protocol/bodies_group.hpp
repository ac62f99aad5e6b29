#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/model/names.hpp"
#include "mq/protocol/bodies_route.hpp"

// Bodies of clients and consumer groups (rocketmq-wire.md 2.7, 4.4, 4.10, 4.12).
namespace mq::protocol {

// Values are the ordinals that the C++ client sends in place of names.
enum class ConsumeType : std::uint8_t { actively, passively, pop };
inline constexpr std::array<std::string_view, 3> kConsumeTypes{"CONSUME_ACTIVELY", "CONSUME_PASSIVELY",
                                                               "CONSUME_POP"};
constexpr const auto& enum_names(ConsumeType) { return kConsumeTypes; }

enum class MessageModel : std::uint8_t { broadcasting, clustering };
inline constexpr std::array<std::string_view, 2> kMessageModels{"BROADCASTING", "CLUSTERING"};
constexpr const auto& enum_names(MessageModel) { return kMessageModels; }

enum class ConsumeFromWhere : std::uint8_t { last, last_and_min_at_first_boot, min, max, first, timestamp };
inline constexpr std::array<std::string_view, 6> kConsumeFromWheres{
    "CONSUME_FROM_LAST_OFFSET",  "CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST",
    "CONSUME_FROM_MIN_OFFSET",   "CONSUME_FROM_MAX_OFFSET",
    "CONSUME_FROM_FIRST_OFFSET", "CONSUME_FROM_TIMESTAMP"};
constexpr const auto& enum_names(ConsumeFromWhere) { return kConsumeFromWheres; }

struct SubscriptionData {
  bool class_filter = false;
  std::vector<std::int32_t> codes{};  // tag hashes
  std::string expression_type = "TAG";
  std::string expression{};  // "*", "A || B", or SQL
  std::int64_t version = 0;
  std::vector<std::string> tags{};
  std::string topic{};
  friend bool operator==(const SubscriptionData&, const SubscriptionData&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("classFilterMode", self.class_filter);
    v.field("codeSet", self.codes);
    v.field("expressionType", self.expression_type);
    v.field("subString", self.expression);
    v.field("subVersion", self.version);
    v.field("tagsSet", self.tags);
    v.field("topic", self.topic);
  }
};

struct ConsumerData {
  ConsumeFromWhere from_where = ConsumeFromWhere::last;
  ConsumeType type = ConsumeType::passively;
  std::string group{};
  MessageModel model = MessageModel::clustering;
  std::vector<SubscriptionData> subscriptions{};
  bool unit_mode = false;
  friend bool operator==(const ConsumerData&, const ConsumerData&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("consumeFromWhere", self.from_where);
    v.field("consumeType", self.type);
    v.field("groupName", self.group);
    v.field("messageModel", self.model);
    v.field("subscriptionDataSet", self.subscriptions);
    v.field("unitMode", self.unit_mode);
  }
};

struct ProducerData {
  std::string group{};
  friend bool operator==(const ProducerData&, const ProducerData&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("groupName", self.group);
  }
};

// Code 34.
struct HeartbeatData {
  std::string client_id{};
  std::vector<ConsumerData> consumers{};
  std::int32_t fingerprint = 0;
  std::vector<ProducerData> producers{};
  bool without_subscriptions = false;
  friend bool operator==(const HeartbeatData&, const HeartbeatData&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("clientID", self.client_id);
    v.field("consumerDataSet", self.consumers);
    v.field("heartbeatFingerprint", self.fingerprint);
    v.field("producerDataSet", self.producers);
    v.field("withoutSub", self.without_subscriptions);
  }
};

// Code 38.
struct ConsumerIds {
  std::vector<std::string> ids{};
  friend bool operator==(const ConsumerIds&, const ConsumerIds&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("consumerIdList", self.ids);
  }
};

// Codes 41 and 42.
struct LockBatchRequest {
  std::string client_id{};
  std::string consumer_group{};
  std::vector<MessageQueue> queues{};
  bool only_this_broker = false;
  friend bool operator==(const LockBatchRequest&, const LockBatchRequest&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("clientId", self.client_id);
    v.field("consumerGroup", self.consumer_group);
    v.field("mqSet", self.queues);
    v.field("onlyThisBroker", self.only_this_broker);
  }
};
struct LockBatchResponse {
  std::vector<MessageQueue> locked{};
  friend bool operator==(const LockBatchResponse&, const LockBatchResponse&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("lockOKMQSet", self.locked);
  }
};

// Code 46.
struct CheckClientRequest {
  std::string client_id{};
  std::string group{};
  std::optional<std::string> name_space{};
  SubscriptionData subscription{};
  friend bool operator==(const CheckClientRequest&, const CheckClientRequest&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("clientId", self.client_id);
    v.field("group", self.group);
    v.field("namespace", self.name_space);
    v.field("subscriptionData", self.subscription);
  }
};

// Code 400.
struct QueryAssignmentRequest {
  std::string client_id{};
  std::string consumer_group{};
  MessageModel model = MessageModel::clustering;
  std::string strategy{};
  std::string topic{};
  friend bool operator==(const QueryAssignmentRequest&, const QueryAssignmentRequest&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("clientId", self.client_id);
    v.field("consumerGroup", self.consumer_group);
    v.field("messageModel", self.model);
    v.field("strategyName", self.strategy);
    v.field("topic", self.topic);
  }
};
struct QueueAssignment {
  std::optional<std::map<std::string, std::string>> attachments{};
  MessageQueue queue{};
  std::string mode = "PULL";
  friend bool operator==(const QueueAssignment&, const QueueAssignment&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("attachments", self.attachments);
    v.field("messageQueue", self.queue);
    v.field("mode", self.mode);
  }
};
struct QueryAssignmentResponse {
  std::vector<QueueAssignment> assignments{};
  friend bool operator==(const QueryAssignmentResponse&, const QueryAssignmentResponse&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("messageQueueAssignments", self.assignments);
  }
};

// Codes 200 and 352, and within others.
struct SubscriptionGroupConfig {
  struct RetryPolicy {
    std::string type = "CUSTOMIZED";
    friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;

    template <class Self, class V>
    static void visit(Self& self, V& v) {
      v.field("type", self.type);
    }
  };
  std::map<std::string, std::string> attributes{};
  std::int64_t broker_id = 0;
  bool consume_broadcast = true;
  bool consume_enable = true;
  bool consume_from_min = true;
  bool consume_orderly = false;
  std::int32_t consume_timeout_minutes = 15;
  std::string group{};
  RetryPolicy retry_policy{};
  std::int32_t group_sys_flag = 0;
  bool notify_ids_changed = true;
  std::int32_t retry_max_times = 16;
  std::int32_t retry_queues = 1;
  std::int64_t slow_consumer_broker_id = 1;
  friend bool operator==(const SubscriptionGroupConfig&, const SubscriptionGroupConfig&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("attributes", self.attributes);
    v.field("brokerId", self.broker_id);
    v.field("consumeBroadcastEnable", self.consume_broadcast);
    v.field("consumeEnable", self.consume_enable);
    v.field("consumeFromMinEnable", self.consume_from_min);
    v.field("consumeMessageOrderly", self.consume_orderly);
    v.field("consumeTimeoutMinute", self.consume_timeout_minutes);
    v.field("groupName", self.group);
    v.field("groupRetryPolicy", self.retry_policy);
    v.field("groupSysFlag", self.group_sys_flag);
    v.field("notifyConsumerIdsChangedEnable", self.notify_ids_changed);
    v.field("retryMaxTimes", self.retry_max_times);
    v.field("retryQueueNums", self.retry_queues);
    v.field("whichBrokerWhenConsumeSlowly", self.slow_consumer_broker_id);
  }
};

// Code 201.
struct SubscriptionGroupWrapper {
  DataVersion data_version{};
  std::map<std::string, std::map<std::string, std::int32_t>> forbidden{};
  std::map<std::string, SubscriptionGroupConfig> groups{};
  friend bool operator==(const SubscriptionGroupWrapper&, const SubscriptionGroupWrapper&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("dataVersion", self.data_version);
    v.field("forbiddenTable", self.forbidden);
    v.field("subscriptionGroupTable", self.groups);
  }
};

// Code 225.
struct SubscriptionGroupList {
  std::vector<SubscriptionGroupConfig> groups{};
  friend bool operator==(const SubscriptionGroupList&, const SubscriptionGroupList&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("groupConfigList", self.groups);
  }
};

// Code 353: whether a group may consume a topic.
struct GroupForbidden {
  std::string group{};
  bool readable = true;
  std::string topic{};
  friend bool operator==(const GroupForbidden&, const GroupForbidden&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("group", self.group);
    v.field("readable", self.readable);
    v.field("topic", self.topic);
  }
};

// Code 43, by "topic@group" and queue.
struct ConsumerOffsetTable {
  DataVersion data_version{};
  std::map<std::string, std::map<std::int64_t, std::int64_t>> offsets{};
  friend bool operator==(const ConsumerOffsetTable&, const ConsumerOffsetTable&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("dataVersion", self.data_version);
    v.field("offsetTable", self.offsets);
  }
};

// Code 308, by queue.
struct QueryCorrectionOffsetBody {
  std::map<std::int64_t, std::int64_t> offsets{};
  friend bool operator==(const QueryCorrectionOffsetBody&, const QueryCorrectionOffsetBody&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("correctionOffsets", self.offsets);
  }
};

}  // namespace mq::protocol
