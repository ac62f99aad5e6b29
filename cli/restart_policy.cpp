#include "cli/restart_policy.hpp"

#include <algorithm>

namespace cli {
namespace {
constexpr std::size_t kDeathsMax = 5;
constexpr std::chrono::minutes kWindow{1};
constexpr std::chrono::seconds kLongestPause{4};
}  // namespace

std::optional<std::chrono::seconds> RestartPolicy::died(Instant now) {
  while (!deaths_.empty() && now - deaths_.front() >= kWindow) deaths_.pop_front();
  deaths_.push_back(now);
  if (deaths_.size() >= kDeathsMax) return std::nullopt;
  return std::min(kLongestPause, std::chrono::seconds{1 << (deaths_.size() - 1)});
}

}  // namespace cli
