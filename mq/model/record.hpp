#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"
#include "mq/model/names.hpp"

namespace mq {

// IPv4 address and port as records carry them. IPv6 peers are stored as 0.0.0.0: Go, C++ and Node
// clients cannot decode the long form (rocketmq-wire.md 3.1).
struct Host {
  std::array<std::uint8_t, 4> ip{};
  std::int32_t port = 0;
  friend auto operator<=>(const Host&, const Host&) = default;
};
std::string to_string(const Host& host);                // "10.0.0.5:10911"
std::optional<Host> parse_host(std::string_view text);  // numeric IPv4 only

// Bits of sysFlag (rocketmq-wire.md 3.2).
namespace sys_flag {
inline constexpr std::int32_t kCompressed = 0x1;
inline constexpr std::int32_t kMultiTags = 0x2;
inline constexpr std::int32_t kTransactionMask = 0xc;
inline constexpr std::int32_t kCommitted = 0x8;
inline constexpr std::int32_t kBornHostV6 = 0x10;
inline constexpr std::int32_t kStoreHostV6 = 0x20;
inline constexpr std::int32_t kCompressionMask = 0x700;
inline constexpr std::int32_t kLz4 = 0x100;
inline constexpr std::int32_t kZstd = 0x200;
inline constexpr std::int32_t kZlib = 0x300;
}  // namespace sys_flag

// Everything a stored message says; views into memory someone else owns. The same bytes rest in
// the commit log and travel in pull answers (rocketmq-wire.md 3.1).
struct Record {
  std::int32_t queue = 0;
  std::int32_t flag = 0;
  QueueOffset queue_offset;
  LogOffset log_offset;
  std::int32_t sys_flag = 0;
  std::int64_t born_ms = 0;
  Host born_host;
  std::int64_t store_ms = 0;
  Host store_host;
  std::int32_t reconsume_times = 0;
  std::int64_t prepared_offset = 0;
  base::BytesView body;
  std::string_view topic;
  std::string_view properties;
};

// Size of the encoded record. Message magic V2 (two-byte topic length) only when the topic is longer
// than 127 bytes.
std::size_t encoded_size(const Record& record);

// Writes exactly encoded_size(record) bytes to `out`.
// Pre: body <= kBodySizeMax, properties <= kPropertiesSizeMax, topic <= 255 bytes.
void encode_record(const Record& record, std::byte* out);

struct DecodedRecord {
  Record record;
  std::size_t size = 0;  // bytes consumed
};
// Decodes the first record of `bytes`. Lengths that do not add up, a wrong magic or a body whose
// CRC differs are errors; nothing is read outside `bytes`.
base::Result<DecodedRecord> decode_record(base::BytesView bytes);

// Fields at fixed places, to patch a record without decoding it.
inline constexpr std::size_t kRecordQueueOffsetAt = 20;
inline constexpr std::size_t kRecordLogOffsetAt = 28;
inline constexpr std::size_t kRecordStoreTimeAt = 56;

// "0A00000500002A9F00000000075BCD15": store host and log offset, upper-case hex. What send answers
// call msgId and admin tools decode to find the broker.
std::string offset_message_id(const Host& store_host, LogOffset at);
struct OffsetMessageId {
  Host host;
  LogOffset at;
};
std::optional<OffsetMessageId> parse_offset_message_id(std::string_view id);

}  // namespace mq
