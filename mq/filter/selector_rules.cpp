#include <utility>

#include "mq/filter/selector_parser.hpp"

// What may stand where, beyond the grammar, and how the nodes are made.
namespace mq::filter {

SelectorParser::Index SelectorParser::ordered(Kind kind, std::uint32_t left, std::uint32_t right) {
  if (!may_be_ordered(left) || !may_be_ordered(right)) return {};
  return add(kind, left, right);
}

bool SelectorParser::may_be_ordered(std::uint32_t index) {
  const auto constant = constant_at(index);
  const bool number = std::holds_alternative<std::int32_t>(constant) ||
                      std::holds_alternative<std::int64_t>(constant) ||
                      std::holds_alternative<double>(constant);
  if (number || !(is_constant(index) || is_condition(index))) return true;
  fail("only numbers and properties can be less or greater");
  return false;
}

SelectorParser::Index SelectorParser::equal(std::uint32_t left, std::uint32_t right) {
  for (const auto side : {left, right}) {
    if (is_constant(side) && std::holds_alternative<Null>(constant_at(side))) {
      return fail("nothing equals NULL; say IS NULL");
    }
  }
  if (is_constant(left) && is_constant(right) && is_condition(left) && !is_condition(right)) {
    return fail("a boolean does not compare with a number or a text");
  }
  return add(Kind::equal, left, right);
}

SelectorParser::Index SelectorParser::inverse(Index of) { return of ? add(Kind::inverse, *of) : of; }

SelectorParser::Index SelectorParser::condition(Index index) {
  if (!index || is_condition(*index)) return index;
  if (selector_.nodes_[*index].kind == Kind::property) return add(Kind::truth_of, *index);
  return fail("a condition is needed, not a value");
}

bool SelectorParser::is_constant(std::uint32_t index) const {
  const auto kind = selector_.nodes_[index].kind;
  return kind == Kind::constant || kind == Kind::text;
}

bool SelectorParser::is_condition(std::uint32_t index) const {
  const auto& node = selector_.nodes_[index];
  switch (node.kind) {
    case Kind::constant:
      return std::holds_alternative<Null>(node.constant) || std::holds_alternative<bool>(node.constant);
    case Kind::text:
    case Kind::property:
    case Kind::negate:
      return false;
    default:
      return true;
  }
}

Value SelectorParser::constant_at(std::uint32_t index) const {
  const auto& node = selector_.nodes_[index];
  return node.kind == Kind::text ? Value(std::string_view(node.text)) : node.constant;
}

bool SelectorParser::take_symbol(std::string_view symbol) {
  if (!lexer_.peek().is(TokenKind::symbol, symbol)) return false;
  lexer_.take();
  return true;
}

bool SelectorParser::take_word(std::string_view word) {
  if (!lexer_.peek().is(TokenKind::word, word)) return false;
  lexer_.take();
  return true;
}

std::optional<std::string> SelectorParser::take_string() {
  if (lexer_.peek().kind != TokenKind::string) {
    expected("a text in single quotes");
    return std::nullopt;
  }
  return unquoted(lexer_.take().text);
}

SelectorParser::Index SelectorParser::add(Node node) {
  selector_.nodes_.push_back(std::move(node));
  return static_cast<std::uint32_t>(selector_.nodes_.size() - 1);
}

SelectorParser::Index SelectorParser::add(Kind kind, std::uint32_t left, std::uint32_t right) {
  Node node;
  node.kind = kind;
  node.left = left;
  node.right = right;
  return add(std::move(node));
}

SelectorParser::Index SelectorParser::fail(std::string why) {
  if (problem_.empty()) problem_ = std::move(why);
  return {};
}

SelectorParser::Index SelectorParser::expected(std::string_view what) {
  const auto& found = lexer_.peek();
  std::string why = "expected " + std::string(what) + " at character " + std::to_string(found.at + 1);
  why +=
      found.kind == TokenKind::end ? ", but the selector ends there" : ", found " + std::string(found.text);
  return fail(std::move(why));
}

}  // namespace mq::filter
