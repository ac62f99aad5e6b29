#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "mq/model/names.hpp"

namespace mq::client {

// Which queue the next message of a topic goes to: all in turn, but not to a broker that just failed
// as long as there is another.
class QueueSelector {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // Long enough to spare the next sends a time-out each, short enough to notice a quick restart.
  static constexpr std::chrono::seconds kAvoidFor{3};

  // `avoid` is the broker the previous attempt of the same send went to; empty at the first.
  // Pre: queues is not empty.
  const MessageQueue& pick(std::span<const MessageQueue> queues, std::string_view avoid, Time now);

  void failed(const std::string& broker, Time now) { avoid_until_[broker] = now + kAvoidFor; }
  void succeeded(const std::string& broker) { avoid_until_.erase(broker); }

 private:
  [[nodiscard]] bool is_avoided(const std::string& broker, Time now) const;

  std::map<std::string, std::size_t, std::less<>> turns_;  // by topic
  std::map<std::string, Time> avoid_until_;
};

// The queue of a sharding key: Java's String.hashCode() of the key, absolute value of the remainder by
// the number of queues. It is what the stock Java selector SelectMessageQueueByHash computes, so Java
// and C++ producers put a key on the same queue, and so does every process and every run.
// Pre: queues is not empty and in the order of MessageQueue.
const MessageQueue& shard(std::span<const MessageQueue> queues, std::string_view key);

}  // namespace mq::client
