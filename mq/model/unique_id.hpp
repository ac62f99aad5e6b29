#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "mq/base/clock.hpp"

namespace mq {

// The first millisecond of the month that holds `at` in the process's local time zone.
base::Time local_month_begin(base::Time at);

// Makes client message ids, the UNIQ_KEY property (rocketmq-wire.md 3.4): ip, pid, a number that tells
// generators of one process apart, milliseconds since the local month began, a counter. Tools decode the
// time to know where to search.
//
// Invariant: two ids of one generator differ unless 65536 are made within one millisecond.
// Thread rule: next() may be called from any thread.
class UniqueIds {
 public:
  struct Origin {
    std::array<std::uint8_t, 4> ip{};
    std::uint16_t process = 0;    // low half of the pid
    std::uint32_t generator = 0;  // Java puts a class loader's hash here; any number will do
  };
  using MonthBegin = std::function<base::Time(base::Time)>;

  UniqueIds(const Origin& origin, const base::Clock& clock, MonthBegin month_begin = local_month_begin);

  // 32 upper-case hex digits.
  std::string next();

 private:
  std::uint32_t month_millis(base::Time now);

  const base::Clock& clock_;
  const MonthBegin month_begin_;
  std::string prefix_;
  std::mutex mutex_;
  base::Time begin_{};
  base::Time valid_until_{};  // when to look at the calendar again
  std::uint16_t counter_ = 0;
};

}  // namespace mq
