#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "mq/protocol/codes.hpp"

// Headers of consuming by pop (rocketmq-wire.md 4.11). Their codes are beyond 16 bits: JSON headers only.
namespace mq::protocol {

struct PopMessageRequest {
  static constexpr std::int32_t kCode = request_code::kPopMessage;
  std::string consumer_group{};
  std::string topic{};
  std::int32_t queue = -1;  // -1: all
  std::int32_t max_count = 32;
  std::int64_t invisible_ms = 0;
  std::int64_t poll_ms = 0;    // to wait for messages
  std::int64_t born_ms = 0;    // by the client's clock; 0: now
  std::int32_t init_mode = 0;  // where a new group begins: 0 the first, 1 the last message
  std::string expression_type{};
  std::string expression{};
  bool order = false;
  std::string attempt_id{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.required("maxMsgNums", self.max_count);
    v.required("invisibleTime", self.invisible_ms);
    v.required("pollTime", self.poll_ms);
    v.optional("bornTime", self.born_ms);
    v.required("initMode", self.init_mode);
    v.optional("expType", self.expression_type);
    v.optional("exp", self.expression);
    v.optional("order", self.order);
    v.optional("attemptId", self.attempt_id);
  }
};

// Clients read it whatever the code is.
struct PopMessageResponse {
  std::int64_t pop_ms = 0;
  std::int64_t invisible_ms = 0;
  std::int32_t revive_queue = 0;
  std::int64_t rest = 0;
  std::string start_offsets{};
  std::string message_offsets{};
  std::string order_counts{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("popTime", self.pop_ms);
    v.required("invisibleTime", self.invisible_ms);
    v.required("reviveQid", self.revive_queue);
    v.required("restNum", self.rest);
    v.optional("startOffsetInfo", self.start_offsets);
    v.optional("msgOffsetInfo", self.message_offsets);
    v.optional("orderCountInfo", self.order_counts);
  }
};

struct AckMessageRequest {
  static constexpr std::int32_t kCode = request_code::kAckMessage;
  std::string consumer_group{};
  std::string topic{};  // the real one, which may be the retry topic
  std::int32_t queue = 0;
  std::string extra_info{};
  std::int64_t offset = 0;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.required("extraInfo", self.extra_info);
    v.required("offset", self.offset);
  }
};

struct ChangeInvisibleTimeRequest {
  static constexpr std::int32_t kCode = request_code::kChangeMessageInvisibleTime;
  std::string consumer_group{};
  std::string topic{};
  std::int32_t queue = 0;
  std::string extra_info{};
  std::int64_t offset = 0;
  std::int64_t invisible_ms = 0;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.required("extraInfo", self.extra_info);
    v.required("offset", self.offset);
    v.required("invisibleTime", self.invisible_ms);
  }
};
struct ChangeInvisibleTimeResponse {
  std::int64_t pop_ms = 0;
  std::int64_t invisible_ms = 0;
  std::int32_t revive_queue = 0;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("popTime", self.pop_ms);
    v.required("invisibleTime", self.invisible_ms);
    v.required("reviveQid", self.revive_queue);
  }
};

struct NotificationRequest {
  static constexpr std::int32_t kCode = request_code::kNotification;
  std::string consumer_group{};
  std::string topic{};
  std::int32_t queue = -1;
  std::int64_t poll_ms = 0;
  std::int64_t born_ms = 0;
  bool order = false;
  std::string attempt_id{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.required("pollTime", self.poll_ms);
    v.optional("bornTime", self.born_ms);
    v.optional("order", self.order);
    v.optional("attemptId", self.attempt_id);
  }
};
struct NotificationResponse {
  bool has_messages = false;
  bool polling_full = false;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("hasMsg", self.has_messages);
    v.optional("pollingFull", self.polling_full);
  }
};

struct PeekMessageRequest {
  static constexpr std::int32_t kCode = request_code::kPeekMessage;
  std::string consumer_group{};
  std::string topic{};
  std::int32_t queue = -1;
  std::int32_t max_count = 32;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.required("maxMsgNums", self.max_count);
  }
};

struct PollingInfoRequest {
  static constexpr std::int32_t kCode = request_code::kPollingInfo;
  std::string consumer_group{};
  std::string topic{};
  std::int32_t queue = -1;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
  }
};
struct PollingInfoResponse {
  std::int32_t waiting = 0;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("pollingNum", self.waiting);
  }
};

}  // namespace mq::protocol
