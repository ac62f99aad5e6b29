#include "mq/broker/timers.hpp"

#include <charconv>
#include <string>

#include "mq/base/log.hpp"
#include "mq/model/properties.hpp"

namespace mq::broker {

void Timers::load(std::vector<storage::PendingTimer> pending) {
  due_ = decltype(due_)(Later{}, std::move(pending));
}

void Timers::add(std::int64_t due_ms, LogOffset origin) {
  due_.push({due_ms, origin});
  ++added_;
}

std::optional<std::int64_t> Timers::next_due_ms() const {
  if (due_.empty()) return std::nullopt;
  return due_.top().due_ms;
}

bool Timers::deliver(std::chrono::steady_clock::time_point until) {
  if (due_.empty()) return false;
  const auto now_ms = base::to_millis(clock_.now());
  while (!due_.empty() && due_.top().due_ms <= now_ms) {
    if (due_.top().origin >= store_.durable()) return false;  // its sync makes the next pass
    // The store is full of undurable bytes or the disk is full: the next pass tries again.
    if (deliver_one(due_.top()) == Delivery::later) return false;
    due_.pop();
    if (std::chrono::steady_clock::now() >= until) return !due_.empty() && due_.top().due_ms <= now_ms;
  }
  return false;
}

// DELAY, REAL_TOPIC and REAL_QID stay in the property string, as upstream leaves them: consumers ignore
// them and tests count them (rocketmq-wire.md 4.7).
Timers::Delivery Timers::deliver_one(const storage::PendingTimer& timer) {
  record_.clear();
  if (const auto read = store_.read_record(timer.origin, record_); !read) {
    base::log("timers")->error("a due message cannot be read and is dropped log_offset={} error={}",
                               timer.origin.value(), read.error().message());
    return Delivery::done;
  }
  const auto decoded = decode_record(record_);
  if (!decoded) {
    base::log("timers")->error("a due message is damaged and is dropped log_offset={} error={}",
                               timer.origin.value(), decoded.error().message());
    return Delivery::done;
  }
  auto record = decoded->record;
  const auto topic = find_property(record.properties, property::kRealTopic);
  const auto queue_text = find_property(record.properties, property::kRealQueueId).value_or("0");
  if (!topic) {
    base::log("timers")->error("a due message names no topic and is dropped log_offset={}",
                               timer.origin.value());
    return Delivery::done;
  }
  const auto now_ms = base::to_millis(clock_.now());
  const bool by_timer = record.topic == kTimerTopic;
  record.topic = *topic;
  record.queue = 0;
  std::from_chars(queue_text.data(), queue_text.data() + queue_text.size(), record.queue);
  if (by_timer) {
    properties_.assign(record.properties);
    set_property(properties_, property::kTimerEnqueueMs, std::to_string(record.store_ms));
    set_property(properties_, property::kTimerDequeueMs, std::to_string(now_ms));
    // Near the limit of the property string the bookkeeping is what gives way.
    if (properties_.size() <= kPropertiesSizeMax) record.properties = properties_;
  }
  const auto appended = store_.append(record, now_ms, {.timer_due_ms = {}, .timer_origin = timer.origin});
  if (appended.refused == storage::Refused::too_large) {
    base::log("timers")->error("a due message does not fit the log and is dropped log_offset={}",
                               timer.origin.value());
    return Delivery::done;
  }
  if (appended.refused != storage::Refused::none) return Delivery::later;
  ++delivered_;
  return Delivery::done;
}

}  // namespace mq::broker
