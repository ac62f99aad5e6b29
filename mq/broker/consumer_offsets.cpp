#include "mq/broker/consumer_offsets.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace mq::broker {
namespace {
constexpr std::string_view kPrefix = "offset/";

template <class Number>
bool parse_number(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size();
}
}  // namespace

// Names of groups and topics have no slash, so the key is unambiguous.
std::string ConsumerOffsets::meta_key(const Key& key) {
  std::string text(kPrefix);
  text.append(key.group).append("/").append(key.queue.topic).append("/");
  return text.append(std::to_string(key.queue.queue));
}

void ConsumerOffsets::load(const Metadata& metadata) {
  for (const auto& [key, value] : metadata) {
    if (!key.starts_with(kPrefix)) continue;
    const std::string_view rest = std::string_view(key).substr(kPrefix.size());
    const auto first = rest.find('/');
    const auto last = rest.rfind('/');
    if (first == std::string_view::npos || first == last) continue;
    QueueId queue{std::string(rest.substr(first + 1, last - first - 1)), 0};
    std::int64_t offset = 0;
    if (!parse_number(rest.substr(last + 1), queue.queue) || !parse_number(value, offset)) continue;
    groups_[std::string(rest.substr(0, first))][queue].committed = QueueOffset{offset};
  }
}

ConsumerOffsets::Position& ConsumerOffsets::position(std::string_view group, const QueueId& queue) {
  auto found = groups_.find(group);
  if (found == groups_.end()) found = groups_.emplace(std::string(group), Queues{}).first;
  return found->second[queue];
}

bool ConsumerOffsets::commit(std::string_view group, const QueueId& queue, QueueOffset offset) {
  auto& stands = position(group, queue);
  if (stands.moved) return false;
  if (stands.committed == offset) return true;
  stands.committed = offset;
  dirty_.insert({std::string(group), queue});
  return true;
}

void ConsumerOffsets::reset(std::string_view group, const QueueId& queue, QueueOffset offset) {
  position(group, queue).moved = false;
  commit(group, queue, offset);
  position(group, queue).moved = true;
}

std::optional<QueueOffset> ConsumerOffsets::take_reset(std::string_view group, const QueueId& queue) {
  const auto queues = groups_.find(group);
  if (queues == groups_.end()) return std::nullopt;
  const auto found = queues->second.find(queue);
  if (found == queues->second.end() || !std::exchange(found->second.moved, false)) return std::nullopt;
  return found->second.committed;
}

std::optional<QueueOffset> ConsumerOffsets::find(std::string_view group, const QueueId& queue) const {
  const auto queues = groups_.find(group);
  if (queues == groups_.end()) return std::nullopt;
  const auto position = queues->second.find(queue);
  return position == queues->second.end() ? std::nullopt : position->second.committed;
}

void ConsumerOffsets::pulled(std::string_view group, const QueueId& queue, QueueOffset next) {
  position(group, queue).pulled = next;
}

std::optional<QueueOffset> ConsumerOffsets::find_pulled(std::string_view group, const QueueId& queue) const {
  const auto queues = groups_.find(group);
  if (queues == groups_.end()) return std::nullopt;
  const auto position = queues->second.find(queue);
  return position == queues->second.end() ? std::nullopt : position->second.pulled;
}

std::optional<ConsumerOffsets::Standing> ConsumerOffsets::next(std::string_view group,
                                                               const QueueId& queue) const {
  const auto queues = groups_.find(group);
  if (queues == groups_.end()) return std::nullopt;
  const auto row = queues->second.upper_bound(queue);
  if (row == queues->second.end()) return std::nullopt;
  return Standing{row->first, row->second.committed, row->second.pulled};
}

std::vector<std::string> ConsumerOffsets::topics_of(std::string_view group) const {
  std::vector<std::string> topics;
  const auto queues = groups_.find(group);
  if (queues == groups_.end()) return topics;
  const auto& all = queues->second;
  for (auto row = all.begin(); row != all.end();) {
    if (!row->second.committed) {
      ++row;
      continue;
    }
    topics.push_back(row->first.topic);
    row = all.upper_bound({row->first.topic, std::numeric_limits<std::int32_t>::max()});
  }
  return topics;
}

std::vector<std::string> ConsumerOffsets::groups_of(std::string_view topic) const {
  std::vector<std::string> groups;
  for (const auto& [group, queues] : groups_) {
    const auto consumed = [&](const auto& row) { return row.first.topic == topic && row.second.committed; };
    if (std::ranges::any_of(queues, consumed)) groups.push_back(group);
  }
  std::ranges::sort(groups);
  return groups;
}

void ConsumerOffsets::forget(const std::string& group, const Queues& queues) {
  for (const auto& [queue, position] : queues) {
    if (position.committed) dirty_.insert({group, queue});
  }
}

void ConsumerOffsets::remove_group(std::string_view group) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  forget(found->first, found->second);
  groups_.erase(found);
}

void ConsumerOffsets::remove_topic(std::string_view topic) {
  for (auto& [group, queues] : groups_) {
    for (auto row = queues.begin(); row != queues.end();) {
      if (row->first.topic != topic) {
        ++row;
        continue;
      }
      if (row->second.committed) dirty_.insert({group, row->first});
      row = queues.erase(row);
    }
  }
}

base::Result<LogOffset> ConsumerOffsets::flush_some(std::size_t max) {
  std::vector<storage::MetaChange> changes;
  auto row = dirty_.begin();
  for (; row != dirty_.end() && changes.size() < max; ++row) {
    const auto offset = find(row->group, row->queue);
    changes.push_back(
        {meta_key(*row), offset ? std::optional(std::to_string(offset->value())) : std::nullopt});
  }
  if (changes.empty()) return store_.durable();
  const auto end = store_.put_meta(changes);
  if (end) dirty_.erase(dirty_.begin(), row);
  return end;
}

bool ConsumerOffsets::flush_if_due(std::chrono::steady_clock::time_point now) {
  if (!due(now)) return false;
  if (flush_some(kFlushMax) && !dirty_.empty()) return true;
  next_flush_ = now + kFlushEvery;
  return false;
}

base::Result<LogOffset> ConsumerOffsets::flush_all() {
  auto end = flush_some(kFlushMax);
  while (end && !dirty_.empty()) end = flush_some(kFlushMax);
  return end;
}

}  // namespace mq::broker
