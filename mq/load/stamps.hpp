#pragma once
#include <cstdint>
#include <string_view>

#include "mq/load/histogram.hpp"

namespace mq::load {

// Nanoseconds since 1970: what stamps and due times are told in, and what brokers compare due times with.
std::int64_t now_ns();

// A message says in its body when it was meant to be sent or delivered: this, and 19 digits.
inline constexpr std::string_view kStampWord = "sluice-stamp=";
inline constexpr std::size_t kStampDigits = 19;

// The messages that came, and how long after their stamps. It finds the stamps in what a server sent whatever
// the protocol around them is, so that every broker is judged by the same few instructions.
class Arrivals {
 public:
  // Whole answers or deliveries, which came at `now`. How many messages stand in them.
  std::uint64_t see(std::string_view text, std::int64_t now);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Of those that came at their stamp or after it.
  [[nodiscard]] const Histogram& late() const { return late_; }
  [[nodiscard]] std::uint64_t early() const { return early_; }
  [[nodiscard]] std::int64_t last_ns() const { return last_ns_; }  // when the last one came; 0: none
  // Forgets what came, as before another slice.
  void clear() { *this = Arrivals(); }

 private:
  Histogram late_;
  std::uint64_t count_ = 0, early_ = 0;
  std::int64_t last_ns_ = 0;
};

}  // namespace mq::load
