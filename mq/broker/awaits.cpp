#include "mq/broker/awaits.hpp"

#include <algorithm>
#include <utility>

#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"

namespace mq::broker {
namespace {

constexpr std::size_t kEntriesAtOnce = 64;

bool has_word(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const auto blank = std::min(words.find(' '), words.size());
    if (words.substr(0, blank) == wanted) return true;
    words.remove_prefix(std::min(blank + 1, words.size()));
  }
  return false;
}

bool matches(const AwaitQuery& query, std::string_view properties) {
  const auto value = [&](std::string_view name) { return find_property(properties, name).value_or(""); };
  if (!query.tag.empty() && value(property::kTags) != query.tag) return false;
  return query.key.empty() || value(property::kUniqueKey) == query.key ||
         has_word(value(property::kKeys), query.key);
}

}  // namespace

void Awaits::add(AwaitQuery query, Then then) {
  if (waiting_.size() >= kWaitingMax) return then({.end = AwaitEnd::too_many, .records = {}, .behind = {}});
  waiting_.push_back({.query = std::move(query), .then = std::move(then)});
}

std::int32_t Awaits::queues_of(std::string_view topic) const {
  const auto* const config = shared_.topics.find(topic);
  return config == nullptr ? 0 : std::max(config->read_queues, config->write_queues);
}

void Awaits::take(Waiting& waiting, const storage::QueueEntry& entry) {
  record_.clear();
  if (!shared_.store.read_record(entry.at, record_)) return;
  const auto decoded = decode_record(record_);
  if (!decoded || !matches(waiting.query, decoded->record.properties)) return;
  auto& found = waiting.found;
  ++found.count;
  if (found.records.size() == kRecordsMax || waiting.bytes + record_.size() > kBytesMax) return;
  waiting.bytes += record_.size();
  found.records.push_back(record_);
}

bool Awaits::look(Waiting& waiting, Now until) {
  const auto queues = queues_of(waiting.query.topic);
  while (waiting.looked.size() < static_cast<std::size_t>(queues)) {
    const QueueId queue{waiting.query.topic, static_cast<std::int32_t>(waiting.looked.size())};
    waiting.looked.push_back(shared_.store.min_offset(queue));
  }
  for (std::int32_t number = 0; number < queues; ++number) {
    const QueueId queue{waiting.query.topic, number};
    auto& looked = waiting.looked[static_cast<std::size_t>(number)];
    while (looked < shared_.store.max_offset(queue)) {
      const auto entries = shared_.store.entries(queue, looked, kEntriesAtOnce);
      if (!entries || entries->empty()) break;
      for (const auto& entry : *entries) {
        if (std::chrono::steady_clock::now() >= until) return true;
        take(waiting, entry);
        looked = mq::next(entry.offset);
      }
    }
  }
  return false;
}

std::int64_t Awaits::behind(const std::string& group, const std::string& topic) const {
  std::int64_t total = 0;
  const auto queues = queues_of(topic);
  for (std::int32_t number = 0; number < queues; ++number) {
    const QueueId queue{topic, number};
    const auto min = shared_.store.min_offset(queue);
    const auto done = std::max(shared_.offsets.find(group, queue).value_or(min), min);
    total += std::max<std::int64_t>(shared_.store.max_offset(queue).value() - done.value(), 0);
  }
  return total;
}

void Awaits::ask_members(const std::string& group, const std::string& topic) {
  for (std::int32_t number = 0; number < queues_of(topic); ++number)
    shared_.polls.wake({topic, number}, group);
}

bool Awaits::is_reached(Waiting& waiting, Now now) {
  const auto& query = waiting.query;
  const bool all_here = waiting.found.count >= query.count;
  if (query.group.empty()) return all_here;
  const auto retry = retry_topic(query.group);
  const auto left = behind(query.group, query.topic) + behind(query.group, retry);
  waiting.found.behind = left;
  if (left > 0 && now >= waiting.ask_again) {
    waiting.ask_again = now + kAskAgain;
    ask_members(query.group, query.topic);
    ask_members(query.group, retry);
  }
  return all_here && left == 0;
}

bool Awaits::serve(Now now, Now until) {
  for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
    const bool more = look(*waiting, until);
    const bool reached = !more && is_reached(*waiting, now);
    if (!reached && now < waiting->query.deadline) {
      if (more) return true;
      ++waiting;
      continue;
    }
    waiting->found.end = reached ? AwaitEnd::reached : AwaitEnd::late;
    auto answered = std::move(*waiting);
    waiting = waiting_.erase(waiting);
    answered.then(std::move(answered.found));
  }
  return false;
}

void Awaits::give_up(AwaitEnd why) {
  for (auto& waiting : std::exchange(waiting_, {})) {
    waiting.found.end = why;
    waiting.then(std::move(waiting.found));
  }
}

std::optional<Awaits::Now> Awaits::next() const {
  std::optional<Now> next;
  for (const auto& waiting : waiting_) {
    auto at = waiting.query.deadline;
    if (waiting.found.behind.value_or(0) > 0) at = std::min(at, waiting.ask_again);
    if (!next || at < *next) next = at;
  }
  return next;
}

}  // namespace mq::broker
