#pragma once
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "mq/base/assert.hpp"

namespace mq::protocol {

// The ext fields of a ResponseView, on the stack: numbers are printed into a buffer of its own, texts stay
// where they are. At most kMax fields; not copyable, because its views point into itself.
class ResponseFields {
 public:
  static constexpr std::size_t kMax = 16;
  using Field = std::pair<std::string_view, std::string_view>;

  ResponseFields() = default;
  ResponseFields(const ResponseFields&) = delete;
  ResponseFields& operator=(const ResponseFields&) = delete;

  // `value` must outlive this object.
  void text(std::string_view name, std::string_view value) {
    BASE_ASSERT(count_ < kMax, "more fields than any response has");
    fields_[count_++] = {name, value};
  }
  template <std::same_as<std::string> T>
  void text(std::string_view name, T&& value) = delete;  // a text that dies before it is sent
  void number(std::string_view name, std::int64_t value) {
    BASE_ASSERT(count_ < kMax, "more fields than any response has");
    char* const begin = digits_.data() + count_ * kDigitsMax;
    char* const end = std::to_chars(begin, begin + kDigitsMax, value).ptr;
    text(name, {begin, static_cast<std::size_t>(end - begin)});
  }

  [[nodiscard]] std::span<const Field> view() const { return {fields_.data(), count_}; }

 private:
  static constexpr std::size_t kDigitsMax = 20;  // "-9223372036854775808"
  std::array<Field, kMax> fields_;
  std::array<char, kMax * kDigitsMax> digits_;
  std::size_t count_ = 0;
};

}  // namespace mq::protocol
