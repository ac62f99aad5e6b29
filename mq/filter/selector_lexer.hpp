#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mq::filter {

enum class TokenKind : std::uint8_t {
  end,
  broken,  // no token starts here
  word,    // a keyword; text is it in capitals
  name,    // of a property
  integer,
  decimal,
  string,  // text still has its quotes
  symbol,  // ( ) , = <> < <= > >= + -
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  std::size_t at = 0;  // of its first byte

  [[nodiscard]] bool is(TokenKind k, std::string_view wanted) const { return kind == k && text == wanted; }
};

// Cuts a selector into tokens, the longest possible each time. Blanks and comments (-- to the line's end, and
// /* */) separate. Nothing is looked at before it is asked for: what stands behind a complete selector may be
// anything, as long as its first token is one.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  const Token& peek();  // the next token, without taking it
  Token take();

 private:
  Token scan();
  void skip_blanks();
  bool skip_comment();
  [[nodiscard]] std::size_t number_size(bool& decimal) const;
  [[nodiscard]] std::size_t string_size() const;
  [[nodiscard]] char ahead(std::size_t distance) const {
    return position_ + distance < text_.size() ? text_[position_ + distance] : '\0';
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::optional<Token> seen_;
};

// The text of a string token without its quotes; doubled quotes inside are one.
std::string unquoted(std::string_view token);

}  // namespace mq::filter
