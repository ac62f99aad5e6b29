#include "mq/load/stamps.hpp"

#include <charconv>
#include <chrono>

namespace mq::load {

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::uint64_t Arrivals::see(std::string_view text, std::int64_t now) {
  std::uint64_t seen = 0;
  for (auto at = text.find(kStampWord); at != std::string_view::npos; at = text.find(kStampWord, at)) {
    at += kStampWord.size();
    const auto digits = text.substr(at, kStampDigits);
    std::int64_t stamp = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), stamp);
    if (read.ec != std::errc{} || read.ptr != digits.data() + kStampDigits) continue;
    ++seen;
    if (now < stamp) {
      ++early_;
    } else {
      late_.add(now - stamp);
    }
  }
  if (seen > 0) last_ns_ = now;
  count_ += seen;
  return seen;
}

}  // namespace mq::load
