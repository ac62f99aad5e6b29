#include "mq/protocol/field_text.hpp"

#include <charconv>

namespace mq::protocol {
namespace {

template <class Int>
bool parse_number(std::string_view text, Int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool is_true(std::string_view text) {
  static constexpr std::string_view kTrue = "true";
  if (text.size() != kTrue.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != kTrue[i]) return false;
  }
  return true;
}

}  // namespace

bool parse_field(std::string_view text, std::int32_t& value) { return parse_number(text, value); }
bool parse_field(std::string_view text, std::int64_t& value) { return parse_number(text, value); }
bool parse_field(std::string_view text, bool& value) {
  value = text == "1" || is_true(text);
  return true;
}
bool parse_field(std::string_view text, std::string& value) {
  value = text;
  return true;
}

std::string format_field(std::int32_t value) { return std::to_string(value); }
std::string format_field(std::int64_t value) { return std::to_string(value); }
std::string format_field(bool value) { return value ? "true" : "false"; }

std::string missing_field(std::string_view name) { return std::string(name).append(" is missing"); }

std::string bad_field(std::string_view name, std::string_view value) {
  return std::string(name).append(" is no number: ").append(value.substr(0, 32));
}

}  // namespace mq::protocol
