#include "sandbox/channel_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>

#include "mq/net/http.hpp"

namespace sandbox {
namespace {

constexpr std::chrono::hours kZone{8};

}  // namespace

std::string text_to_sign(const std::map<std::string, std::string>& form, std::string_view without_1,
                         std::string_view without_2) {
  std::string text;
  for (const auto& [key, value] : form) {
    if (value.empty() || key == without_1 || key == without_2) continue;
    if (!text.empty()) text += '&';
    text.append(key).append("=").append(value);
  }
  return text;
}

std::string format_channel_time(base::Time at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at + kZone);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(seconds.time_since_epoch().count()));
}

std::optional<base::Time> parse_channel_time(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00 00:00:00";
  if (text.size() != kShape.size()) return std::nullopt;
  std::array<int, 6> parts{};
  std::size_t part = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (digit != (kShape[i] == '0') || (!digit && text[i] != kShape[i])) return std::nullopt;
    if (!digit) {
      ++part;
      continue;
    }
    parts.at(part) = parts.at(part) * 10 + (text[i] - '0');
  }
  const std::chrono::year_month_day date{std::chrono::year{parts[0]},
                                         std::chrono::month{static_cast<unsigned>(parts[1])},
                                         std::chrono::day{static_cast<unsigned>(parts[2])}};
  if (!date.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return std::nullopt;
  return base::Time{std::chrono::sys_days{date}} + std::chrono::hours{parts[3]} +
         std::chrono::minutes{parts[4]} + std::chrono::seconds{parts[5]} - kZone;
}

std::string encode_form(const std::map<std::string, std::string>& form) {
  std::string text;
  for (const auto& [key, value] : form) {
    text += (text.empty() ? "" : "&") + mq::net::url_encode(key) + "=" + mq::net::url_encode(value);
  }
  return text;
}

}  // namespace sandbox
