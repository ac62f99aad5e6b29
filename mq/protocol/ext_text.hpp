#pragma once
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "mq/protocol/json_text.hpp"

namespace mq::protocol {

// The name of a field as a template argument. Pre: nothing in it needs an escape.
template <std::size_t kSize>
struct FieldName {
  std::array<char, kSize - 1> text;
  consteval FieldName(const char (&name)[kSize]) { std::copy_n(name, kSize - 1, text.data()); }  // NOLINT
};

// Writes the ext fields of a response as the JSON text that will be sent (ResponseView::ext_text), for an
// answer that is given hundreds of thousands of times a second: names are put together by the compiler.
// Pre: room for kFieldRoom and the name for each field, and for a text quoted_size_max() beside.
class ExtText {
 public:
  static constexpr std::size_t kFieldRoom = 32;

  explicit ExtText(char* room) : begin_(room), at_(room) {}

  template <FieldName kName>
  void number(std::int64_t value) {
    start<kName>();
    *at_++ = '"';
    at_ = std::to_chars(at_, at_ + 20, value).ptr;
    *at_++ = '"';
  }
  template <FieldName kName>
  void text(std::string_view value) {
    start<kName>();
    at_ = put_quoted(at_, value);
  }
  // Without the last brace the text would not be JSON: call it once, behind the last of at least one field.
  [[nodiscard]] std::string_view finish() {
    *at_++ = '}';
    return {begin_, static_cast<std::size_t>(at_ - begin_)};
  }

 private:
  template <FieldName kName>
  void start() {
    static constexpr auto kStart = [] {
      std::array<char, kName.text.size() + 4> start{',', '"'};
      const auto end = std::ranges::copy(kName.text, start.begin() + 2).out;
      end[0] = '"';
      end[1] = ':';
      return start;
    }();
    std::memcpy(at_, kStart.data(), kStart.size());
    if (at_ == begin_) *at_ = '{';
    at_ += kStart.size();
  }

  char* const begin_;
  char* at_;
};

}  // namespace mq::protocol
