#include "mq/storage/segment_index.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "mq/storage/queue_table.hpp"

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

template <class Row>
constexpr std::size_t row_size_of();
template <>
constexpr std::size_t row_size_of<StoredEntry>() {
  return kEntryRowSize;
}
template <>
constexpr std::size_t row_size_of<KeyRow>() {
  return kKeyRowSize;
}
template <>
constexpr std::size_t row_size_of<TimerMark>() {
  return kTimerRowSize;
}

}  // namespace

SegmentIndex::SegmentIndex(std::unique_ptr<File> file, StoreId store)
    : file_(std::move(file)), checksum_(store), store_(store) {}

base::Result<std::shared_ptr<SegmentIndex>> SegmentIndex::open(std::unique_ptr<File> file, StoreId store,
                                                               LogOffset start) {
  std::shared_ptr<SegmentIndex> index(new SegmentIndex(std::move(file), store));
  const auto size = index->file_->size();
  if (!size) return size.error();
  index->size_ = *size;
  base::Bytes bytes(kIndexHeaderSize);
  const auto got = index->file_->read_at(0, bytes);
  if (!got) return got.error();
  const auto header = decode_index_header(base::BytesView(bytes).first(*got), index->checksum_);
  if (!header) return make_error_code(errc::bad_message);
  if (header->version != kIndexVersion) return make_error_code(errc::not_supported);
  if (header->store != store || header->start != start) return make_error_code(errc::invalid_argument);
  index->header_ = *header;
  return index;
}

base::Result<base::Bytes> SegmentIndex::section(const Section& section) const {
  if (section.position > size_ || section.size > size_ - section.position)
    return make_error_code(errc::bad_message);
  base::Bytes bytes(section.size);
  const auto got = file_->read_at(section.position, bytes);
  if (!got) return got.error();
  if (*got != bytes.size() || checksum_.of(bytes) != section.checksum)
    return make_error_code(errc::bad_message);
  return bytes;
}

base::Result<std::vector<IndexedRun>> SegmentIndex::runs() const {
  const auto bytes = section(header_.directory);
  if (!bytes) return bytes.error();
  base::ByteReader in(*bytes);
  std::vector<IndexedRun> all;
  for (auto left = header_.runs; left > 0 && in.ok(); --left) {
    IndexedRun run;
    run.topic = in.text(in.number<std::uint16_t>());
    run.queue = in.number<std::int32_t>();
    run.base = in.number<std::int64_t>();
    run.entries.count = in.number<std::uint32_t>();
    run.entries.position = in.number<std::uint64_t>();
    if (run.queue < 0 || run.queue >= kQueuesMax) return make_error_code(errc::bad_message);
    all.push_back(std::move(run));
  }
  if (!in.ok() || in.left() != 0) return make_error_code(errc::bad_message);
  return all;
}

base::Result<> SegmentIndex::check(const RowTable& table, std::size_t row_size) const {
  const auto per_chunk = rows_per_chunk(row_size);
  for (std::uint64_t number = 0; number * per_chunk < table.count; ++number) {
    if (const auto read = chunk(table, row_size, number, nullptr); !read) return read.error();
  }
  return {};
}

base::Result<std::vector<IndexedRun>> SegmentIndex::checked_runs() const {
  auto all = runs();
  if (!all) return all;
  for (const auto& run : *all) {
    if (auto done = check(run.entries, kEntryRowSize); !done) return done.error();
  }
  if (auto done = check(header_.keys, kKeyRowSize); !done) return done.error();
  if (auto done = check(header_.timers, kTimerRowSize); !done) return done.error();
  return all;
}

base::Result<Snapshot> SegmentIndex::snapshot() const {
  const auto bytes = section(header_.snapshot);
  if (!bytes) return bytes.error();
  return decode_snapshot(*bytes);
}

