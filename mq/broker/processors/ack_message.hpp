#pragma once
#include <cstdint>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/pop/ledger.hpp"
#include "mq/broker/pop/waiters.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/bodies_pop.hpp"
#include "mq/protocol/headers_pop.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// What the processors of this page work with (rocketmq-wire.md 4.11).
struct AckShared {
  const TopicTable& topics;
  const storage::MessageStore& store;
  PopLedger& ledger;
  PopWaiters& pops;  // those that the acknowledged message held back
};

// ACK_MESSAGE (200051): a popped message is done. A receipt that means nothing any more is accepted as well:
// its message will come, or has come, again.
class AckMessage {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kAckMessage;
  static constexpr std::string_view kName = "ACK_MESSAGE";
  using Request = protocol::AckMessageRequest;
  using Response = NoHeader;
  explicit AckMessage(const AckShared& shared) : shared_(shared) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  AckShared shared_;
};

// BATCH_ACK_MESSAGE (200151): many at once. What makes no sense is passed over, as upstream.
class BatchAckMessage {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kBatchAckMessage;
  static constexpr std::string_view kName = "BATCH_ACK_MESSAGE";
  using Request = FromBody<protocol::BatchAckMessageRequest>;
  using Response = NoHeader;
  explicit BatchAckMessage(const AckShared& shared) : shared_(shared) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  void acknowledge(const protocol::BatchAck& batch);
  AckShared shared_;
};

// CHANGE_MESSAGE_INVISIBLETIME (200053): a popped message stays invisible for another while, which may be 0.
// Its old receipt means nothing afterwards. One that meant nothing before is refused with 208.
class ChangeInvisibleTime {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kChangeMessageInvisibleTime;
  static constexpr std::string_view kName = "CHANGE_MESSAGE_INVISIBLETIME";
  using Request = protocol::ChangeInvisibleTimeRequest;
  using Response = protocol::ChangeInvisibleTimeResponse;
  explicit ChangeInvisibleTime(const AckShared& shared) : shared_(shared) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  AckShared shared_;
};

}  // namespace mq::broker
