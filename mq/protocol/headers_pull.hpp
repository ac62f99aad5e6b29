#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "mq/protocol/codes.hpp"

// Headers of pulling, sending back and looking messages up (rocketmq-wire.md 2.2, 4.5, 4.7, 4.15).
namespace mq::protocol {

// Bits of PullMessageRequest::sys_flag.
namespace pull_flag {
inline constexpr std::int32_t kCommitOffset = 1;
inline constexpr std::int32_t kSuspend = 2;
inline constexpr std::int32_t kSubscription = 4;
inline constexpr std::int32_t kClassFilter = 8;
inline constexpr std::int32_t kLitePull = 16;
}  // namespace pull_flag

struct PullMessageRequest {
  static constexpr std::int32_t kCode = request_code::kPullMessage;
  std::string consumer_group{};
  std::string topic{};
  std::int32_t queue = 0;
  std::int64_t queue_offset = 0;
  std::int32_t max_count = 32;
  std::int32_t sys_flag = 0;
  std::int64_t commit_offset = 0;
  std::int64_t suspend_ms = 15'000;
  std::string subscription{};
  std::int64_t sub_version = 0;
  std::string expression_type{};  // empty means TAG
  std::optional<std::int32_t> max_bytes{};
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.required("queueOffset", self.queue_offset);
    v.required("maxMsgNums", self.max_count);
    v.required("sysFlag", self.sys_flag);
    v.required("commitOffset", self.commit_offset);
    v.required("suspendTimeoutMillis", self.suspend_ms);
    v.optional("subscription", self.subscription);
    v.required("subVersion", self.sub_version);
    v.optional("expressionType", self.expression_type);
    v.optional("maxMsgBytes", self.max_bytes);
    v.optional("bname", self.broker);
  }
};

struct LitePullMessageRequest : PullMessageRequest {
  static constexpr std::int32_t kCode = request_code::kLitePullMessage;
};

// The first four must stand in every answer that clients interpret: codes 0, 19, 20 and 21.
struct PullMessageResponse {
  std::int64_t suggest_broker_id = 0;
  std::int64_t next_begin_offset = 0;
  std::int64_t min_offset = 0;
  std::int64_t max_offset = 0;
  std::optional<std::int64_t> offset_delta{};
  std::optional<std::int32_t> topic_sys_flag{};
  std::optional<std::int32_t> group_sys_flag{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("suggestWhichBrokerId", self.suggest_broker_id);
    v.required("nextBeginOffset", self.next_begin_offset);
    v.required("minOffset", self.min_offset);
    v.required("maxOffset", self.max_offset);
    v.optional("offsetDelta", self.offset_delta);
    v.optional("topicSysFlag", self.topic_sys_flag);
    v.optional("groupSysFlag", self.group_sys_flag);
  }
};

struct ConsumerSendMsgBackRequest {
  static constexpr std::int32_t kCode = request_code::kConsumerSendMsgBack;
  std::int64_t log_offset = 0;
  std::string group{};
  std::int32_t delay_level = 0;  // negative: straight to the dead letters
  std::string origin_msg_id{};
  std::string origin_topic{};
  bool unit_mode = false;
  std::optional<std::int32_t> max_reconsume_times{};
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("offset", self.log_offset);
    v.required("group", self.group);
    v.required("delayLevel", self.delay_level);
    v.optional("originMsgId", self.origin_msg_id);
    v.optional("originTopic", self.origin_topic);
    v.optional("unitMode", self.unit_mode);
    v.optional("maxReconsumeTimes", self.max_reconsume_times);
    v.optional("bname", self.broker);
  }
};

struct ViewMessageByIdRequest {
  static constexpr std::int32_t kCode = request_code::kViewMessageById;
  std::string topic{};
  std::int64_t log_offset = 0;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("topic", self.topic);
    v.required("offset", self.log_offset);
  }
};

struct QueryMessageRequest {
  static constexpr std::int32_t kCode = request_code::kQueryMessage;
  std::string topic{};
  std::string key{};
  std::int32_t max_count = 32;
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;
  bool unique_key = false;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.required("key", self.key);
    v.required("maxNum", self.max_count);
    v.required("beginTimestamp", self.begin_ms);
    v.required("endTimestamp", self.end_ms);
    v.optional("_UNIQUE_KEY_QUERY", self.unique_key);
  }
};
struct QueryMessageResponse {
  std::int64_t index_last_update_ms = 0;
  std::int64_t index_last_update_log_offset = 0;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("indexLastUpdateTimestamp", self.index_last_update_ms);
    v.required("indexLastUpdatePhyoffset", self.index_last_update_log_offset);
  }
};

}  // namespace mq::protocol
