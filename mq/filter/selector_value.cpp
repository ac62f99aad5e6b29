#include "mq/filter/selector_value.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <type_traits>

namespace mq::filter {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Int>
std::optional<Int> parse_integer(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  Int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Java's Double.compareTo(): -0.0 is below 0.0, NaN equals itself and is above all others.
int compare_doubles(double left, double right) {
  if (left < right) return -1;
  if (left > right) return 1;
  const auto order = [](double value) {
    return std::isnan(value) ? std::int64_t{0x7ff8000000000000} : std::bit_cast<std::int64_t>(value);
  };
  return order(left) < order(right) ? -1 : order(left) > order(right) ? 1 : 0;
}

template <class T>
int compare_plain(const T& left, const T& right) {
  return left < right ? -1 : right < left ? 1 : 0;
}

bool parse_boolean(std::string_view text) {
  constexpr std::string_view kTrue = "true";
  if (text.size() != kTrue.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != kTrue[i]) return false;
  }
  return true;
}

// What a text is read as next to a value of type T.
std::optional<std::int32_t> read_as(std::string_view text, std::int32_t) { return parse_int(text); }
std::optional<std::int64_t> read_as(std::string_view text, std::int64_t) { return parse_long(text); }
std::optional<double> read_as(std::string_view text, double) { return parse_double(text); }

using Order = std::optional<int>;

template <class Number>
Order compare_numbers(const Number& left, const Number& right) {
  if constexpr (std::is_same_v<Number, double>) {
    return compare_doubles(left, right);
  } else {
    return compare_plain(left, right);
  }
}

template <class Left, class Right>
Order compare_values(const Left& left, const Right& right) {
  constexpr bool kNumbers = std::is_arithmetic_v<Left> && std::is_arithmetic_v<Right>;
  constexpr bool kLeftText = std::is_same_v<Left, std::string_view>;
  constexpr bool kRightText = std::is_same_v<Right, std::string_view>;
  if constexpr (kNumbers && std::is_same_v<Left, Right>) {
    return compare_numbers(left, right);
  } else if constexpr (kNumbers && (std::is_same_v<Left, bool> || std::is_same_v<Right, bool>)) {
    return -1;
  } else if constexpr (kNumbers) {
    using Wide = std::common_type_t<Left, Right>;
    return compare_numbers(static_cast<Wide>(left), static_cast<Wide>(right));
  } else if constexpr (kLeftText && kRightText) {
    return compare_plain(left, right);
  } else if constexpr (kLeftText && std::is_same_v<Right, bool>) {
    return compare_plain(parse_boolean(left), right);
  } else if constexpr (kLeftText && std::is_arithmetic_v<Right>) {
    const auto number = read_as(left, right);
    return number ? compare_numbers(*number, right) : Order{};
  } else if constexpr (kRightText && std::is_arithmetic_v<Left> && !std::is_same_v<Left, bool>) {
    const auto number = read_as(right, left);
    return number ? compare_numbers(left, *number) : Order{};
  } else {
    return {};  // Java casts a boolean to a text here, and fails
  }
}

// What may stand before f or d: decimal digits with a point and an exponent, or the same in base 16.
bool is_number_text(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  std::size_t digits = 0, at = 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c) || (hex && lower >= 'a' && lower <= 'f')) {
      ++digits;
    } else if (c == '.' && !point) {
      point = true;
    } else {
      break;
    }
  }
  if (digits == 0) return false;
  if (at == text.size()) return !hex;  // a hexadecimal number needs its exponent
  if ((text[at] | 0x20) != (hex ? 'p' : 'e')) return false;
  ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  if (at == text.size()) return false;
  return text.find_first_not_of("0123456789", at) == std::string_view::npos;
}

}  // namespace

std::optional<int> compare(const Value& left, const Value& right) {
  return std::visit([](const auto& a, const auto& b) { return compare_values(a, b); }, left, right);
}

std::optional<std::int32_t> parse_int(std::string_view text) { return parse_integer<std::int32_t>(text); }
std::optional<std::int64_t> parse_long(std::string_view text) { return parse_integer<std::int64_t>(text); }

std::optional<double> parse_double(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto with_sign = [negative](double value) { return negative ? -value : value; };
  if (text == "NaN") return with_sign(std::nan(""));
  if (text == "Infinity") return with_sign(HUGE_VAL);
  if (!text.empty() && std::string_view("fFdD").contains(text.back())) text.remove_suffix(1);
  if (!is_number_text(text)) return std::nullopt;
  // Not from_chars(): it does not say whether a number out of range is too large or too small.
  return with_sign(std::strtod(std::string(text).c_str(), nullptr));
}

}  // namespace mq::filter
