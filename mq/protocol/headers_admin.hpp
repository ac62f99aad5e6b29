#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "mq/model/names.hpp"
#include "mq/protocol/codes.hpp"

// Headers of broker administration (rocketmq-wire.md 2.5, 4.2, 4.14).
namespace mq::protocol {

// 17, UPDATE_AND_CREATE_TOPIC. `attributes`: comma list of +key=value and -key.
struct CreateTopicRequest {
  static constexpr std::int32_t kCode = request_code::kCreateTopic;
  std::string topic{};
  std::string default_topic{kAutoCreateTopic};
  std::int32_t read_queues = 8;
  std::int32_t write_queues = 8;
  std::int32_t perm = perm::kRead | perm::kWrite;
  std::string filter_type = "SINGLE_TAG";
  std::int32_t topic_sys_flag = 0;
  bool order = false;
  std::string attributes{};
  bool force = false;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.optional("defaultTopic", self.default_topic);
    v.required("readQueueNums", self.read_queues);
    v.required("writeQueueNums", self.write_queues);
    v.required("perm", self.perm);
    v.optional("topicFilterType", self.filter_type);
    v.optional("topicSysFlag", self.topic_sys_flag);
    v.optional("order", self.order);
    v.optional("attributes", self.attributes);
    v.optional("force", self.force);
  }
};

struct DeleteTopicRequest {
  static constexpr std::int32_t kCode = request_code::kDeleteTopic;
  std::string topic{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
  }
};

// The answer's body is TopicConfig.
struct GetTopicConfigRequest {
  static constexpr std::int32_t kCode = request_code::kGetTopicConfig;
  std::string topic{};
  std::optional<bool> lo{};  // static topics; always true from 5.x tools

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.optional("lo", self.lo);
  }
};

// Answered with everything at once; the total ends the paging of 5.x tools (rocketmq-wire.md 2.8).
struct GetAllTopicConfigResponse {
  std::int32_t total = 0;
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("totalTopicNum", self.total);
  }
};

// The answer's body is TopicStatsTable.
struct GetTopicStatsInfoRequest {
  static constexpr std::int32_t kCode = request_code::kGetTopicStatsInfo;
  std::string topic{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
  }
};

// The answer's body is ConsumeStats.
struct GetConsumeStatsRequest {
  static constexpr std::int32_t kCode = request_code::kGetConsumeStats;
  std::string consumer_group{};
  std::string topic{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.optional("topic", self.topic);
  }
};

// The answer's body is ConsumeStatsList.
struct GetBrokerConsumeStatsRequest {
  static constexpr std::int32_t kCode = request_code::kGetBrokerConsumeStats;
  bool order = false;
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("isOrder", self.order);
  }
};

// The answer's body is GroupList.
struct QueryTopicConsumeByWhoRequest {
  static constexpr std::int32_t kCode = request_code::kQueryTopicConsumeByWho;
  std::string topic{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
  }
};

// The answer's body is TopicList.
struct QueryTopicsByConsumerRequest {
  static constexpr std::int32_t kCode = request_code::kQueryTopicsByConsumer;
  std::string group{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("group", self.group);
  }
};

struct QuerySubscriptionByConsumerRequest {
  static constexpr std::int32_t kCode = request_code::kQuerySubscriptionByConsumer;
  std::string group{};
  std::string topic{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("group", self.group);
    v.required("topic", self.topic);
  }
};

struct QueryConsumeTimeSpanRequest : QuerySubscriptionByConsumerRequest {
  static constexpr std::int32_t kCode = request_code::kQueryConsumeTimeSpan;
};

// The answer's body is BrokerStatsData; 1 when there is no such statistic.
struct ViewBrokerStatsDataRequest {
  static constexpr std::int32_t kCode = request_code::kViewBrokerStatsData;
  std::string stats_name{};
  std::string stats_key{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("statsName", self.stats_name);
    v.required("statsKey", self.stats_key);
  }
};

// The answer's body is QueryConsumeQueueBody; none, and a remark, when there is no entry at `index`.
struct QueryConsumeQueueRequest {
  static constexpr std::int32_t kCode = request_code::kQueryConsumeQueue;
  std::string topic{};
  std::int32_t queue = 0;
  std::int64_t index = 0;
  std::int32_t count = 0;
  std::optional<std::string> consumer_group{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.required("index", self.index);
    v.required("count", self.count);
    v.optional("consumerGroup", self.consumer_group);
  }
};

// 323: a half message that was parked is asked about again.
struct ResumeCheckHalfMessageRequest {
  static constexpr std::int32_t kCode = request_code::kResumeCheckHalfMessage;
  std::string topic{};
  std::string msg_id{};  // of the parked message: an offset id

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("topic", self.topic);
    v.required("msgId", self.msg_id);
  }
};

// 353; the answer's body is GroupForbidden. Without `readable` it only asks.
struct UpdateGroupForbiddenRequest {
  static constexpr std::int32_t kCode = request_code::kUpdateAndGetGroupForbidden;
  std::string group{};
  std::string topic{};
  std::optional<bool> readable{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("group", self.group);
    v.required("topic", self.topic);
    v.optional("readable", self.readable);
  }
};

// 308; the answer's body is QueryCorrectionOffsetBody.
struct QueryCorrectionOffsetRequest {
  static constexpr std::int32_t kCode = request_code::kQueryCorrectionOffset;
  std::string filter_groups{};  // comma list of groups that do not count
  std::string compare_group{};
  std::string topic{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("filterGroups", self.filter_groups);
    v.required("compareGroup", self.compare_group);
    v.required("topic", self.topic);
  }
};

// The answer's body is `key=value` lines and must not be empty.
struct GetBrokerConfigResponse {
  std::string version{};  // DataVersion as JSON
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("version", self.version);
  }
};

}  // namespace mq::protocol
