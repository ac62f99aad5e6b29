#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "mq/storage/chunk_list.hpp"
#include "mq/storage/file.hpp"
#include "mq/storage/index_format.hpp"

namespace mq::storage {

// Rows of the key index in memory, split by the top bits of the hash: a lookup scans one part of 64.
class KeyRows {
 public:
  void add(const KeyRow& row) { parts_[row.hash >> kShift].push_back(row); }
  [[nodiscard]] const ChunkList<KeyRow>& part_of(std::uint64_t hash) const { return parts_[hash >> kShift]; }
  [[nodiscard]] const auto& parts() const { return parts_; }

 private:
  static constexpr int kPartsLog2 = 6;
  static constexpr int kShift = 64 - kPartsLog2;
  std::array<ChunkList<KeyRow>, std::size_t{1} << kPartsLog2> parts_;
};

// What is derived from one segment. A copy is a snapshot of all of it and costs the same whatever the number
// of queues, so that the hot thread can take one; what queues hold of it is for readers.
struct SegmentTables {
  // The messages of one queue.
  struct QueueRun {
    std::shared_ptr<const std::string> topic;
    std::int32_t queue = 0;
    std::int64_t base = 0;  // queue offset of the first
  };
  struct RunEntry {
    StoredEntry entry;
    std::uint32_t run = 0;  // place in `runs`
  };
  LogOffset start;
  ChunkList<QueueRun> runs;          // in the order of their first messages
  ChunkList<RunEntry> entries;       // of each run, in its order
  ChunkList<std::uint32_t> removed;  // runs of topics that were removed in this segment
  KeyRows keys;
  ChunkList<TimerMark> timers;
  TimerMark last_timer;
  std::int64_t store_ms_min = std::numeric_limits<std::int64_t>::max();
  std::int64_t store_ms_max = std::numeric_limits<std::int64_t>::min();
  std::uint64_t records = 0;
};

// Everything an index file says, as of `upto`. Immutable; lists are snapshots that share memory with
// the hot thread's.
struct IndexContent {
  struct QueueRun : SegmentTables::QueueRun {
    ChunkList<StoredEntry> entries;
  };
  SegmentTables tables;
  std::vector<QueueRun> runs;  // see collect_runs()
  LogOffset upto;
  std::uint32_t last_epoch = 0;
  std::uint32_t writer_epoch = 0;
  bool closed = false;

  // Makes `runs` from the tables, unless it is there.
  void collect_runs();
};

// Writes the file `name`: under a temporary name, synced, renamed, the name synced.
// `snapshot` may be missing, for an index that is rebuilt long after its segment was sealed.
base::Result<> write_index(Directory& directory, const std::string& name, StoreId store,
                           const IndexContent& content, const Snapshot* snapshot);

}  // namespace mq::storage
