#include "mq/filter/selector_lexer.hpp"

#include <algorithm>
#include <array>

namespace mq::filter {
namespace {

constexpr std::array<std::string_view, 12> kWords = {
    "NOT", "AND", "OR", "BETWEEN", "IN", "TRUE", "FALSE", "NULL", "IS", "CONTAINS", "STARTSWITH", "ENDSWITH"};
constexpr std::array<std::string_view, 11> kSymbols = {"<>", "<=", ">=", "<", ">", "=",
                                                       "(",  ")",  ",",  "+", "-"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }

bool same_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(
      text, word, [](char a, char b) { return a == b || (a >= 'a' && a <= 'z' && a - ('a' - 'A') == b); });
}

}  // namespace

const Token& Lexer::peek() {
  if (!seen_) seen_ = scan();
  return *seen_;
}

Token Lexer::take() {
  const Token token = peek();
  seen_.reset();
  return token;
}

bool Lexer::skip_comment() {
  if (ahead(0) == '-' && ahead(1) == '-') {
    const auto end = text_.find_first_of("\r\n", position_);
    if (end == std::string_view::npos) return false;  // two signs
    position_ = end;
    return true;
  }
  if (ahead(0) == '/' && ahead(1) == '*') {
    const auto end = text_.find("*/", position_ + 2);
    if (end == std::string_view::npos) return false;
    position_ = end + 2;
    return true;
  }
  return false;
}

void Lexer::skip_blanks() {
  do {
    position_ = std::min(text_.find_first_not_of(" \t\n\r\f", position_), text_.size());
  } while (skip_comment());
}

// 0, 17, 17L; a number with a point or an exponent is a decimal one.
std::size_t Lexer::number_size(bool& decimal) const {
  const auto digits_from = [this](std::size_t from) {
    while (is_digit(ahead(from))) ++from;
    return from;
  };
  const auto whole = digits_from(0);
  auto size = whole;
  decimal = ahead(size) == '.' && (whole > 0 || is_digit(ahead(size + 1)));
  if (decimal) size = digits_from(size + 1);
  if ((decimal || whole > 0) && (ahead(size) | 0x20) == 'e') {
    const auto sign = ahead(size + 1) == '+' || ahead(size + 1) == '-' ? std::size_t{2} : std::size_t{1};
    if (is_digit(ahead(size + sign))) {
      decimal = true;
      size = digits_from(size + sign);
    }
  }
  if (decimal || whole == 0) return size;
  if (ahead(0) == '0') return 1;
  return (ahead(size) | 0x20) == 'l' ? size + 1 : size;
}

// Up to the last quote that may end it: a doubled one goes on.
std::size_t Lexer::string_size() const {
  std::size_t accepted = 0;
  for (auto at = text_.find('\'', position_ + 1); at != std::string_view::npos;
       at = text_.find('\'', at + 2)) {
    accepted = at + 1 - position_;
    if (at + 1 >= text_.size() || text_[at + 1] != '\'') break;
  }
  return accepted;
}

Token Lexer::scan() {
  skip_blanks();
  Token token;
  token.at = position_;
  if (position_ == text_.size()) return token;
  const auto cut = [&](TokenKind kind, std::size_t size) {
    token.kind = kind;
    token.text = text_.substr(position_, size);
    position_ += size;
    return token;
  };
  const char first = ahead(0);
  if (starts_name(first)) {
    std::size_t size = 1;
    while (starts_name(ahead(size)) || is_digit(ahead(size))) ++size;
    cut(TokenKind::name, size);
    const auto* const word = std::ranges::find_if(kWords, [&](auto w) { return same_word(token.text, w); });
    if (word == kWords.end()) return token;
    token.kind = TokenKind::word;
    token.text = *word;
    return token;
  }
  if (bool decimal = false; const auto size = number_size(decimal)) {
    return cut(decimal ? TokenKind::decimal : TokenKind::integer, size);
  }
  if (first == '\'') {
    if (const auto size = string_size(); size > 0) return cut(TokenKind::string, size);
    return cut(TokenKind::broken, 1);
  }
  for (const auto symbol : kSymbols) {
    if (text_.substr(position_).starts_with(symbol)) return cut(TokenKind::symbol, symbol.size());
  }
  return cut(TokenKind::broken, 1);
}

std::string unquoted(std::string_view token) {
  std::string text;
  for (std::size_t i = 1; i + 1 < token.size(); ++i) {
    text += token[i];
    if (token[i] == '\'') ++i;
  }
  return text;
}

}  // namespace mq::filter
