#include "mq/broker/pop/waiters.hpp"

#include <algorithm>

#include "mq/broker/pop/receipt.hpp"

namespace mq::broker {

const PopWaiters::Group* PopWaiters::find_group(std::string_view group, std::string_view topic) const {
  const auto groups = topics_.find(topic);
  if (groups == topics_.end()) return nullptr;
  const auto kinds = groups->second.find(group);
  return kinds == groups->second.end() ? nullptr : &kinds->second;
}

std::size_t PopWaiters::waiting(std::string_view group, std::string_view topic, std::int32_t queue) const {
  const auto* const kinds = find_group(group, topic);
  if (kinds == nullptr) return 0;
  const auto ids = kinds->find(queue);
  return ids == kinds->end() ? 0 : ids->second.size();
}

bool PopWaiters::hold(Place place, Now deadline, net::ConnectionKey connection, Try attempt) {
  if (held_.size() >= kHeldMax || waiting(place.group, place.topic, place.queue) >= kHeldOfOneMax) {
    return false;
  }
  const Id id = ++last_id_;
  auto& kinds = topics_[place.topic][place.group];
  if (kinds.empty()) retry_of_[pop_retry_topic(place.group, place.topic)] = {place.group, place.topic};
  kinds[place.queue].push_back(id);
  deadlines_.insert({deadline, id});
  connections_.insert({connection, id});
  held_.emplace(id, Held{std::move(place), deadline, connection, std::move(attempt), false});
  return true;
}

PopWaiters::Held PopWaiters::remove(Id id) {
  auto node = held_.extract(id);
  auto held = std::move(node.mapped());
  deadlines_.erase({held.deadline, id});
  connections_.erase({held.connection, id});
  const auto groups = topics_.find(held.place.topic);
  const auto kinds = groups->second.find(held.place.group);
  const auto ids = kinds->second.find(held.place.queue);
  std::erase(ids->second, id);
  if (ids->second.empty()) kinds->second.erase(ids);
  if (!kinds->second.empty()) return held;
  retry_of_.erase(pop_retry_topic(held.place.group, held.place.topic));
  groups->second.erase(kinds);
  if (groups->second.empty()) topics_.erase(groups);
  return held;
}

void PopWaiters::wake_first(const Ids& ids) {
  for (const Id id : ids) {
    auto& held = held_.at(id);
    if (held.woken) continue;
    held.woken = true;
    ready_.push_back(id);
    return;
  }
}

void PopWaiters::wake_first(const Group& group, std::optional<std::int32_t> queue) {
  for (const auto& [wanted, ids] : group) {
    if (!queue || wanted < 0 || wanted == *queue) wake_first(ids);
  }
}

void PopWaiters::arrived(const QueueId& queue) {
  if (const auto groups = topics_.find(queue.topic); groups != topics_.end()) {
    for (const auto& [group, kinds] : groups->second) wake_first(kinds, queue.queue);
  }
  if (const auto retry = retry_of_.find(queue.topic); retry != retry_of_.end()) {
    if (const auto* kinds = find_group(retry->second.first, retry->second.second)) wake_first(*kinds, {});
  }
}

void PopWaiters::wake(std::string_view group, const QueueId& queue) {
  if (const auto* kinds = find_group(group, queue.topic)) return wake_first(*kinds, queue.queue);
  const auto retry = retry_of_.find(queue.topic);
  if (retry == retry_of_.end() || retry->second.first != group) return;
  if (const auto* kinds = find_group(group, retry->second.second)) wake_first(*kinds, {});
}

void PopWaiters::wake_next(const Place& place) {
  if (const auto* kinds = find_group(place.group, place.topic)) wake_first(*kinds, {});
}

void PopWaiters::drop(net::ConnectionKey connection) {
  auto row = connections_.lower_bound({connection, 0});
  while (row != connections_.end() && row->first == connection) {
    const Id id = row->second;
    ++row;
    const auto gone = remove(id);
    // It may have been woken for a message that now is another's to get.
    if (gone.woken) wake_next(gone.place);
  }
}

bool PopWaiters::serve(Now now, Now until) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto held = remove(deadlines_.begin()->second);
    if (held.attempt(true) == Tried::answered_saw_more) wake_next(held.place);
    if (std::chrono::steady_clock::now() >= until) return true;
  }
  while (!ready_.empty()) {
    const Id id = ready_.front();
    ready_.pop_front();
    const auto found = held_.find(id);
    if (found == held_.end()) continue;
    found->second.woken = false;
    const auto tried = found->second.attempt(false);
    if (tried == Tried::looks_on) {
      found->second.woken = true;
      ready_.push_back(id);
    } else if (tried != Tried::waits) {
      const auto held = remove(id);
      if (tried == Tried::answered_saw_more) wake_next(held.place);
    }
    if (std::chrono::steady_clock::now() >= until) return !ready_.empty();
  }
  return false;
}

std::optional<PopWaiters::Now> PopWaiters::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

}  // namespace mq::broker
