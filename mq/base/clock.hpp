#pragma once
#include <chrono>
#include <cstdint>

namespace base {

// A point in business time, UTC, to the millisecond: what messages, deadlines and tokens carry.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

inline std::int64_t to_millis(Time at) { return at.time_since_epoch().count(); }
inline Time from_millis(std::int64_t ms) { return Time{std::chrono::milliseconds{ms}}; }

// The business clock: timestamps, delay due times, deadlines. Timeouts of I/O and anything else
// that must not jump use std::chrono::steady_clock and never this.
// Thread rule: now() may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace base
