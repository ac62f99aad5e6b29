#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "mq/model/names.hpp"
#include "mq/protocol/codes.hpp"

// Headers of producing (rocketmq-wire.md 2.2, 4.3, 4.8, 4.9, 4.17).
namespace mq::protocol {

// Long field names. Whether a send is a batch is said by `batch`, not by the code: the C++ client sends
// batches as 310 or 10.
struct SendMessageRequest {
  static constexpr std::int32_t kCode = request_code::kSendMessage;
  std::string producer_group{};
  std::string topic{};
  std::string default_topic{kAutoCreateTopic};
  std::int32_t default_topic_queue_nums = 4;
  std::int32_t queue = 0;  // negative: the broker chooses
  std::int32_t sys_flag = 0;
  std::int64_t born_ms = 0;
  std::int32_t flag = 0;
  std::string properties{};
  std::int32_t reconsume_times = 0;
  bool unit_mode = false;
  bool batch = false;
  std::optional<std::int32_t> max_reconsume_times{};
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("producerGroup", self.producer_group);
    v.required("topic", self.topic);
    v.required("defaultTopic", self.default_topic);
    v.required("defaultTopicQueueNums", self.default_topic_queue_nums);
    v.required("queueId", self.queue);
    v.required("sysFlag", self.sys_flag);
    v.required("bornTimestamp", self.born_ms);
    v.required("flag", self.flag);
    v.optional("properties", self.properties);
    v.optional("reconsumeTimes", self.reconsume_times);
    v.optional("unitMode", self.unit_mode);
    v.optional("batch", self.batch);
    v.optional("maxReconsumeTimes", self.max_reconsume_times);
    v.optional("bname", self.broker);
  }

  // The short names of 310, 320 and 325.
  template <class Self, class V>
  static void visit_short(Self& self, V& v) {
    v.required("a", self.producer_group);
    v.required("b", self.topic);
    v.required("c", self.default_topic);
    v.required("d", self.default_topic_queue_nums);
    v.required("e", self.queue);
    v.required("f", self.sys_flag);
    v.required("g", self.born_ms);
    v.required("h", self.flag);
    v.optional("i", self.properties);
    v.optional("j", self.reconsume_times);
    v.optional("k", self.unit_mode);
    v.optional("l", self.max_reconsume_times);
    v.optional("m", self.batch);
    v.optional("n", self.broker);
  }
};

struct SendMessageV2Request : SendMessageRequest {
  static constexpr std::int32_t kCode = request_code::kSendMessageV2;
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    SendMessageRequest::visit_short(self, v);
  }
};

// The body is a batch body (mq/model/batch.hpp) and `batch` must be set.
struct SendBatchMessageRequest : SendMessageV2Request {
  static constexpr std::int32_t kCode = request_code::kSendBatchMessage;
};

struct SendReplyMessageRequest : SendMessageRequest {
  static constexpr std::int32_t kCode = request_code::kSendReplyMessage;
};
struct SendReplyMessageV2Request : SendMessageV2Request {
  static constexpr std::int32_t kCode = request_code::kSendReplyMessageV2;
};

// MSG_REGION and TRACE_ON must be present, also with an error: the Java client dereferences the field map.
struct SendMessageResponse {
  std::string msg_id{};  // offset message id; of a batch: joined with commas
  std::int32_t queue = 0;
  std::int64_t queue_offset = 0;
  std::string transaction_id{};  // UNIQ_KEY
  std::string recall_handle{};   // of timer messages only
  std::string region = "DefaultRegion";
  bool trace_on = true;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("msgId", self.msg_id);
    v.required("queueId", self.queue);
    v.required("queueOffset", self.queue_offset);
    v.optional("transactionId", self.transaction_id);
    v.optional("recallHandle", self.recall_handle);
    v.optional("MSG_REGION", self.region);
    v.optional("TRACE_ON", self.trace_on);
  }
};

struct EndTransactionRequest {
  static constexpr std::int32_t kCode = request_code::kEndTransaction;
  static constexpr std::int32_t kUnknown = 0;
  static constexpr std::int32_t kCommit = 8;
  static constexpr std::int32_t kRollback = 12;
  std::string topic{};
  std::string producer_group{};
  std::int64_t state_table_offset = 0;  // queueOffset of the half message's send answer
  std::int64_t log_offset = 0;
  std::int32_t decision = kUnknown;
  bool from_check = false;
  std::string msg_id{};
  std::string transaction_id{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("topic", self.topic);
    v.required("producerGroup", self.producer_group);
    v.required("tranStateTableOffset", self.state_table_offset);
    v.required("commitLogOffset", self.log_offset);
    v.required("commitOrRollback", self.decision);
    v.optional("fromTransactionCheck", self.from_check);
    v.required("msgId", self.msg_id);
    v.optional("transactionId", self.transaction_id);
  }
};

// Server to client, one-way.
struct CheckTransactionStateRequest {
  static constexpr std::int32_t kCode = request_code::kCheckTransactionState;
  std::string topic{};
  std::int64_t state_table_offset = 0;
  std::int64_t log_offset = 0;
  std::string msg_id{};  // UNIQ_KEY
  std::string transaction_id{};
  std::string offset_msg_id{};
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("topic", self.topic);
    v.required("tranStateTableOffset", self.state_table_offset);
    v.required("commitLogOffset", self.log_offset);
    v.optional("msgId", self.msg_id);
    v.optional("transactionId", self.transaction_id);
    v.optional("offsetMsgId", self.offset_msg_id);
    v.optional("bname", self.broker);
  }
};

struct RecallMessageRequest {
  static constexpr std::int32_t kCode = request_code::kRecallMessage;
  std::string producer_group{};
  std::string topic{};
  std::string recall_handle{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("producerGroup", self.producer_group);
    v.required("topic", self.topic);
    v.required("recallHandle", self.recall_handle);
  }
};
struct RecallMessageResponse {
  std::string msg_id{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("msgId", self.msg_id);
  }
};

// Server to client: a reply for a waiting request() call.
struct PushReplyMessageToClientRequest {
  static constexpr std::int32_t kCode = request_code::kPushReplyMessageToClient;
  SendMessageRequest message{};
  std::string born_host{};   // "ip:port"
  std::string store_host{};  // "ip:port"
  std::int64_t store_ms = 0;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    SendMessageRequest::visit(self.message, v);
    v.required("bornHost", self.born_host);
    v.required("storeHost", self.store_host);
    v.required("storeTimestamp", self.store_ms);
  }
};

}  // namespace mq::protocol
