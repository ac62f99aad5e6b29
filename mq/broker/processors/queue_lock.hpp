#pragma once
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/queue_locks.hpp"
#include "mq/protocol/bodies_group.hpp"

namespace mq::broker {

// LOCK_BATCH_MQ (41): which of these queues may the client consume in order? Renews what it has.
class LockQueues {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kLockBatchMq;
  static constexpr std::string_view kName = "LOCK_BATCH_MQ";
  using Request = FromBody<protocol::LockBatchRequest>;
  using Response = NoHeader;
  LockQueues(QueueLocks& locks, std::string broker) : locks_(locks), broker_(std::move(broker)) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  QueueLocks& locks_;
  std::string broker_;
};

// UNLOCK_BATCH_MQ (42): often one-way.
class UnlockQueues {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kUnlockBatchMq;
  static constexpr std::string_view kName = "UNLOCK_BATCH_MQ";
  using Request = FromBody<protocol::LockBatchRequest>;
  using Response = NoHeader;
  explicit UnlockQueues(QueueLocks& locks) : locks_(locks) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  QueueLocks& locks_;
};

}  // namespace mq::broker
