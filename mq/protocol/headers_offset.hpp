#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "mq/protocol/codes.hpp"

// Headers of consumer offsets and queue positions (rocketmq-wire.md 2.2, 4.6).
namespace mq::protocol {

struct QueryConsumerOffsetRequest {
  static constexpr std::int32_t kCode = request_code::kQueryConsumerOffset;
  std::string consumer_group{};
  std::string topic{};
  std::int32_t queue = 0;
  std::optional<bool> set_zero_if_not_found{};  // false: answer 22 even where the zero-offset rule holds
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.optional("setZeroIfNotFound", self.set_zero_if_not_found);
    v.optional("bname", self.broker);
  }
};
struct QueryConsumerOffsetResponse {
  std::int64_t offset = 0;
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("offset", self.offset);
  }
};

struct UpdateConsumerOffsetRequest {
  static constexpr std::int32_t kCode = request_code::kUpdateConsumerOffset;
  std::string consumer_group{};
  std::string topic{};
  std::int32_t queue = 0;
  std::int64_t commit_offset = 0;
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.required("commitOffset", self.commit_offset);
    v.optional("bname", self.broker);
  }
};

struct GetMaxOffsetRequest {
  static constexpr std::int32_t kCode = request_code::kGetMaxOffset;
  std::string topic{};
  std::int32_t queue = 0;
  std::optional<bool> committed{};
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.optional("committed", self.committed);
    v.optional("bname", self.broker);
  }
};
struct GetMaxOffsetResponse : QueryConsumerOffsetResponse {};

struct GetMinOffsetRequest {
  static constexpr std::int32_t kCode = request_code::kGetMinOffset;
  std::string topic{};
  std::int32_t queue = 0;
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.optional("bname", self.broker);
  }
};
struct GetMinOffsetResponse : QueryConsumerOffsetResponse {};

struct SearchOffsetByTimestampRequest {
  static constexpr std::int32_t kCode = request_code::kSearchOffsetByTimestamp;
  std::string topic{};
  std::int32_t queue = 0;
  std::int64_t timestamp = 0;
  std::string boundary{};  // "lower", "upper", in any case; empty means lower
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.required("timestamp", self.timestamp);
    v.optional("boundaryType", self.boundary);
    v.optional("bname", self.broker);
  }
};
struct SearchOffsetByTimestampResponse : QueryConsumerOffsetResponse {};

struct GetEarliestStoreTimeRequest {
  static constexpr std::int32_t kCode = request_code::kGetEarliestStoreTime;
  std::string topic{};
  std::int32_t queue = 0;
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.required("queueId", self.queue);
    v.optional("bname", self.broker);
  }
};
struct GetEarliestStoreTimeResponse {
  std::int64_t timestamp = -1;  // -1: the queue is empty
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("timestamp", self.timestamp);
  }
};

// 222: the broker moves the offsets itself. A timestamp below 0 means the queue's end; `offset` counts
// only together with a queue.
struct ResetOffsetRequest {
  static constexpr std::int32_t kCode = request_code::kResetOffset;
  std::string topic{};
  std::string group{};
  std::int64_t timestamp = 0;
  bool force = false;
  std::optional<std::int32_t> queue{};
  std::optional<std::int64_t> offset{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.required("group", self.group);
    v.required("timestamp", self.timestamp);
    v.required("isForce", self.force);
    v.optional("queueId", self.queue);
    v.optional("offset", self.offset);
  }
};

// 220, server to client, one-way; the body is a ResetOffsetBody.
struct ResetConsumerClientOffsetRequest : ResetOffsetRequest {
  static constexpr std::int32_t kCode = request_code::kResetConsumerClientOffset;
};

struct GetConsumerStatusRequest {
  static constexpr std::int32_t kCode = request_code::kGetConsumerStatus;
  std::string topic{};
  std::string group{};
  std::string client_address{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.required("group", self.group);
    v.optional("clientAddr", self.client_address);
  }
};
struct GetConsumerStatusFromClientRequest : GetConsumerStatusRequest {
  static constexpr std::int32_t kCode = request_code::kGetConsumerStatusFromClient;
};

struct CloneGroupOffsetRequest {
  static constexpr std::int32_t kCode = request_code::kCloneGroupOffset;
  std::string from_group{};
  std::string to_group{};
  std::string topic{};
  bool offline = false;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("srcGroup", self.from_group);
    v.required("destGroup", self.to_group);
    v.optional("topic", self.topic);
    v.optional("offline", self.offline);
  }
};

}  // namespace mq::protocol