base::Result<ChunkCache::Chunk> SegmentIndex::chunk(const RowTable& table, std::size_t row_size,
                                                    std::uint64_t number, ChunkCache* cache) const {
  const auto per_chunk = rows_per_chunk(row_size);
  const auto position = table.position + number * (per_chunk * row_size + kChunkChecksumSize);
  if (cache != nullptr) {
    if (auto found = cache->find(header_.start, position)) return found;
  }
  const auto rows = std::min<std::uint64_t>(per_chunk, table.count - number * per_chunk);
  base::Bytes bytes(rows * row_size + kChunkChecksumSize);
  const auto got = file_->read_at(position, bytes);
  if (!got) return got.error();
  if (*got != bytes.size()) return make_error_code(errc::bad_message);
  const auto content = base::BytesView(bytes).first(rows * row_size);
  const auto stored = base::load_big<std::uint32_t>(bytes.data() + content.size());
  if (stored != chunk_checksum(checksum_, header_.start, position, content))
    return make_error_code(errc::bad_message);
  auto chunk = std::make_shared<const base::Bytes>(std::move(bytes));
  if (cache != nullptr) cache->put(header_.start, position, chunk);
  return chunk;
}

template <class Row>
base::Result<> SegmentIndex::rows(const RowTable& table, std::uint64_t first, std::uint64_t count,
                                  ChunkCache* cache, std::vector<Row>& out) const {
  constexpr auto kRowSize = row_size_of<Row>();
  constexpr auto kPerChunk = rows_per_chunk(kRowSize);
  const auto end = std::min(table.count, first + count);
  while (first < end) {
    const auto bytes = chunk(table, kRowSize, first / kPerChunk, cache);
    if (!bytes) return bytes.error();
    const auto chunk_end = std::min(end, (first / kPerChunk + 1) * kPerChunk);
    for (; first < chunk_end; ++first) {
      Row row;
      load_row((*bytes)->data() + first % kPerChunk * kRowSize, row);
      out.push_back(row);
    }
  }
  return {};
}
template base::Result<> SegmentIndex::rows(const RowTable&, std::uint64_t, std::uint64_t, ChunkCache*,
                                           std::vector<StoredEntry>&) const;
template base::Result<> SegmentIndex::rows(const RowTable&, std::uint64_t, std::uint64_t, ChunkCache*,
                                           std::vector<KeyRow>&) const;
template base::Result<> SegmentIndex::rows(const RowTable&, std::uint64_t, std::uint64_t, ChunkCache*,
                                           std::vector<TimerMark>&) const;

template <class Row>
base::Result<std::uint64_t> SegmentIndex::lower_bound(const RowTable& table, const Row& wanted,
                                                      ChunkCache* cache) const {
  std::uint64_t low = 0;
  std::uint64_t high = table.count;
  std::vector<Row> row;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    row.clear();
    if (auto done = rows(table, middle, 1, cache, row); !done) return done.error();
    if (row.front() < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

base::Result<> SegmentIndex::find_key(std::uint64_t hash, ChunkCache* cache,
                                      std::vector<std::int64_t>& out) const {
  const KeyRow wanted{hash, std::numeric_limits<std::int64_t>::min()};
  const auto first = lower_bound(header_.keys, wanted, cache);
  if (!first) return first.error();
  std::vector<KeyRow> row;
  for (auto i = *first; i < header_.keys.count; ++i) {
    row.clear();
    if (auto done = rows(header_.keys, i, 1, cache, row); !done) return done;
    if (row.front().hash != hash) break;
    out.push_back(row.front().at);
  }
  return {};
}

base::Result<> SegmentIndex::timers_above(const TimerMark& mark, std::uint64_t max,
                                          std::vector<TimerMark>& out) const {
  if (header_.last_timer <= mark) return {};
  auto first = lower_bound(header_.timers, mark, nullptr);
  if (!first) return first.error();
  if (*first < header_.timers.count) {
    std::vector<TimerMark> row;
    if (auto done = rows(header_.timers, *first, 1, nullptr, row); !done) return done;
    if (row.front() == mark) ++*first;
  }
  return rows(header_.timers, *first, std::min(max, header_.timers.count - *first), nullptr, out);
}

}  // namespace mq::storage
