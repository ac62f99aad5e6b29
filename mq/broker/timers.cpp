#include "mq/broker/timers.hpp"

#include <string>
#include <utility>

#include "mq/base/log.hpp"
#include "mq/broker/real_target.hpp"
#include "mq/model/properties.hpp"

namespace mq::broker {

void Timers::load(std::vector<storage::PendingTimer> pending) { due_.load(std::move(pending)); }

void Timers::add(std::int64_t due_ms, LogOffset origin) {
  due_.push({due_ms, origin});
  ++added_;
}

void Timers::carried(std::int64_t due_ms, std::optional<LogOffset> to) {
  due_.leave_one();
  if (to) due_.push({due_ms, *to});
}

std::optional<std::int64_t> Timers::next_due_ms() const {
  if (due_.empty()) return std::nullopt;
  return due_.top().due_ms;
}

std::vector<storage::PendingTimer> Timers::next(std::size_t max) const {
  return due_.next(max, [this](const storage::PendingTimer& timer) { return store_.is_carried(timer); });
}

bool Timers::deliver(std::chrono::steady_clock::time_point until) {
  due_.tidy([this](const storage::PendingTimer& timer) { return store_.is_carried(timer); });
  if (due_.empty()) return false;
  const auto now_ms = base::to_millis(clock_.now());
  while (!due_.empty() && due_.top().due_ms <= now_ms) {
    if (due_.top().origin >= store_.durable()) return false;  // its sync makes the next pass
    if (store_.is_carried(due_.top())) {
      due_.pop_left();
    } else {
      // The store is full of undurable bytes or the disk is full: the next pass tries again.
      if (deliver_one(due_.top()) == Delivery::later) return false;
      due_.pop();
    }
    if (std::chrono::steady_clock::now() >= until) return !due_.empty() && due_.top().due_ms <= now_ms;
  }
  return false;
}

// DELAY, REAL_TOPIC and REAL_QID stay in the property string, as upstream leaves them: consumers ignore
// them and tests count them (rocketmq-wire.md 4.7).
Timers::Delivery Timers::deliver_one(const storage::PendingTimer& timer) {
  if (recalls_.contains(timer.origin)) {
    return recalls_.drop(timer.origin) ? Delivery::done : Delivery::later;
  }
  record_.clear();
  if (const auto read = store_.read_record(timer.origin, record_); !read) {
    const bool rotten = read.error() == boost::system::errc::bad_message ||
                        read.error() == boost::system::errc::invalid_argument ||
                        read.error() == boost::system::errc::result_out_of_range;
    return rotten ? give_up(timer.origin, read.error().message())
                  : hold(timer.origin, read.error().message());
  }
  const auto decoded = decode_record(record_);
  if (!decoded) return give_up(timer.origin, decoded.error().message());
  auto record = decoded->record;
  const auto target = real_target(record.properties);
  if (!target) return give_up(timer.origin, "it does not say where to go");
  const auto now_ms = base::to_millis(clock_.now());
  const bool by_timer = record.topic == kTimerTopic;
  record.topic = target->topic;
  record.queue = target->queue;
  if (by_timer) {
    properties_.assign(record.properties);
    set_property(properties_, property::kTimerEnqueueMs, std::to_string(record.store_ms));
    set_property(properties_, property::kTimerDequeueMs, std::to_string(now_ms));
    // Near the limit of the property string the bookkeeping is what gives way.
    if (properties_.size() <= kPropertiesSizeMax) record.properties = properties_;
  }
  const auto appended =
      store_.append(record, now_ms, {.timer_origin = timer.origin, .body_at = timer.origin});
  if (appended.refused == storage::Refused::too_large) {
    return hold(timer.origin, "it does not fit the log; start with larger segments");
  }
  if (appended.refused != storage::Refused::none) return Delivery::later;
  ++delivered_;
  return Delivery::done;
}

Timers::Delivery Timers::give_up(LogOffset origin, std::string_view why) {
  base::log("timers")->error("a due message is damaged and cannot be delivered log_offset={} error={}",
                             origin.value(), why);
  ++damaged_;
  return Delivery::done;
}

Timers::Delivery Timers::hold(LogOffset origin, std::string_view why) {
  if (std::exchange(held_, origin) != origin) {
    base::log("timers")->error(
        "a due message cannot be delivered now; it and all later ones wait "
        "log_offset={} error={}",
        origin.value(), why);
  }
  return Delivery::later;
}

}  // namespace mq::broker
