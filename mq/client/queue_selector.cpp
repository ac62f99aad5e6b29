#include "mq/client/queue_selector.hpp"

#include <cstdlib>

#include "mq/base/assert.hpp"

namespace mq::client {

bool QueueSelector::is_avoided(const std::string& broker, Time now) const {
  const auto found = avoid_until_.find(broker);
  return found != avoid_until_.end() && found->second > now;
}

const MessageQueue& QueueSelector::pick(std::span<const MessageQueue> queues, std::string_view avoid,
                                        Time now) {
  BASE_ASSERT(!queues.empty(), "a caller without queues has nothing to pick");
  auto& turn = turns_[queues.front().topic];
  const auto start = turn++;
  const MessageQueue* other = nullptr;  // on another broker than the last attempt, though one that failed
  for (std::size_t i = 0; i < queues.size(); ++i) {
    const auto& queue = queues[(start + i) % queues.size()];
    if (queue.broker == avoid) continue;
    if (!is_avoided(queue.broker, now)) {
      turn = start + i + 1;  // so that the queues behind skipped ones do not get more than their share
      return queue;
    }
    if (other == nullptr) other = &queue;
  }
  return other != nullptr ? *other : queues[start % queues.size()];
}

const MessageQueue& shard(std::span<const MessageQueue> queues, std::string_view key) {
  BASE_ASSERT(!queues.empty(), "a caller without queues has nothing to pick");
  const auto remainder = tag_hash(key) % static_cast<std::int64_t>(queues.size());
  return queues[static_cast<std::size_t>(std::abs(remainder))];
}

}  // namespace mq::client
