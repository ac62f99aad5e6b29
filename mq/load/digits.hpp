#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/bytes.hpp"

namespace mq::load {

// What each copy of a request says anew.
struct Numbers {
  std::uint64_t serial = 0;
  std::int64_t stamp_ns = 0;
  std::int64_t due_ms = 0;
};

// A text of which each copy gets numbers of its own, always with the same count of digits: encoding a request
// a million times a second would cost the load more than the broker's whole work.
class DigitTemplate {
 public:
  // Where these stand in the text, the digits of a number will.
  static constexpr std::string_view kSerial = "########";
  static constexpr std::string_view kStamp = "@@@@@@@@@@@@@@@@@@@";
  static constexpr std::string_view kDue = "$$$$$$$$$$$$$";

  explicit DigitTemplate(std::string text);
  void append_to(base::Bytes& out, const Numbers& numbers) const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::size_t> serials_at_, stamps_at_, dues_at_;
};

// `count` digits, the last ones of `number`, with leading zeros.
void put_digits(std::byte* at, std::size_t count, std::uint64_t number);

// A body of exactly `size` bytes; with room for a stamp when it is that large.
std::string stamped_body(std::size_t size);

}  // namespace mq::load
