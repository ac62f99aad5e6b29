#include "mq/load/frames.hpp"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "mq/model/batch.hpp"
#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_send.hpp"

namespace mq::load {
namespace {

constexpr std::int32_t kOpaqueBase = 1'000'000'000;  // ten digits, whatever is added
constexpr std::size_t kOpaqueDigits = 10;
constexpr std::size_t kPrefix = 8;  // both lengths of a frame
constexpr std::string_view kOpaqueKey = "\"opaque\":";
constexpr std::int32_t kPrepared = 0x4;

std::optional<std::int32_t> number_at(std::string_view text, std::size_t at) {
  std::int32_t number = 0;
  const auto read = std::from_chars(text.data() + at, text.data() + text.size(), number);
  if (read.ec != std::errc{}) return std::nullopt;
  return number;
}

std::string encoded(protocol::Command command) {
  command.opaque = kOpaqueBase;
  base::Bytes frame;
  protocol::encode(command, frame);
  return std::string(base::text_of(frame));
}

// Of the message at place `index` of its request.
std::string properties_of(const SendSpec& spec, int index) {
  std::string properties;
  set_property(properties, property::kUniqueKey,
               fmt::format("7F0000010007F2C0A8B5{:04}{}", index, DigitTemplate::kSerial));
  set_property(properties, property::kKeys, fmt::format("order-2024{:04}-{}", index, DigitTemplate::kSerial));
  set_property(properties, property::kTags, "OrderPaid");
  set_property(properties, property::kWait, "true");
  if (spec.delayed) set_property(properties, property::kTimerDeliverMs, DigitTemplate::kDue);
  if (spec.half) {
    set_property(properties, property::kTransaction, "true");
    set_property(properties, property::kProducerGroup, "bench-producer");
  }
  return properties;
}

protocol::Command batch_request(const SendSpec& spec, protocol::SendBatchMessageRequest header) {
  const auto body = stamped_body(spec.body_size);
  std::vector<std::string> properties;
  for (int i = 0; i < spec.batch; ++i) properties.push_back(properties_of(spec, i));
  std::vector<BatchItem> items;
  for (const auto& of_one : properties) items.push_back({0, base::bytes_of(body), of_one});
  base::Bytes encoded_items;
  encode_batch(items, encoded_items);
  header.batch = true;
  return protocol::make_request(header, std::string(base::text_of(encoded_items)));
}

template <class Header>
Header header_of(const SendSpec& spec, int queue) {
  Header header;
  header.producer_group = "bench-producer";
  header.topic = spec.topic;
  header.default_topic_queue_nums = spec.queues;
  header.queue = queue;
  header.sys_flag = spec.half ? kPrepared : 0;
  header.born_ms = 1'700'000'000'000;
  header.properties = properties_of(spec, 0);
  return header;
}

}  // namespace

FrameTemplate::FrameTemplate(protocol::Command command) : frame_(encoded(std::move(command))) {
  opaque_at_ = frame_.text().find(std::string(kOpaqueKey) + std::to_string(kOpaqueBase));
  if (opaque_at_ == std::string::npos) throw std::logic_error("requests have a JSON header");
  opaque_at_ += kOpaqueKey.size();
}

void FrameTemplate::append_to(base::Bytes& out, std::int32_t opaque, const Numbers& numbers) const {
  const auto start = out.size();
  frame_.append_to(out, numbers);
  put_digits(out.data() + start + opaque_at_, kOpaqueDigits,
             static_cast<std::uint64_t>(std::int64_t{kOpaqueBase} + opaque));
}

protocol::Command send_request(const SendSpec& spec, int queue) {
  if (spec.batch > 1) {
    return batch_request(spec, header_of<protocol::SendBatchMessageRequest>(spec, queue));
  }
  return protocol::make_request(header_of<protocol::SendMessageV2Request>(spec, queue),
                                stamped_body(spec.body_size));
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

}  // namespace mq::load
