#include "cli/duration.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace cli {
namespace {
using std::chrono::milliseconds;
using Unit = std::pair<std::string_view, std::int64_t>;
constexpr std::array kUnits{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                            Unit{"ms", 1}};
constexpr std::int64_t kLongestMs = 36'525LL * 86'400'000;

std::optional<std::int64_t> unit_ms(std::string_view name) {
  for (const auto& [unit, ms] : kUnits) {
    if (unit == name) return ms;
  }
  return std::nullopt;
}
}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    const auto name = text.substr(0, text.find_first_of("0123456789"));
    const auto unit = unit_ms(name);
    if (!unit || count > kLongestMs / *unit) return std::nullopt;
    total += count * *unit;
    if (total > kLongestMs) return std::nullopt;
    text.remove_prefix(name.size());
  }
  return milliseconds{total};
}

std::string format_duration(milliseconds duration) {
  std::int64_t left = duration.count();
  std::string text;
  for (const auto& [unit, ms] : kUnits) {
    if (left < ms) continue;
    text += std::to_string(left / ms);
    text += unit;
    left %= ms;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace cli
