#include "mq/filter/selector.hpp"

#include <algorithm>

#include "mq/model/properties.hpp"

namespace mq::filter {
namespace {

bool is_null(const Value& value) { return std::holds_alternative<Null>(value); }
bool has_failed(const Value& value) { return std::holds_alternative<Failed>(value); }

Value negated(const Value& value) {
  if (const auto* number = std::get_if<std::int32_t>(&value)) return -*number;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return -*number;
  if (const auto* number = std::get_if<double>(&value)) return -*number;
  return has_failed(value) ? value : Value{};
}

// Java casts to Boolean where a condition is combined; the parser has seen to it that it is one, or NULL.
Value inverse_of(const Value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return !*truth;
  return value;
}

}  // namespace

bool Selector::matches(std::string_view properties) const {
  const auto answer = value_of(root_, properties);
  const auto* const truth = std::get_if<bool>(&answer);
  return truth != nullptr && *truth;
}

Value Selector::value_of(std::uint32_t index, std::string_view properties) const {
  const auto& node = nodes_[index];
  switch (node.kind) {
    case Kind::constant:
      return node.constant;
    case Kind::text:
      return std::string_view(node.text);
    case Kind::property: {
      const auto found = find_property(properties, node.text);
      return found ? Value(*found) : Value();
    }
    case Kind::negate:
      return negated(value_of(node.left, properties));
    case Kind::inverse:
      return inverse_of(value_of(node.left, properties));
    case Kind::truth_of: {
      // A property is a text, and a text is never true: NOT name means that it is there.
      const auto value = value_of(node.left, properties);
      return is_null(value) || has_failed(value) ? value : Value(false);
    }
    case Kind::any_of:
    case Kind::all_of:
      return logic(node, properties);
    case Kind::equal:
      return equality(node, properties);
    case Kind::less:
    case Kind::less_equal:
    case Kind::greater:
    case Kind::greater_equal:
      return order(node, properties);
    case Kind::contains:
    case Kind::starts_with:
    case Kind::ends_with:
      return search(node, value_of(node.left, properties));
    case Kind::in:
      return membership(node, value_of(node.left, properties));
  }
  return Failed{};
}

// The right side is not looked at when the left one decides: its failure is then nobody's business.
Value Selector::logic(const Node& node, std::string_view properties) const {
  const bool deciding = node.kind == Kind::any_of;
  const auto left = value_of(node.left, properties);
  if (has_failed(left) || left == Value(deciding)) return left;
  const auto right = value_of(node.right, properties);
  if (has_failed(right) || right == Value(deciding)) return right;
  return is_null(left) || is_null(right) ? Value() : Value(!deciding);
}

// Not symmetric: nothing = 'x' is unknown, but 'x' = nothing is false.
Value Selector::equality(const Node& node, std::string_view properties) const {
  const auto left = value_of(node.left, properties);
  if (has_failed(left)) return left;
  const auto right = value_of(node.right, properties);
  if (has_failed(right)) return right;
  if (is_null(left) && is_null(right)) return true;
  if (is_null(left)) return Null{};
  if (is_null(right)) return false;
  const auto order = compare(left, right);
  return order ? Value(*order == 0) : Value(Failed{});
}

Value Selector::order(const Node& node, std::string_view properties) const {
  const auto left = value_of(node.left, properties);
  if (is_null(left) || has_failed(left)) return left;
  const auto right = value_of(node.right, properties);
  if (is_null(right) || has_failed(right)) return right;
  // Two properties compare as numbers, never as texts.
  const auto number_of = [](const Value& value) -> Value {
    const auto number = parse_double(std::get<std::string_view>(value));
    return number ? Value(*number) : Value(Failed{});
  };
  const bool texts =
      std::holds_alternative<std::string_view>(left) && std::holds_alternative<std::string_view>(right);
  const auto a = texts ? number_of(left) : left;
  const auto b = texts ? number_of(right) : right;
  const auto found = has_failed(a) || has_failed(b) ? std::nullopt : compare(a, b);
  if (!found) return Failed{};
  switch (node.kind) {
    case Kind::less:
      return *found < 0;
    case Kind::less_equal:
      return *found <= 0;
    case Kind::greater:
      return *found > 0;
    default:
      return *found >= 0;
  }
}

// What is not there, or is no text, neither contains nor does not contain; and nothing contains ''.
Value Selector::search(const Node& node, const Value& in) {
  if (node.text.empty()) return false;
  if (has_failed(in)) return in;
  const auto* const text = std::get_if<std::string_view>(&in);
  if (text == nullptr) return false;
  bool found = false;
  if (node.kind == Kind::contains) found = text->contains(node.text);
  if (node.kind == Kind::starts_with) found = text->starts_with(node.text);
  if (node.kind == Kind::ends_with) found = text->ends_with(node.text);
  return found != node.inverted;
}

Value Selector::membership(const Node& node, const Value& of) {
  const auto* const text = std::get_if<std::string_view>(&of);
  if (text == nullptr) return Null{};
  return (std::ranges::find(node.texts, *text) != node.texts.end()) != node.inverted;
}

}  // namespace mq::filter
