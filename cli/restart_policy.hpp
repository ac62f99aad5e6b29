#pragma once
#include <chrono>
#include <deque>
#include <optional>

namespace cli {

// When a process that died is started again: after 1, 2, then 4 s; not any more after its fifth death
// within a minute. A minute without a death starts anew.
class RestartPolicy {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // How long to wait, or nothing: give up.
  std::optional<std::chrono::seconds> died(Instant now);

 private:
  std::deque<Instant> deaths_;
};

}  // namespace cli
