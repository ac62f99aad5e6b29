#include "mq/filter/selector_parser.hpp"

#include <limits>
#include <utility>

namespace mq::filter {

std::optional<Selector> Selector::parse(std::string_view text, std::string& problem) {
  problem.clear();
  if (text.size() > kTextMax) {
    problem = "the selector is longer than " + std::to_string(kTextMax) + " bytes";
    return std::nullopt;
  }
  return SelectorParser(text, problem).parse();
}

std::optional<Selector> SelectorParser::parse() {
  const auto root = condition(any_of());
  if (!root) return std::nullopt;
  // The genuine parser has looked at this token to know that nothing of the selector follows.
  if (lexer_.peek().kind == TokenKind::broken) {
    expected("the end");
    return std::nullopt;
  }
  selector_.root_ = *root;
  return std::move(selector_);
}

SelectorParser::Index SelectorParser::any_of() {
  auto left = all_of();
  while (left && take_word("OR")) {
    const auto right = all_of();
    if (!right) return {};
    const auto a = condition(left), b = condition(right);
    if (!a || !b) return {};
    left = add(Kind::any_of, *a, *b);
  }
  return left;
}

SelectorParser::Index SelectorParser::all_of() {
  auto left = equality();
  while (left && take_word("AND")) {
    const auto right = equality();
    if (!right) return {};
    const auto a = condition(left), b = condition(right);
    if (!a || !b) return {};
    left = add(Kind::all_of, *a, *b);
  }
  return left;
}

SelectorParser::Index SelectorParser::equality() {
  auto left = comparison();
  while (left) {
    if (take_symbol("=")) {
      const auto right = comparison();
      left = right ? equal(*left, *right) : right;
    } else if (take_symbol("<>")) {
      const auto right = comparison();
      left = right ? inverse(equal(*left, *right)) : right;
    } else if (take_word("IS")) {
      const bool inverted = take_word("NOT");
      if (!take_word("NULL")) return expected(inverted ? "NULL" : "NULL or NOT NULL");
      const auto nothing = add(Node{});
      left = nothing ? add(Kind::equal, *left, *nothing) : nothing;
      if (inverted) left = inverse(left);
    } else {
      break;
    }
  }
  return left;
}

SelectorParser::Index SelectorParser::comparison() {
  static constexpr std::pair<std::string_view, Kind> kOrders[] = {
      {"<", Kind::less}, {"<=", Kind::less_equal}, {">", Kind::greater}, {">=", Kind::greater_equal}};
  auto left = sign();
  while (left) {
    const auto before = lexer_.peek().at;
    for (const auto& [symbol, kind] : kOrders) {
      if (!take_symbol(symbol)) continue;
      const auto right = sign();
      left = right ? ordered(kind, *left, *right) : right;
      break;
    }
    if (left) left = test(*left, take_word("NOT"));
    if (lexer_.peek().at == before) break;
  }
  return left;
}

SelectorParser::Index SelectorParser::test(std::uint32_t left, bool inverted) {
  if (take_word("CONTAINS")) return search(left, Kind::contains, inverted);
  if (take_word("STARTSWITH")) return search(left, Kind::starts_with, inverted);
  if (take_word("ENDSWITH")) return search(left, Kind::ends_with, inverted);
  if (take_word("BETWEEN")) return between(left, inverted);
  if (take_word("IN")) return in(left, inverted);
  return inverted ? expected("CONTAINS, STARTSWITH, ENDSWITH, BETWEEN or IN") : left;
}

SelectorParser::Index SelectorParser::search(std::uint32_t left, Kind kind, bool inverted) {
  auto wanted = take_string();
  if (!wanted) return {};
  Node node;
  node.kind = kind;
  node.inverted = inverted;
  node.left = left;
  node.text = *std::move(wanted);
  return add(std::move(node));
}

SelectorParser::Index SelectorParser::between(std::uint32_t left, bool inverted) {
  const auto low = sign();
  if (!low) return {};
  if (!take_word("AND")) return expected("AND");
  const auto high = sign();
  if (!high) return {};
  if (inverted) {
    const auto below = ordered(Kind::less, left, *low);
    const auto above = below ? ordered(Kind::greater, left, *high) : below;
    return above ? add(Kind::any_of, *below, *above) : above;
  }
  if (is_constant(*low) && is_constant(*high)) {
    const auto a = constant_at(*low), b = constant_at(*high);
    if (std::holds_alternative<Null>(a) || std::holds_alternative<Null>(b))
      return fail("BETWEEN needs two values");
    if (compare(b, a).value_or(-1) < 0) return fail("the values of BETWEEN do not ascend");
  }
  const auto from = ordered(Kind::greater_equal, left, *low);
  const auto to = from ? ordered(Kind::less_equal, left, *high) : from;
  return to ? add(Kind::all_of, *from, *to) : to;
}

SelectorParser::Index SelectorParser::in(std::uint32_t left, bool inverted) {
  Node node;
  node.kind = Kind::in;
  node.inverted = inverted;
  node.left = left;
  if (!take_symbol("(")) return expected("(");
  do {
    auto text = take_string();
    if (!text) return {};
    node.texts.push_back(*std::move(text));
  } while (take_symbol(","));
  if (!take_symbol(")")) return expected(", or )");
  if (selector_.nodes_[left].kind != Kind::property) return fail("IN needs the name of a property before it");
  return add(std::move(node));
}

SelectorParser::Index SelectorParser::sign() {
  if (depth_ == Selector::kDepthMax) return fail("the selector is nested too deeply");
  ++depth_;
  Index found;
  if (take_symbol("+")) {
    found = sign();
  } else if (take_symbol("-")) {
    found = sign();
    if (found) found = add(Kind::negate, *found);
  } else if (take_word("NOT")) {
    found = inverse(condition(sign()));
  } else {
    found = primary();
  }
  --depth_;
  return found;
}

SelectorParser::Index SelectorParser::primary() {
  if (take_symbol("(")) {
    const auto inner = any_of();
    if (inner && !take_symbol(")")) return expected(")");
    return inner;
  }
  const auto& next = lexer_.peek();
  if (next.kind == TokenKind::name) {
    Node node;
    node.kind = Kind::property;
    node.text = std::string(lexer_.take().text);
    return add(std::move(node));
  }
  return literal(next);
}

SelectorParser::Index SelectorParser::literal(const Token& token) {
  Node node;
  if (token.kind == TokenKind::string) {
    node.kind = Kind::text;
    node.text = unquoted(token.text);
  } else if (token.kind == TokenKind::integer) {
    auto digits = token.text;
    if (digits.ends_with('l') || digits.ends_with('L')) digits.remove_suffix(1);
    const auto number = parse_long(digits);
    if (!number) return fail(std::string(digits) + " is too large");
    // The small ones are read as Java's int, and texts next to them too.
    if (std::in_range<std::int32_t>(*number)) {
      node.constant = static_cast<std::int32_t>(*number);
    } else {
      node.constant = *number;
    }
  } else if (token.kind == TokenKind::decimal) {
    const auto number = parse_double(token.text).value_or(0);
    // Java's smallest double is the smallest above zero: 0.0 is refused there too.
    if (number > std::numeric_limits<double>::max() || number < std::numeric_limits<double>::denorm_min()) {
      return fail(std::string(token.text) + " is out of range");
    }
    node.constant = number;
  } else if (token.is(TokenKind::word, "TRUE") || token.is(TokenKind::word, "FALSE")) {
    node.constant = token.text == "TRUE";
  } else if (!token.is(TokenKind::word, "NULL")) {
    return expected("a value or the name of a property");
  }
  lexer_.take();
  return add(std::move(node));
}

}  // namespace mq::filter
