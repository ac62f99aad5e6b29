#include "bench/mq/frames.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_send.hpp"
#include "mq/storage/entry.hpp"

namespace bench {
namespace {

constexpr std::int32_t kOpaqueBase = 1'000'000'000;  // ten digits, whatever is added
constexpr std::size_t kOpaqueDigits = 10;
constexpr std::size_t kPrefix = 8;  // both lengths of a frame
constexpr std::string_view kOpaqueKey = "\"opaque\":";

void put_digits(std::byte* at, std::size_t count, std::uint64_t number) {
  for (std::size_t i = count; i-- > 0; number /= 10) at[i] = static_cast<std::byte>('0' + number % 10);
}

std::optional<std::int32_t> number_at(std::string_view text, std::size_t at) {
  std::int32_t number = 0;
  const auto read = std::from_chars(text.data() + at, text.data() + text.size(), number);
  if (read.ec != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace

FrameTemplate::FrameTemplate(mq::protocol::Command command) {
  command.opaque = kOpaqueBase;
  mq::protocol::encode(command, frame_);
  const auto text = base::text_of(frame_);
  opaque_at_ = text.find(std::string(kOpaqueKey) + std::to_string(kOpaqueBase));
  if (opaque_at_ == std::string_view::npos) throw std::logic_error("requests have a JSON header");
  opaque_at_ += kOpaqueKey.size();
  for (auto at = text.find(kSerialMark); at != std::string_view::npos;
       at = text.find(kSerialMark, at + kSerialMark.size())) {
    serials_at_.push_back(at);
  }
}

void FrameTemplate::append_to(base::Bytes& out, std::int32_t opaque, std::uint64_t serial) const {
  const auto start = out.size();
  out.insert(out.end(), frame_.begin(), frame_.end());
  auto* const frame = out.data() + start;
  put_digits(frame + opaque_at_, kOpaqueDigits,
             static_cast<std::uint64_t>(std::int64_t{kOpaqueBase} + opaque));
  for (const auto at : serials_at_) put_digits(frame + at, kSerialMark.size(), serial);
}

mq::protocol::Command send_request(const std::string& topic, int queue, std::size_t body_size) {
  const std::string serial(FrameTemplate::kSerialMark);
  mq::protocol::SendMessageV2Request header;
  header.producer_group = "bench-producer";
  header.topic = topic;
  header.default_topic_queue_nums = 8;
  header.queue = queue;
  header.born_ms = 1'700'000'000'000;
  mq::set_property(header.properties, mq::property::kUniqueKey, "7F0000010007F2C0A8B50000" + serial);
  mq::set_property(header.properties, mq::property::kKeys, "order-20240517-" + serial);
  mq::set_property(header.properties, mq::property::kTags, "OrderPaid");
  mq::set_property(header.properties, mq::property::kWait, "true");
  return mq::protocol::make_request(header, std::string(body_size, 'x'));
}

std::size_t stored_size(const mq::protocol::Command& send) {
  const auto header = mq::protocol::decode_header<mq::protocol::SendMessageV2Request>(send, nullptr).value();
  mq::Record record;
  record.topic = header.topic;
  record.body = base::bytes_of(send.body);
  record.properties = header.properties;
  return mq::storage::entry_size(mq::encoded_size(record));
}

std::optional<AnswerHead> head_of(base::BytesView frame) {
  constexpr std::string_view kStart = "{\"code\":";
  constexpr std::uint32_t kSizeBits = 0xff'ffff;  // above them the kind of header: 0 is JSON
  if (frame.size() < kPrefix) return std::nullopt;
  const auto size = base::load_big<std::uint32_t>(frame.data() + 4);
  const auto text = base::text_of(frame).substr(kPrefix, size & kSizeBits);
  if (size > kSizeBits || !text.starts_with(kStart)) return std::nullopt;
  const auto code = number_at(text, kStart.size());
  const auto at = text.rfind(kOpaqueKey);  // near the end: names are sorted
  if (!code || at == std::string_view::npos) return std::nullopt;
  const auto opaque = number_at(text, at + kOpaqueKey.size());
  if (!opaque) return std::nullopt;
  return AnswerHead{*code, *opaque - kOpaqueBase};
}

}  // namespace bench
