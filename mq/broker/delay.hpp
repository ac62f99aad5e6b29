#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/broker/answer.hpp"

namespace mq::broker {

// The table behind property DELAY: level n (1 …) waits levels[n - 1] milliseconds.
class DelayLevels {
 public:
  static constexpr std::string_view kUpstream = "1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h";

  // "1s 5s 10s": whole numbers with s, m, h or d, separated by blanks. Nothing when it is not that.
  static std::optional<DelayLevels> parse(std::string_view text);

  [[nodiscard]] int count() const { return static_cast<int>(levels_ms_.size()); }
  // Level above the last: the last. Pre: level > 0.
  [[nodiscard]] int clamp(int level) const { return level > count() ? count() : level; }
  [[nodiscard]] std::int64_t wait_ms(int level) const {
    return levels_ms_[static_cast<std::size_t>(clamp(level) - 1)];
  }

 private:
  std::vector<std::int64_t> levels_ms_;
};

// The properties of a message that say when it is to be delivered.
struct DelayWish {
  std::optional<std::string_view> level = {};
  std::optional<std::string_view> timer_delay_sec = {};
  std::optional<std::string_view> timer_delay_ms = {};
  std::optional<std::string_view> timer_deliver_ms = {};
  [[nodiscard]] bool any() const { return level || timer_delay_sec || timer_delay_ms || timer_deliver_ms; }
};

// What the broker makes of it (rocketmq-wire.md 4.7, 4.8).
struct DelayPlan {
  int level = 0;            // > 0: one of the levels
  std::int64_t due_ms = 0;  // 0: deliver at once
  bool timer = false;       // due by a timer property
  Verdict refused;          // code != 0: message illegal
};
DelayPlan plan_delay(const DelayWish& wish, const DelayLevels& levels, std::int64_t now_ms,
                     std::int64_t timer_max_ms);

}  // namespace mq::broker
