#include "mq/protocol/raw_keys.hpp"

#include <cstddef>

#include "mq/protocol/json_text.hpp"

namespace mq::protocol {
namespace {

constexpr std::size_t kDepthMax = 32;  // Boost.JSON's own limit

class KeyQuoter {
 public:
  explicit KeyQuoter(std::string_view text) : text_(text) { out_.reserve(text.size() + text.size() / 8); }

  std::optional<std::string> run() {
    while (at_ < text_.size()) {
      if (!step(text_[at_])) return std::nullopt;
    }
    if (!open_.empty()) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool step(char c) {
    switch (c) {
      case '"':
        return copy_string();
      case '{':
        return expect_key_ ? quote_object() : open(c);
      case '[':
        return open(c);
      case '}':
      case ']':
        return close(c);
      case ',':
        expect_key_ = !open_.empty() && open_.back() == '{';
        break;
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        break;
      default:
        if (expect_key_) return quote_word();
    }
    out_.push_back(c);
    ++at_;
    return true;
  }

  bool open(char c) {
    if (open_.size() == kDepthMax) return false;
    open_.push_back(c);
    expect_key_ = c == '{';
    out_.push_back(c);
    ++at_;
    return true;
  }
  bool close(char c) {
    if (open_.empty() || open_.back() != (c == '}' ? '{' : '[')) return false;
    open_.pop_back();
    expect_key_ = false;
    out_.push_back(c);
    ++at_;
    return true;
  }
  bool copy_string() {
    const std::size_t end = string_end(at_);
    if (end == std::string_view::npos) return false;
    out_.append(text_.substr(at_, end - at_));
    at_ = end;
    expect_key_ = false;
    return true;
  }
  bool quote_object() {
    std::size_t depth = 0;
    std::size_t end = at_;
    do {
      if (end >= text_.size()) return false;
      const char c = text_[end];
      if (c == '"') {
        end = string_end(end);
        if (end == std::string_view::npos) return false;
        continue;
      }
      if (c == '{') ++depth;
      if (c == '}') --depth;
      ++end;
    } while (depth != 0);
    return quote_until(end);
  }
  bool quote_word() {
    const std::size_t end = text_.find_first_of(":,{}[]\" \t\r\n", at_);
    return end != std::string_view::npos && end != at_ && quote_until(end);
  }
  bool quote_until(std::size_t end) {
    append_quoted(out_, text_.substr(at_, end - at_));
    at_ = end;
    expect_key_ = false;
    return true;
  }

  // Behind the closing quote of the string that opens at `begin`.
  [[nodiscard]] std::size_t string_end(std::size_t begin) const {
    bool escaped = false;
    const char* const end = text_.data() + text_.size();
    const char* const quote = find_closing_quote(text_.data() + begin + 1, end, escaped);
    return quote == nullptr ? std::string_view::npos : static_cast<std::size_t>(quote - text_.data()) + 1;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string open_;  // brackets around the place
  bool expect_key_ = false;
  std::string out_;
};

}  // namespace

std::optional<std::string> quote_raw_keys(std::string_view text) { return KeyQuoter(text).run(); }

}  // namespace mq::protocol
