#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mq/storage/chunk_cache.hpp"
#include "mq/storage/commit_log.hpp"
#include "mq/storage/message_store.hpp"
#include "mq/storage/projection.hpp"
#include "mq/storage/recovery.hpp"
#include "mq/storage/upkeep.hpp"

namespace mq::storage {

// The MessageStore: a log, what it says, and the upkeep of both.
//
// Invariant: the projection is that of the log up to end(); what readers get of it ends at durable().
class LogStore final : public MessageStore {
 public:
  LogStore(const std::shared_ptr<Directory>& directory, const StoreOptions& options, Recovered recovered);

  Appended append(const Record& record, std::int64_t store_ms, const AppendExtra& extra) override;
  Refused append_all(std::span<const Record> records, std::int64_t store_ms,
                     std::vector<Appended>& appended) override;
  base::Result<LogOffset> put_meta(const std::vector<MetaChange>& changes) override;
  base::Result<LogOffset> drop_timer(LogOffset timer, const std::vector<MetaChange>& changes) override;
  base::Result<LogOffset> roll_back(LogOffset half) override;
  bool is_undecided(LogOffset half) const override;
  LogOffset place_of(LogOffset half) const override;
  base::Result<> write_pass() override;

  std::optional<Held> next_held() override;
  base::Result<Appended> carry(const Held& held, std::int64_t store_ms) override;
  base::Result<LogOffset> drop_held(const Held& held, const std::vector<MetaChange>& changes) override;
  bool is_carried(const PendingTimer& timer) const override;

  std::shared_ptr<SyncJob> take_sync_job() override { return log_.take_sync_job(); }
  void synced(const SyncJob& job) override { log_.synced(job); }
  void assume_durable() override {
    log_.assume_durable();
    upkeep_.nobody_waits_for_syncs();
  }

  LogOffset begin() const override { return std::max(log_.begin(), forgotten_); }
  LogOffset durable() const override { return log_.durable(); }
  LogOffset written() const override { return log_.written(); }
  LogOffset end() const override { return log_.end(); }

  std::vector<Arrival> take_arrivals() override;

  QueueOffset min_offset(const QueueId& queue) const override;
  QueueOffset max_offset(const QueueId& queue) const override;
  QueueOffset first_offset(const QueueId& queue) const override;
  base::Result<std::vector<QueueEntry>> entries(const QueueId& queue, QueueOffset from,
                                                std::size_t max) const override;
  base::Result<> read_record(LogOffset at, base::Bytes& out) const override;
  base::Result<std::size_t> read_records(std::span<const QueueEntry> entries, std::size_t bytes_max,
                                         base::Bytes& out) const override;
  base::Result<QueueOffset> offset_by_time(const QueueId& queue, std::int64_t store_ms,
                                           Boundary boundary) const override;
  base::Result<std::vector<LogOffset>> find_key(std::string_view topic, std::string_view key,
                                                std::int64_t from_ms, std::int64_t to_ms,
                                                std::size_t max) const override;

  std::vector<std::pair<std::string, std::string>> metadata() const override;
  std::vector<PendingTimer> pending_timers() const override { return timers_; }
  std::vector<PendingTimer> take_pending_timers() override { return std::exchange(timers_, {}); }
  std::vector<LogOffset> undecided_halves() const override;
  base::Result<LogOffset> remove_topic(std::string_view topic) override;
  void forget() override;

  std::shared_ptr<JanitorJob> take_janitor_job() override;
  void done(const JanitorJob& job, const base::Result<>& outcome) override;
  void retain(std::int64_t before_ms, std::uint64_t log_size_max) override;
  Stats stats() const override;
  base::Result<> close() override;

  void set_recovery_time(std::uint64_t us) { recovery_us_ = us; }

