#pragma once
#include <atomic>
#include <chrono>

#include "mq/base/clock.hpp"

namespace mq::testing {

// A business clock that stands still until the test moves it.
// Thread rule: any thread.
class ManualClock final : public base::Clock {
 public:
  explicit ManualClock(base::Time start = base::from_millis(1'700'000'000'000))
      : ms_(base::to_millis(start)) {}

  [[nodiscard]] base::Time now() const override { return base::from_millis(ms_.load()); }
  void advance(std::chrono::milliseconds by) { ms_ += by.count(); }
  void set(base::Time to) { ms_ = base::to_millis(to); }

 private:
  std::atomic<std::int64_t> ms_;
};

}  // namespace mq::testing
