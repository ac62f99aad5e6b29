#pragma once
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace mq::broker {

// Rows of numbers with a blank before each but the first: how what is in flight rests in the store.
inline void append_number(std::string& text, std::int64_t number) {
  text.append(" ").append(std::to_string(number));
}

class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : text_(text) {}

  // 0 when there is none; then good() is false from now on.
  std::int64_t next() {
    if (text_.starts_with(' ')) text_.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    good_ = good_ && error == std::errc{};
    if (!good_) return 0;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return number;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return text_.empty(); }
  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
  bool good_ = true;
};

}  // namespace mq::broker
