#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "mq/protocol/body.hpp"

// Bodies of consuming by pop (rocketmq-wire.md 2.7, 4.11, 4.12).
namespace mq::protocol {

// Code 401: how a group gets the messages of a topic, for consumers that let the broker rebalance.
struct SetMessageRequestModeRequest {
  std::string consumer_group{};
  std::string mode = "PULL";  // or "POP"
  std::int32_t pop_share_queues = 0;
  std::string topic{};
  friend bool operator==(const SetMessageRequestModeRequest&, const SetMessageRequestModeRequest&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("consumerGroup", self.consumer_group);
    v.field("mode", self.mode);
    v.field("popShareQueueNum", self.pop_share_queues);
    v.field("topic", self.topic);
  }
};

// Code 200151: popped messages of one pop, acknowledged together.
struct BatchAck {
  std::string consumer_group{};
  std::string topic{};  // without the retry topic's prefix
  std::string retry_flag{};
  std::int64_t start_offset = 0;
  std::int32_t queue = 0;
  std::int32_t revive_queue = 0;
  std::int64_t pop_ms = 0;
  std::int64_t invisible_ms = 0;
  std::string offsets{};  // base64 of a little-endian bit set: bit n is start_offset + n
  friend bool operator==(const BatchAck&, const BatchAck&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("b", self.offsets);
    v.field("c", self.consumer_group);
    v.field("it", self.invisible_ms);
    v.field("pt", self.pop_ms);
    v.field("q", self.queue);
    v.field("r", self.retry_flag);
    v.field("rq", self.revive_queue);
    v.field("so", self.start_offset);
    v.field("t", self.topic);
  }
};
struct BatchAckMessageRequest {
  std::vector<BatchAck> acks{};
  std::string broker{};
  friend bool operator==(const BatchAckMessageRequest&, const BatchAckMessageRequest&) = default;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("acks", self.acks);
    v.field("brokerName", self.broker);
  }
};

}  // namespace mq::protocol
