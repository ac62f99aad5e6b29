#include "mq/broker/queue_locks.hpp"

#include <algorithm>

namespace mq::broker {

bool QueueLocks::lock(std::string_view group, const QueueId& queue, std::string_view client, Now now) {
  auto found = groups_.find(group);
  if (found == groups_.end()) found = groups_.emplace(std::string(group), std::map<QueueId, Lock>{}).first;
  auto& lock = found->second[queue];
  const bool free = lock.client.empty() || now - lock.renewed > kLife;
  if (!free && lock.client != client) return false;
  lock = {std::string(client), now};
  return true;
}

void QueueLocks::unlock(std::string_view group, const QueueId& queue, std::string_view client) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  const auto lock = found->second.find(queue);
  if (lock == found->second.end() || lock->second.client != client) return;
  found->second.erase(lock);
  if (found->second.empty()) groups_.erase(found);
}

bool QueueLocks::any_held(std::string_view group, Now now) const {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return false;
  return std::ranges::any_of(found->second,
                             [&](const auto& row) { return now - row.second.renewed <= kLife; });
}

void QueueLocks::remove_group(std::string_view group) {
  if (const auto found = groups_.find(group); found != groups_.end()) groups_.erase(found);
}

}  // namespace mq::broker
