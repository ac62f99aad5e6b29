#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace mq::broker {

// How often something was how large, for a Prometheus histogram. `kBounds` are the upper bounds of the
// buckets, ascending and inclusive; what is larger counts in the last one, which has none.
//
// Thread rule: the hot thread; copies go anywhere.
template <const auto& kBounds>
class Histogram {
 public:
  static constexpr std::size_t kBuckets = kBounds.size();

  void add(double value) {
    const auto bucket = std::distance(kBounds.begin(), std::ranges::lower_bound(kBounds, value));
    ++buckets_[static_cast<std::size_t>(bucket)];
    sum_ += value;
  }
  // How many were not above this bound.
  [[nodiscard]] std::uint64_t at_most(std::size_t bound) const {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i <= bound; ++i) all += buckets_[i];
    return all;
  }
  [[nodiscard]] std::uint64_t count() const { return at_most(kBuckets); }
  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] static constexpr const auto& bounds() { return kBounds; }

 private:
  std::array<std::uint64_t, kBounds.size() + 1> buckets_{};
  double sum_ = 0;
};

// The bounds under upstream's names are upstream's.
inline constexpr std::array kSyncSeconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                         0.01,   0.025,   0.1,    0.5,   2.5};
inline constexpr std::array kMessageBytes{1024.0,        4096.0,        512 * 1024.0,
                                          1024 * 1024.0, 2048 * 1024.0, 4096 * 1024.0};
inline constexpr std::array kDecisionSeconds{5.0, 60.0, 600.0, 3600.0, 43200.0, 86400.0};
inline constexpr std::array kDelaySeconds{60.0, 600.0, 3600.0, 43200.0, 86400.0, 259200.0};

using SyncTimes = Histogram<kSyncSeconds>;
using MessageSizes = Histogram<kMessageBytes>;
using DecisionTimes = Histogram<kDecisionSeconds>;
using DelayTimes = Histogram<kDelaySeconds>;

}  // namespace mq::broker
