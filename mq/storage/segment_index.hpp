#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "mq/storage/chunk_cache.hpp"
#include "mq/storage/file.hpp"
#include "mq/storage/index_format.hpp"

namespace mq::storage {

// An index or checkpoint file, open for reading. Rows are read in chunks when they are asked for;
// what is damaged is an error, never an answer.
//
// Thread rule: const functions from any thread; a cache belongs to one.
class SegmentIndex {
 public:
  // bad_message when it is damaged, not_supported for an unknown version, invalid_argument when it
  // speaks of another store or segment.
  static base::Result<std::shared_ptr<SegmentIndex>> open(std::unique_ptr<File> file, StoreId store,
                                                          LogOffset start);

  [[nodiscard]] const IndexHeader& header() const { return header_; }

  [[nodiscard]] base::Result<std::vector<IndexedRun>> runs() const;
  // The same, after every chunk of the file was read and found whole.
  [[nodiscard]] base::Result<std::vector<IndexedRun>> checked_runs() const;
  [[nodiscard]] base::Result<Snapshot> snapshot() const;

  // Rows [first, first + count) of the table, appended to `out`.
  template <class Row>
  [[nodiscard]] base::Result<> rows(const RowTable& table, std::uint64_t first, std::uint64_t count,
                                    ChunkCache* cache, std::vector<Row>& out) const;

  // Offsets of the records whose keys have this hash, ascending, appended to `out`.
  [[nodiscard]] base::Result<> find_key(std::uint64_t hash, ChunkCache* cache,
                                        std::vector<std::int64_t>& out) const;
  // The first timers above `mark`, at most `max`, ascending, appended to `out`.
  [[nodiscard]] base::Result<> timers_above(const TimerMark& mark, std::uint64_t max,
                                            std::vector<TimerMark>& out) const;

 private:
  SegmentIndex(std::unique_ptr<File> file, StoreId store);
  [[nodiscard]] base::Result<base::Bytes> section(const Section& section) const;
  [[nodiscard]] base::Result<> check(const RowTable& table, std::size_t row_size) const;
  [[nodiscard]] base::Result<ChunkCache::Chunk> chunk(const RowTable& table, std::size_t row_size,
                                                      std::uint64_t number, ChunkCache* cache) const;
  // The first row that is not less than `wanted`.
  template <class Row>
  [[nodiscard]] base::Result<std::uint64_t> lower_bound(const RowTable& table, const Row& wanted,
                                                        ChunkCache* cache) const;

  std::unique_ptr<File> file_;
  Checksum checksum_;
  StoreId store_;
  std::size_t size_ = 0;
  IndexHeader header_;
};

}  // namespace mq::storage
