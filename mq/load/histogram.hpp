#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace mq::load {

// How often which duration occurred, in buckets at most 1.6 % wide: adding costs a few instructions, so that
// measuring does not slow down what is measured.
class Histogram {
 public:
  void add(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
    ++counts_[index_of(value)];
    ++count_;
    max_ = std::max(max_, value);
  }
  void add(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // The duration that a share `q` of all is not above, in nanoseconds; 0 when there is none.
  [[nodiscard]] double quantile(double q) const {
    const auto wanted =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(q * static_cast<double>(count_) + 0.999'999));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= wanted) return static_cast<double>(std::min(upper_end(i), max_));
    }
    return static_cast<double>(max_);
  }

 private:
  static constexpr unsigned kBits = 6;  // 64 buckets for each power of two
  static constexpr std::size_t kPerPower = std::size_t{1} << kBits;

  static std::size_t index_of(std::uint64_t value) {
    if (value < kPerPower) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return (shift + 1) * kPerPower + static_cast<std::size_t>((value >> shift) - kPerPower);
  }
  static std::uint64_t upper_end(std::size_t index) {
    if (index < kPerPower) return index;
    const auto shift = index / kPerPower - 1;
    return ((kPerPower + index % kPerPower + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - kBits + 1) * kPerPower> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace mq::load
