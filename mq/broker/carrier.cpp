#include "mq/broker/carrier.hpp"

#include <utility>

#include "mq/base/log.hpp"

namespace mq::broker {

bool Carrier::run(std::chrono::steady_clock::time_point until) {
  while (const auto held = store_.next_held()) {
    if (!carry(*held)) return false;
    if (std::chrono::steady_clock::now() >= until) return true;
  }
  return false;
}

bool Carrier::carry(const storage::MessageStore::Held& held) {
  if (!held.half && recalls_.contains(held.at)) {
    if (!recalls_.drop(held)) return false;
    timers_.carried(held.due_ms, {});
    return true;
  }
  const auto done = store_.carry(held, base::to_millis(clock_.now()));
  if (!done) {
    // The log has no room for it at the moment: nothing to tell.
    if (done.error() == boost::system::errc::resource_unavailable_try_again) return false;
    if (std::exchange(complained_, held.at) == held.at) return false;
    base::log("retention")
        ->error(
            "a {} cannot be carried forward, its part of the log stays until it is over log_offset={} "
            "error={}",
            held.half ? "half message" : "delayed message", held.at.value(), done.error().message());
    return false;
  }
  if (!held.half) timers_.carried(done->timer_due_ms, done->at);
  return true;
}

}  // namespace mq::broker
