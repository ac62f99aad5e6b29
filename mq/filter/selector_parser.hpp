#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/filter/selector.hpp"
#include "mq/filter/selector_lexer.hpp"

namespace mq::filter {

// Recursive descent, one function a rule, from the weakest operator to the strongest:
//
//   selector   = or
//   or         = and { OR and }
//   and        = equality { AND equality }
//   equality   = comparison { "=" comparison | "<>" comparison | IS [NOT] NULL }
//   comparison = sign { ("<" | "<=" | ">" | ">=") sign | [NOT] CONTAINS string | … | [NOT] BETWEEN sign AND
//   sign
//                     | [NOT] IN "(" string { "," string } ")" }
//   sign       = "+" sign | "-" sign | NOT sign | primary
//   primary    = literal | name | "(" or ")"
//
// NOT binds tighter than a comparison: NOT a = 1 is (NOT a) = 1. What follows a whole selector is not looked
// at beyond its first token. Both are the genuine parser's.
class SelectorParser {
 public:
  SelectorParser(std::string_view text, std::string& problem) : lexer_(text), problem_(problem) {}

  std::optional<Selector> parse();

 private:
  using Kind = Selector::Kind;
  using Node = Selector::Node;
  using Index = std::optional<std::uint32_t>;  // nothing: problem_ says why

  Index any_of();
  Index all_of();
  Index equality();
  Index comparison();
  Index sign();
  Index primary();
  Index literal(const Token& token);

  // The rest of a comparison whose left side is known, NOT included; `left` itself where none follows.
  Index test(std::uint32_t left, bool inverted);
  Index search(std::uint32_t left, Kind kind, bool inverted);
  Index between(std::uint32_t left, bool inverted);
  Index in(std::uint32_t left, bool inverted);
  Index ordered(Kind kind, std::uint32_t left, std::uint32_t right);
  Index equal(std::uint32_t left, std::uint32_t right);
  Index inverse(Index of);

  bool take_symbol(std::string_view symbol);
  bool take_word(std::string_view word);
  std::optional<std::string> take_string();
  // As it stands where true or false is needed.
  Index condition(Index index);
  bool may_be_ordered(std::uint32_t index);

  Index add(Node node);
  Index add(Kind kind, std::uint32_t left, std::uint32_t right = 0);
  Index fail(std::string why);
  Index expected(std::string_view what);

  [[nodiscard]] bool is_constant(std::uint32_t index) const;
  [[nodiscard]] bool is_condition(std::uint32_t index) const;
  [[nodiscard]] Value constant_at(std::uint32_t index) const;

  Lexer lexer_;
  std::string& problem_;
  Selector selector_;
  int depth_ = 0;
};

}  // namespace mq::filter
