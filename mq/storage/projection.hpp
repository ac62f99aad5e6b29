#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mq/storage/entry.hpp"
#include "mq/storage/index_writer.hpp"
#include "mq/storage/keys.hpp"
#include "mq/storage/queue_table.hpp"
#include "mq/storage/segment_index.hpp"
#include "mq/storage/snapshot.hpp"

namespace mq::storage {

// What the log says, entry by entry: consume queues, key index, timers, metadata. Appending and
// recovery go through the same functions, so a restart arrives at the same state.
//
// Invariant: nothing here is not in the log, or was in a part of it that retention took.
// Thread rule: the hot thread only.
class Projection {
 public:
  explicit Projection(Snapshot from);

  // --- one entry of the log after the other ---
  void begin_segment(LogOffset start);
  struct Message {
    std::int64_t queue_offset = 0;  // continues its queue
    LogOffset at;
    std::int32_t size = 0;
    std::int64_t store_ms = 0;
  };
  void add_message(QueueState& queue, const Message& message, const IndexedProperties& properties);
  // Its part in the queue alone, which a checkpoint knows.
  void add_entry(QueueState& queue, std::int64_t offset, const StoredEntry& entry);
  // The message added last has its body in the segment that starts at `holder`; `timer` when it waits itself.
  void share_body(QueueState& queue, const Message& message, LogOffset holder, const TimerMark& timer);
  void add_timer(const TimerMark& timer);
  void deliver_timer(const TimerMark& timer);
  // An entry stands in for this timer, or says that nothing has to; `segment` is where the timer's starts.
  void carry_timer(LogOffset segment, const TimerMark& timer);
  void add_half(LogOffset half);
  void carry_half(LogOffset half, LogOffset to);
  void decide_half(LogOffset half);
  void change_metadata(std::vector<MetaChange> changes);
  void remove_topic(std::string_view topic, LogOffset at);

  // --- queries ---
  [[nodiscard]] QueueTable& queues() { return queues_; }
  [[nodiscard]] const QueueTable& queues() const { return queues_; }
  [[nodiscard]] const auto& metadata() const { return metadata_; }
  [[nodiscard]] const TimerMark& delivered() const { return delivered_; }
  [[nodiscard]] const CarriedMark& carried() const { return carried_; }
  [[nodiscard]] const HalfMessages& halves() const { return halves_; }  // undecided
  // Where the oldest of them stands, or `end` when there is none.
  [[nodiscard]] LogOffset oldest_half(LogOffset end) const {
    return halves_.empty() ? end : halves_.oldest().at;
  }
  // What later messages need of the segment that starts at `holder`; nothing: no body of theirs is there.
  // Messages of topics that were removed since count, until the next restart.
  struct Needed {
    LogOffset newest{-1};        // of them
    std::int64_t newest_ms = 0;  // its store time
    TimerMark last_timer;        // the greatest of those that wait in later segments
  };
  [[nodiscard]] std::optional<Needed> needed(LogOffset holder) const;
  [[nodiscard]] std::int64_t newest_store_ms() const { return newest_store_ms_; }
  // Of the oldest message that is kept; nothing: there is none.
  [[nodiscard]] std::optional<std::int64_t> earliest_store_ms() const;
  // Messages of the topic before this offset belong to an earlier incarnation; nothing: all are its own.
  [[nodiscard]] std::optional<LogOffset> removed_at(std::string_view topic) const;

  // --- segments, oldest first: each has an index or tables in memory ---
  [[nodiscard]] const auto& indexes() const { return indexes_; }
  [[nodiscard]] const std::deque<SegmentTables>& tables() const { return tables_; }
  [[nodiscard]] std::deque<SegmentTables>& tables() { return tables_; }
  // The content of the index of one segment in memory, as of now.
  [[nodiscard]] static IndexContent capture(const SegmentTables& tables);
  // Changes since the last call, for the snapshot that the janitor keeps.
  std::deque<SnapshotEvent> take_events();
  // Adds the runs of a segment at open. False when they do not continue what is there.
  [[nodiscard]] bool attach(std::shared_ptr<const SegmentIndex> index, LogOffset segment_end,
                            const std::vector<IndexedRun>& runs);
  // The same for what was read from the log, because there is no index.
  [[nodiscard]] bool attach(const IndexContent& rebuilt, LogOffset segment_end);
  // The index of a segment in memory is written: its entries are read from there, queue after queue as
  // replace_some() comes to them, and all of them before indexes() has it.
  struct Replacement {
    std::shared_ptr<const SegmentIndex> index;
    LogOffset segment_end;
    std::shared_ptr<const std::vector<IndexedRun>> runs;
    std::size_t next = 0;
  };
  void replace(Replacement replacement) { replacing_.push_back(std::move(replacement)); }
  // Goes on with at most so many queues.
  void replace_some(std::size_t queues);
  // Retention took the segments before `begin`, and the files of those before `begin_on_disk`. Queues follow
  // one by one (QueueTable::trim()).
  void drop_before(LogOffset begin, LogOffset begin_on_disk);
  // Everything but how far each queue had come. `segment` is the one that is written to.
  void forget(LogOffset segment);

 private:
  // Whether a run of a segment that ends at `segment_end` is of the topic's present incarnation. A run of
  // the very segment with the removal holds later messages only.
  [[nodiscard]] bool is_current(std::string_view topic, LogOffset segment_end) const;
  void need(const SharedBodies& bodies);
  void replace_run(const Replacement& replacement, const IndexedRun& written);

  QueueTable queues_;
  std::deque<SegmentTables> tables_;
  std::map<LogOffset, std::shared_ptr<const SegmentIndex>> indexes_;
  std::map<std::string, std::string, std::less<>> metadata_;
  std::map<std::string, LogOffset, std::less<>> removals_;
  HalfMessages halves_;
  std::map<LogOffset, Needed> needed_;  // by the start of the segment with the bodies
  TimerMark delivered_;
  CarriedMark carried_;
  std::int64_t newest_store_ms_ = 0;
  std::deque<Replacement> replacing_;
  std::deque<SnapshotEvent> events_;  // a deque: many of them must not be moved to grow
};

}  // namespace mq::storage
