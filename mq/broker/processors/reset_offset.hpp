#pragma once
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/long_polls.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/headers_offset.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// INVOKE_BROKER_TO_RESET_OFFSET (222): a group goes on from another place, whether its consumers run or not
// (rocketmq-wire.md 4.13, server side). A consumer that runs learns it from its next pull of the queue; until
// then the broker overhears its commits. Answered when the new offsets are durable.
class ResetOffset {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kResetOffset;
  static constexpr std::string_view kName = "INVOKE_BROKER_TO_RESET_OFFSET";
  using Request = protocol::ResetOffsetRequest;
  using Response = NoHeader;

  struct Shared {  // what it works with
    const TopicTable& topics;
    const GroupTable& groups;
    const storage::MessageStore& store;
    ConsumerOffsets& offsets;
    LongPolls& polls;
    DurableWaits& waits;
  };
  ResetOffset(const Shared& shared, std::string broker) : shared_(shared), broker_(std::move(broker)) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  [[nodiscard]] base::Result<QueueOffset> target(const Request& request, const QueueId& queue) const;

  Shared shared_;
  std::string broker_;
};

// CLONE_GROUP_OFFSET (314): a group begins where another one stands.
class CloneOffsets {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kCloneGroupOffset;
  static constexpr std::string_view kName = "CLONE_GROUP_OFFSET";
  using Request = protocol::CloneGroupOffsetRequest;
  using Response = NoHeader;

  struct Shared {  // what it works with
    const TopicTable& topics;
    const ClientRegistry& clients;
    ConsumerOffsets& offsets;
    DurableWaits& waits;
  };
  explicit CloneOffsets(const Shared& shared) : shared_(shared) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  Shared shared_;
};

}  // namespace mq::broker
