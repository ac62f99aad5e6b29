#include "mq/load/digits.hpp"

#include <utility>

#include "mq/load/stamps.hpp"

namespace mq::load {
namespace {

static_assert(DigitTemplate::kStamp.size() == kStampDigits);

std::vector<std::size_t> places(std::string_view text, std::string_view mark) {
  std::vector<std::size_t> found;
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + mark.size())) {
    found.push_back(at);
  }
  return found;
}

}  // namespace

DigitTemplate::DigitTemplate(std::string text)
    : text_(std::move(text)),
      serials_at_(places(text_, kSerial)),
      stamps_at_(places(text_, kStamp)),
      dues_at_(places(text_, kDue)) {}

void DigitTemplate::append_to(base::Bytes& out, const Numbers& numbers) const {
  const auto start = out.size();
  const auto bytes = base::bytes_of(text_);
  out.insert(out.end(), bytes.begin(), bytes.end());
  auto* const copy = out.data() + start;
  for (const auto at : serials_at_) put_digits(copy + at, kSerial.size(), numbers.serial);
  for (const auto at : stamps_at_) {
    put_digits(copy + at, kStamp.size(), static_cast<std::uint64_t>(numbers.stamp_ns));
  }
  for (const auto at : dues_at_) {
    put_digits(copy + at, kDue.size(), static_cast<std::uint64_t>(numbers.due_ms));
  }
}

void put_digits(std::byte* at, std::size_t count, std::uint64_t number) {
  for (std::size_t i = count; i-- > 0; number /= 10) at[i] = static_cast<std::byte>('0' + number % 10);
}

std::string stamped_body(std::size_t size) {
  auto body = std::string(kStampWord).append(DigitTemplate::kStamp);
  if (body.size() > size) body.clear();
  body.resize(size, 'x');
  return body;
}

}  // namespace mq::load
