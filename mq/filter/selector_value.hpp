#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

// The values of a selector and how they compare. The types are Java's, because they decide what a property's
// text is read as: "3.5" next to 3 is no number, next to 3.0 it is one.
namespace mq::filter {

// NULL in SQL: a property that is not there.
using Null = std::monostate;
// What Java answers with an exception: a text that is no number where one is needed. It ends the evaluation.
struct Failed {
  friend bool operator==(Failed, Failed) = default;
};
using Value = std::variant<Null, Failed, bool, std::int32_t, std::int64_t, double, std::string_view>;

// Negative, zero or positive. A text next to a number or a boolean is read as one. Values that never compare
// are unequal, and count as less. Nothing: Failed. Pre: neither is Null or Failed.
std::optional<int> compare(const Value& left, const Value& right);

// As Java's Integer, Long and Double.valueOf() read them; nothing where those throw.
std::optional<std::int32_t> parse_int(std::string_view text);
std::optional<std::int64_t> parse_long(std::string_view text);
std::optional<double> parse_double(std::string_view text);

}  // namespace mq::filter