 private:
  // --- log_store.cpp: writing ---
  // Whether an entry of `size` bytes may be appended now; makes room for it.
  Refused admit(std::size_t size);
  // The record whose body this one shares; nothing when it gets a body of its own.
  std::optional<LogOffset> holder_for(const Record& record, const AppendExtra& extra) const;
  static base::Result<LogOffset> as_error(Refused refused);
  // Whether an entry of `size` bytes and this record come to stand in one segment.
  bool stay_together(LogOffset record, std::size_t size) const;
  // What a record is appended with, beside what the caller asked for.
  struct Links {
    std::optional<LogOffset> holder = {};  // of its body
    const Held* stands_for = nullptr;      // what is carried forward
  };
  // Appends what was checked and admitted.
  Appended put(const Record& record, std::int64_t store_ms, const AppendExtra& extra, const Links& links);
  // Tells the projection what was appended.
  void project(QueueState& queue, const Record& record, const Appended& done, const AppendExtra& extra,
               const Links& links);
  base::Result<> roll();
  // The timer that a delivery names; nothing when its entry cannot be read, and then the message may
  // be delivered again after a crash, but is never lost.
  std::optional<TimerMark> timer_at(LogOffset origin) const;
  // Of the header only flags, origin and due time matter.
  base::Result<LogOffset> append_small(EntryType type, base::BytesView payload, EntryHeader header = {});
  base::Result<LogOffset> append_meta(const std::vector<MetaChange>& changes, const EntryHeader& header);
  // --- log_store_carry.cpp ---
  std::optional<Held> next_held_timer(const Segment& oldest);
  // Whether nothing waits in the oldest segment any more. Makes what waits come out of next_held(), or asks
  // for the checkpoint that says so.
  bool is_clear(const Segment& oldest);
  void grant_credit();

  // --- log_store_upkeep.cpp ---
  IndexJob::Task index_task(IndexJob::Kind kind, const Segment& segment, LogOffset upto);
  void checkpoint_if_due();
  // A bite of what must not be done at once.
  void continue_upkeep();
  base::Result<> sync_now();

  // --- log_store_read.cpp ---
  // The queue as readers see it now; nothing when it never had a message.
  QueueState* published(const QueueId& queue) const;
  // Whether the message shares a body that retention took. What cannot be read is for the reader to find out.
  bool has_lost_its_body(const StoredEntry& message) const;
  // Moves the queue's beginning past such messages, a few at a time.
  void skip_lost(QueueState& queue) const;
  base::Result<> stored_entries(const QueueState& queue, std::int64_t from, std::int64_t to,
                                std::vector<StoredEntry>& out) const;
  // The entry of a message, with its body or without. Valid until the next one is read.
  base::Result<Entry> message_at(LogOffset at, std::size_t size_guess) const;
  // Appends its whole record. Errors as of read_record().
  base::Result<> append_record(const Entry& entry, base::Bytes& out) const;
  base::Result<std::int64_t> store_time(const QueueState& queue, std::int64_t offset) const;
  // Counts what was not as it had been written; passes the error on.
  boost::system::error_code noted(boost::system::error_code error) const;
  struct KeyQuery {
    std::string_view topic;
    std::string_view key;
    std::uint64_t hash = 0;
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
  };
  base::Result<> candidates(const Segment& segment, const KeyQuery& query,
                            std::vector<std::int64_t>& out) const;
  enum class Match { no, yes };
  base::Result<Match> matches(LogOffset at, const KeyQuery& query) const;

  StoreOptions options_;
  CommitLog log_;
  std::unique_ptr<Projection> projection_;
  std::vector<PendingTimer> timers_;  // pending at open
  LogOffset forgotten_{0};            // what lies below is not told to anyone
  Upkeep upkeep_;
  LogOffset snapshot_upto_;  // of the newest snapshot on disk
  LogOffset captured_upto_;  // of the newest one that is on its way there
  TimerMark snapshot_delivered_;
  std::uint64_t log_size_max_ = std::numeric_limits<std::uint64_t>::max();  // as retain() was last told
  LogOffset snapshot_oldest_half_;  // where it stands, undecided by that snapshot, or its end
  CarriedMark snapshot_carried_;
  std::int64_t before_ms_ = std::numeric_limits<std::int64_t>::min();  // as retain() was last told
  bool retention_waits_ = false;                                       // for a checkpoint
  std::optional<LogOffset> clearing_;   // start of the segment that next_held() clears
  std::vector<TimerMark> held_timers_;  // the next ones there, the very next last
  std::uint64_t carry_credit_ = 0;      // bytes that may be carried
  std::uint64_t carried_bytes_ = 0;     // since credit was granted
  LogOffset credited_upto_;
  base::Bytes carried_record_;  // scratch
  bool checkpoint_wanted_ = false;
  bool closed_ = false;

  mutable ChunkCache cache_;
  mutable base::Bytes scratch_;
  mutable base::Bytes lost_scratch_;
  mutable base::Bytes holder_scratch_;  // an entry and the one with its body are read side by side

  std::uint64_t appended_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t shared_bodies_ = 0;
  std::uint64_t carried_ = 0;
  std::uint64_t recovered_entries_ = 0;
  std::uint64_t indexes_rebuilt_ = 0;
  std::uint64_t truncated_bytes_ = 0;
  mutable std::uint64_t checksum_errors_ = 0;
  std::uint64_t recovery_us_ = 0;
};

}  // namespace mq::storage
