#include "mq/storage/entry.hpp"

#include <algorithm>
#include <array>

#include "mq/base/checksum.hpp"

namespace mq::storage {
namespace {

constexpr std::size_t kTypeAt = 4;
constexpr std::size_t kFlagsAt = 5;
constexpr std::size_t kReservedAt = 6;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kEpochAt = 12;
constexpr std::size_t kOffsetAt = 16;
constexpr std::size_t kOriginAt = 24;
constexpr std::size_t kDueAt = 32;
constexpr std::size_t kUndurableAt = 40;
constexpr std::size_t kChecksumAt = 44;
static_assert(kChecksumAt + sizeof(std::uint32_t) == kEntryHeaderSize);

std::uint32_t checksum_seed(StoreId id) {
  std::array<std::byte, sizeof(std::uint64_t)> bytes{};
  base::store_big(bytes.data(), id.value());
  return base::crc32c(bytes);
}

}  // namespace

Checksum::Checksum(StoreId id) : seed_(checksum_seed(id)) {}

std::uint32_t Checksum::of(base::BytesView first, base::BytesView second) const {
  const auto crc = base::crc32c(first, seed_);
  return second.empty() ? crc : base::crc32c(second, crc);
}

void seal_entry(std::byte* entry, const EntryHeader& header, const Checksum& checksum) {
  base::store_big(entry, kEntryMagic);
  base::store_big(entry + kTypeAt, static_cast<std::uint8_t>(header.type));
  base::store_big(entry + kFlagsAt, header.flags);
  base::store_big(entry + kReservedAt, std::uint16_t{0});
  base::store_big(entry + kLengthAt, header.length);
  base::store_big(entry + kEpochAt, header.epoch);
  base::store_big(entry + kOffsetAt, header.at.value());
  base::store_big(entry + kOriginAt, header.origin.value());
  base::store_big(entry + kDueAt, header.due_ms);
  base::store_big(entry + kUndurableAt, header.undurable);
  const base::BytesView head{entry, kChecksumAt};
  if (header.type == EntryType::filler) {
    base::store_big(entry + kChecksumAt, checksum.of(head));
    return;
  }
  base::store_big(entry + kChecksumAt, checksum.of(head, {entry + kEntryHeaderSize, header.length}));
  const auto used = kEntryHeaderSize + header.length;
  std::fill(entry + used, entry + entry_size(header.length), std::byte{0});
}

std::optional<LogOffset> claimed_offset(base::BytesView bytes) {
  if (bytes.size() < kEntryHeaderSize || base::load_big<std::uint32_t>(bytes.data()) != kEntryMagic)
    return {};
  return LogOffset{base::load_big<std::int64_t>(bytes.data() + kOffsetAt)};
}

std::optional<EntryHeader> peek_entry(base::BytesView bytes, LogOffset at) {
  if (claimed_offset(bytes) != at) return {};
  const auto* p = bytes.data();
  EntryHeader header;
  header.type = static_cast<EntryType>(base::load_big<std::uint8_t>(p + kTypeAt));
  header.flags = base::load_big<std::uint8_t>(p + kFlagsAt);
  header.length = base::load_big<std::uint32_t>(p + kLengthAt);
  header.epoch = base::load_big<std::uint32_t>(p + kEpochAt);
  header.at = at;
  header.origin = LogOffset{base::load_big<std::int64_t>(p + kOriginAt)};
  header.due_ms = base::load_big<std::int64_t>(p + kDueAt);
  header.undurable = base::load_big<std::uint32_t>(p + kUndurableAt);
  header.checksum = base::load_big<std::uint32_t>(p + kChecksumAt);
  return header;
}

std::optional<Entry> decode_entry(base::BytesView bytes, LogOffset at, const Checksum& checksum) {
  const auto header = peek_entry(bytes, at);
  if (!header) return {};
  const auto head = bytes.first(kChecksumAt);
  if (header->type == EntryType::filler) {
    if (checksum.of(head) != header->checksum) return {};
    return Entry{*header, {}};
  }
  if (header->length > bytes.size() - kEntryHeaderSize) return {};
  const auto payload = bytes.subspan(kEntryHeaderSize, header->length);
  if (checksum.of(head, payload) != header->checksum) return {};
  return Entry{*header, payload};
}

}  // namespace mq::storage
