#pragma once
#include <boost/asio/awaitable.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mq/client/core.hpp"

namespace mq::client {

// The brokers' queue locks of an orderly group (rocketmq-wire.md 4.10). Brokers hold a lock for 60 s
// after it was last asked for; a client renews its own in time and trusts it for less.
class QueueLocks {
 public:
  QueueLocks(Client::Core& core, std::string group) : core_(core), group_(std::move(group)) {}

  // Those of `queues` that are ours now. Nothing: their broker could not be asked.
  // Pre: all queues are of one broker.
  boost::asio::awaitable<std::optional<std::set<MessageQueue>>> lock(std::vector<MessageQueue> queues);
  // Best effort; a lock that is not given back frees itself.
  boost::asio::awaitable<void> unlock(std::vector<MessageQueue> queues, base::Deadline deadline);

 private:
  [[nodiscard]] protocol::Command request(std::int32_t code, std::vector<MessageQueue> queues) const;

  Client::Core& core_;
  std::string group_;
};

// By broker, since a lock request goes to one.
std::map<std::string, std::vector<MessageQueue>> by_broker(const std::vector<MessageQueue>& queues);

}  // namespace mq::client
