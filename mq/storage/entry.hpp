#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"
#include "mq/base/strong.hpp"
#include "mq/model/names.hpp"

namespace mq::storage {

// What stands in the log: a header, a payload, and zeros up to the next multiple of eight
// (FORMAT.md, "Entries"). All numbers are big endian.
inline constexpr std::uint32_t kEntryMagic = 0x534C5545;  // "SLUE"
inline constexpr std::size_t kEntryHeaderSize = 48;
inline constexpr std::size_t kEntryAlignment = 8;

enum class EntryType : std::uint8_t {
  message = 1,        // a wire record
  delivery = 2,       // a record whose body stands in an earlier one
  metadata = 3,       // changes of the key -> value map
  filler = 4,         // the rest of the segment is unused
  topic_removal = 5,  // a topic's queues end here
  rollback = 6,       // the half message at origin is never delivered
};

namespace entry_flag {
inline constexpr std::uint8_t kTimer = 1;     // waits until due_ms
inline constexpr std::uint8_t kDelivers = 2;  // delivers the timer (due_ms, origin)
inline constexpr std::uint8_t kHalf = 4;      // waits for an entry that decides it
inline constexpr std::uint8_t kDecides = 8;   // decides the half message at origin
inline constexpr std::uint8_t kCarries = 16;  // stands in for the timer or half message at origin
}  // namespace entry_flag

inline constexpr LogOffset kNoOrigin{-1};

using StoreId = base::Strong<struct StoreIdTag, std::uint64_t>;

// CRC-32C that starts from the store's id: an entry of another store does not pass, and a message
// body cannot imitate an entry, because no client knows the id.
class Checksum {
 public:
  explicit Checksum(StoreId id);
  [[nodiscard]] std::uint32_t of(base::BytesView first, base::BytesView second = {}) const;

 private:
  std::uint32_t seed_;
};

struct EntryHeader {
  EntryType type = EntryType::filler;
  std::uint8_t flags = 0;
  std::uint32_t length = 0;  // of the payload
  std::uint32_t epoch = 0;
  LogOffset at;  // of this header
  LogOffset origin =
      kNoOrigin;                // payload offset of the timer or half message that this entry ends or carries
  std::int64_t due_ms = 0;      // of this timer, or of the one delivered
  std::uint32_t undurable = 0;  // bytes before `at` that were not yet synced when this was written
  std::uint32_t checksum = 0;

  [[nodiscard]] LogOffset watermark() const { return LogOffset{at.value() - std::int64_t{undurable}}; }
};

constexpr std::size_t entry_size(std::size_t payload) {
  return (kEntryHeaderSize + payload + kEntryAlignment - 1) / kEntryAlignment * kEntryAlignment;
}
constexpr LogOffset payload_of(LogOffset entry) { return advance(entry, kEntryHeaderSize); }
constexpr LogOffset entry_of(LogOffset payload) {
  return LogOffset{payload.value() - static_cast<std::int64_t>(kEntryHeaderSize)};
}

// Writes the header in front of the payload that already stands at `entry + kEntryHeaderSize`, its
// checksum, and the zeros behind the payload. A filler's payload is neither read nor written.
void seal_entry(std::byte* entry, const EntryHeader& header, const Checksum& checksum);

// The header at the front of `bytes`, when magic and offset say that an entry starts at `at`. Its
// checksum is not yet verified.
std::optional<EntryHeader> peek_entry(base::BytesView bytes, LogOffset at);

// Where the bytes say that they lie, when they look like an entry at all.
std::optional<LogOffset> claimed_offset(base::BytesView bytes);

struct Entry {
  EntryHeader header;
  base::BytesView payload;  // empty for a filler
  [[nodiscard]] LogOffset end() const { return advance(header.at, entry_size(header.length)); }
};

// The whole entry at the front of `bytes`; nothing when magic, offset, length or checksum are wrong.
// Nothing is read outside `bytes`. The type may be one this version does not know.
std::optional<Entry> decode_entry(base::BytesView bytes, LogOffset at, const Checksum& checksum);

}  // namespace mq::storage
