#include "order-service/domain/money.hpp"

#include <algorithm>
#include <charconv>

namespace order {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string to_yuan(Money amount) {
  const auto cents = amount.fen() % 100;
  return std::to_string(amount.fen() / 100) + (cents < 10 ? ".0" : ".") + std::to_string(cents);
}

std::optional<Money> parse_yuan(std::string_view text) {
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto cents = point == std::string_view::npos ? std::string_view{"00"} : text.substr(point + 1);
  if (!all_digits(whole) || whole.size() > 9 || !all_digits(cents) || cents.size() != 2) return std::nullopt;

  std::int64_t yuan = 0;
  std::int64_t rest = 0;
  std::from_chars(whole.data(), whole.data() + whole.size(), yuan);
  std::from_chars(cents.data(), cents.data() + cents.size(), rest);
  return Money::of_fen(yuan * 100 + rest);
}

}  // namespace order
