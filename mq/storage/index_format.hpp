#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "mq/base/bytes.hpp"
#include "mq/storage/entry.hpp"
#include "mq/storage/snapshot.hpp"

namespace mq::storage {

// The layout of index and checkpoint files (FORMAT.md, "Indexes").
inline constexpr std::uint32_t kIndexMagic = 0x534C4958;  // "SLIX"
inline constexpr std::uint16_t kIndexVersion = 1;
inline constexpr std::size_t kIndexHeaderSize = 168;

namespace index_flag {
inline constexpr std::uint16_t kHasSnapshot = 1;
inline constexpr std::uint16_t kClosed = 2;  // the writer stopped here on purpose
}  // namespace index_flag

// One entry of a consume queue, as indexes and memory hold it.
struct StoredEntry {
  std::int64_t at = 0;  // of the record
  std::int64_t tag_hash = 0;
  std::int32_t size = 0;
};
struct KeyRow {
  std::uint64_t hash = 0;
  std::int64_t at = 0;
  friend auto operator<=>(const KeyRow&, const KeyRow&) = default;
};

// Rows of one width, in chunks of at most 4080 bytes, each followed by its checksum. A chunk is what
// is read, verified and cached at a time.
struct RowTable {
  std::uint64_t position = 0;
  std::uint64_t count = 0;
};
inline constexpr std::size_t kChunkBytesMax = 4080;
inline constexpr std::size_t kChunkChecksumSize = sizeof(std::uint32_t);
inline constexpr std::size_t kEntryRowSize = 20;
inline constexpr std::size_t kKeyRowSize = 16;
inline constexpr std::size_t kTimerRowSize = 16;
constexpr std::size_t rows_per_chunk(std::size_t row_size) { return kChunkBytesMax / row_size; }

// The checksum behind a chunk also covers where it stands, so that a chunk read from a wrong place or
// from another index does not pass.
std::uint32_t chunk_checksum(const Checksum& checksum, LogOffset segment, std::uint64_t position,
                             base::BytesView rows);

void store_row(std::byte* at, const StoredEntry& row);
void store_row(std::byte* at, const KeyRow& row);
void store_row(std::byte* at, const TimerMark& row);
void load_row(const std::byte* at, StoredEntry& row);
void load_row(const std::byte* at, KeyRow& row);
void load_row(const std::byte* at, TimerMark& row);

// A part that is read whole and has its checksum in the header.
struct Section {
  std::uint64_t position = 0;
  std::uint64_t size = 0;
  std::uint32_t checksum = 0;
};

struct IndexHeader {
  std::uint16_t version = kIndexVersion;
  std::uint16_t flags = 0;
  StoreId store;
  LogOffset start;               // of the segment
  LogOffset upto;                // the index speaks of [start, upto)
  std::uint32_t last_epoch = 0;  // of the last entry before `upto`
  std::uint32_t writer_epoch = 0;
  std::int64_t store_ms_min = std::numeric_limits<std::int64_t>::max();
  std::int64_t store_ms_max = std::numeric_limits<std::int64_t>::min();
  std::uint64_t records = 0;
  TimerMark last_timer;  // the greatest timer of the segment
  Section directory;
  std::uint32_t runs = 0;
  Section snapshot;
  RowTable keys;
  RowTable timers;

  [[nodiscard]] bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
};

base::Bytes encode_index_header(const IndexHeader& header, const Checksum& checksum);
// Nothing when magic or checksum are wrong. The version may be one this program does not know.
std::optional<IndexHeader> decode_index_header(base::BytesView bytes, const Checksum& checksum);

// One row of the directory: the entries of one queue in this segment.
struct IndexedRun {
  std::string topic;
  std::int32_t queue = 0;
  std::int64_t base = 0;  // queue offset of the first
  RowTable entries;
};

}  // namespace mq::storage
