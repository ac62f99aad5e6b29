#include "mq/model/record.hpp"

#include <boost/system/errc.hpp>

#include <charconv>
#include <cstring>

#include "mq/base/assert.hpp"
#include "mq/base/checksum.hpp"

namespace mq {
namespace {

constexpr std::uint32_t kMagicV1 = 0xdaa320a7;
constexpr std::uint32_t kMagicV2 = 0xdaa320ab;
constexpr std::size_t kFixedSize = 88;  // up to and with the body's length
constexpr std::uint32_t kCrcMask = 0x7fffffff;
constexpr std::int32_t kHostV6Mask = sys_flag::kBornHostV6 | sys_flag::kStoreHostV6;

bool needs_v2(std::string_view topic) { return topic.size() > kTopicLengthMax; }

// Puts numbers and bytes one after the other into memory that is large enough.
class Cursor {
 public:
  explicit Cursor(std::byte* at) : at_(at) {}
  template <class Int>
  void number(Int value) {
    base::store_big(at_, value);
    at_ += sizeof value;
  }
  void host(const Host& host) {
    std::memcpy(at_, host.ip.data(), host.ip.size());
    at_ += host.ip.size();
    number(host.port);
  }
  void bytes(const void* from, std::size_t size) {
    if (size != 0) std::memcpy(at_, from, size);
    at_ += size;
  }

 private:
  std::byte* at_;
};

Host read_host(base::ByteReader& reader, bool v6) {
  Host host;
  const auto address = reader.take(v6 ? 16 : 4);
  if (!v6 && !address.empty()) std::memcpy(host.ip.data(), address.data(), host.ip.size());
  host.port = reader.number<std::int32_t>();
  return host;
}

boost::system::error_code broken() { return make_error_code(boost::system::errc::bad_message); }

void append_hex(std::string& out, std::uint64_t value, int bytes) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (int shift = bytes * 8 - 4; shift >= 0; shift -= 4) out.push_back(kDigits[(value >> shift) & 0xf]);
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> take_decimal(std::string_view& text, std::uint32_t max) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > max) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::string to_string(const Host& host) {
  std::string text;
  for (const auto part : host.ip) text.append(std::to_string(part)).push_back('.');
  text.back() = ':';
  return text.append(std::to_string(host.port));
}

std::optional<Host> parse_host(std::string_view text) {
  Host host;
  for (std::size_t i = 0; i < host.ip.size(); ++i) {
    const auto part = take_decimal(text, 255);
    const char separator = i + 1 < host.ip.size() ? '.' : ':';
    if (!part || text.empty() || text.front() != separator) return std::nullopt;
    host.ip[i] = static_cast<std::uint8_t>(*part);
    text.remove_prefix(1);
  }
  const auto port = take_decimal(text, 65535);
  if (!port || !text.empty()) return std::nullopt;
  host.port = static_cast<std::int32_t>(*port);
  return host;
}

std::size_t encoded_size(const Record& record) {
  return kFixedSize + record.body.size() + (needs_v2(record.topic) ? 2 : 1) + record.topic.size() + 2 +
         record.properties.size();
}

void encode_record(const Record& record, std::byte* out) {
  BASE_ASSERT(record.body.size() <= kBodySizeMax, "the sender's limits were not checked");
  BASE_ASSERT(record.properties.size() <= kPropertiesSizeMax, "the sender's limits were not checked");
  BASE_ASSERT(record.topic.size() <= kSystemTopicLengthMax, "the sender's limits were not checked");
  const bool v2 = needs_v2(record.topic);
  Cursor to(out);
  to.number(static_cast<std::int32_t>(encoded_size(record)));
  to.number(v2 ? kMagicV2 : kMagicV1);
  to.number(base::crc32(record.body) & kCrcMask);
  to.number(record.queue);
  to.number(record.flag);
  to.number(record.queue_offset.value());
  to.number(record.log_offset.value());
  to.number(record.sys_flag & ~kHostV6Mask);
  to.number(record.born_ms);
  to.host(record.born_host);
  to.number(record.store_ms);
  to.host(record.store_host);
  to.number(record.reconsume_times);
  to.number(record.prepared_offset);
  to.number(static_cast<std::int32_t>(record.body.size()));
  to.bytes(record.body.data(), record.body.size());
  if (v2) {
    to.number(static_cast<std::int16_t>(record.topic.size()));
  } else {
    to.number(static_cast<std::int8_t>(record.topic.size()));
  }
  to.bytes(record.topic.data(), record.topic.size());
  to.number(static_cast<std::int16_t>(record.properties.size()));
  to.bytes(record.properties.data(), record.properties.size());
}

base::Result<DecodedRecord> decode_record(base::BytesView bytes) {
  if (bytes.size() < kFixedSize) return broken();
  const auto size = base::load_big<std::int32_t>(bytes.data());
  if (size < 0 || static_cast<std::size_t>(size) > bytes.size()) return broken();
  DecodedRecord decoded{.record = {}, .size = static_cast<std::size_t>(size)};
  Record& record = decoded.record;

  base::ByteReader reader(bytes.first(decoded.size));
  reader.take(sizeof size);
  const auto magic = reader.number<std::uint32_t>();
  if (magic != kMagicV1 && magic != kMagicV2) return broken();
  const auto crc = reader.number<std::uint32_t>();
  record.queue = reader.number<std::int32_t>();
  record.flag = reader.number<std::int32_t>();
  record.queue_offset = QueueOffset{reader.number<std::int64_t>()};
  record.log_offset = LogOffset{reader.number<std::int64_t>()};
  record.sys_flag = reader.number<std::int32_t>();
  record.born_ms = reader.number<std::int64_t>();
  record.born_host = read_host(reader, (record.sys_flag & sys_flag::kBornHostV6) != 0);
  record.store_ms = reader.number<std::int64_t>();
  record.store_host = read_host(reader, (record.sys_flag & sys_flag::kStoreHostV6) != 0);
  record.reconsume_times = reader.number<std::int32_t>();
  record.prepared_offset = reader.number<std::int64_t>();

  const auto body_size = reader.number<std::int32_t>();
  if (body_size < 0) return broken();
  record.body = reader.take(static_cast<std::size_t>(body_size));
  const int topic_size = magic == kMagicV2 ? reader.number<std::int16_t>() : reader.number<std::int8_t>();
  if (topic_size < 0) return broken();
  record.topic = reader.text(static_cast<std::size_t>(topic_size));
  const auto properties_size = reader.number<std::int16_t>();
  if (properties_size < 0) return broken();
  record.properties = reader.text(static_cast<std::size_t>(properties_size));

  if (!reader.ok() || reader.left() != 0) return broken();
  if ((base::crc32(record.body) & kCrcMask) != crc) return broken();
  return decoded;
}

std::string offset_message_id(const Host& store_host, LogOffset at) {
  std::string id;
  id.reserve(32);
  for (const auto part : store_host.ip) append_hex(id, part, 1);
  append_hex(id, static_cast<std::uint32_t>(store_host.port), 4);
  append_hex(id, static_cast<std::uint64_t>(at.value()), 8);
  return id;
}

std::optional<OffsetMessageId> parse_offset_message_id(std::string_view id) {
  if (id.size() != 32) return std::nullopt;
  const auto ip = parse_hex(id.substr(0, 8));
  const auto port = parse_hex(id.substr(8, 8));
  const auto at = parse_hex(id.substr(16));
  // A unique key has 32 digits, too; most of them fall through here.
  if (!ip || !port || *port > 65535 || !at || (*at >> 63) != 0) return std::nullopt;
  OffsetMessageId parsed;
  for (std::size_t i = 0; i < 4; ++i) parsed.host.ip[i] = static_cast<std::uint8_t>(*ip >> (24 - 8 * i));
  parsed.host.port = static_cast<std::int32_t>(*port);
  parsed.at = LogOffset{static_cast<std::int64_t>(*at)};
  return parsed;
}

}  // namespace mq
