#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mq/base/clock.hpp"
#include "mq/base/result.hpp"
#include "mq/model/names.hpp"
#include "mq/model/record.hpp"
#include "mq/storage/file.hpp"

namespace mq::storage {

struct StoreOptions {
  // One file of the log, up to 2 GiB. Recovery reads at most the last, unsealed segments, so this bounds it.
  std::size_t segment_size = std::size_t{128} << 20;
  // Written segments kept ready, because a sync into written blocks is 2-3 times faster.
  std::size_t reserve_segments = 2;
  // Staged bytes that force a write before the pass ends.
  std::size_t write_batch_max = std::size_t{256} << 10;
  // Staged and written, not yet durable: above it append answers `busy`.
  std::size_t undurable_max = std::size_t{64} << 20;
  // Bytes of log between two checkpoints of the active segment: what a restart reads at most, even
  // where segments are larger.
  std::size_t checkpoint_every = std::size_t{32} << 20;
  // A body from this size on is stored once: what delivers it again refers to it. Below, the entry that
  // refers would be half as large as the copy, and reading it needs a second place.
  std::size_t shared_body_min = 512;
  // Identity of a new directory; 0: from the kernel's generator. All checksums start from it.
  std::uint64_t new_store_id = 0;
};

// Why an append was refused. Nothing was stored. A queue number out of bounds is `too_large` too.
enum class Refused { none, too_large, disk_full, busy, shutting_down };

struct Appended {
  Refused refused = Refused::none;
  LogOffset at;  // of the record, as clients see it
  QueueOffset queue_offset;
  std::int64_t store_ms = 0;
  LogOffset end;  // durable() >= end means: this record is durable
  // Of a pending timer: its due time as stored, which is never before that of a timer already
  // delivered. Order timers by it: delivery is strictly by (due_ms, origin).
  std::int64_t timer_due_ms = 0;
};

// A queue that has new durable messages since the last pass.
struct Arrival {
  QueueId queue;
  QueueOffset end;        // first offset not yet visible
  std::int64_t tag_hash;  // of the newest one
};

// One entry of a consume queue.
struct QueueEntry {
  QueueOffset offset;
  LogOffset at;
  std::int32_t size = 0;
  std::int64_t tag_hash = 0;
};

// A message waiting for its due time; origin is the record in the timer topic.
struct PendingTimer {
  std::int64_t due_ms = 0;
  LogOffset origin;
};

// A durable key -> value map for what brokers remember beside messages: topics, groups, offsets.
// Values are opaque to storage. Changes are log entries; the last state is part of each checkpoint.
struct MetaChange {
  std::string key;                   // "topic/T", "group/g", "offset/g/T/0"
  std::optional<std::string> value;  // nothing: removed
};

// The log and everything derived from it. The log is the only truth: consume queues, key index,
// metadata and pending timers are rebuilt from it after a crash (FORMAT.md).
//
// One pass of the broker's loop:  append()… put_meta()…  →  write_pass()  →  [sync_job() runs on
// the flush thread]  →  synced()  →  take_arrivals()
//
// Invariant: checkpoint <= durable() <= written() <= end(). No read shows a byte at or above durable().
// Thread rule: the broker's hot thread only; SyncJob and JanitorJob hold what other threads may use.
class MessageStore {
 public:
  // Recovers what is there. Fails when another process holds the directory, when the format version
  // is unknown, and when the log is rotten below its checkpoint; `problem` then says what, where and
  // what to do about it.
  static base::Result<std::unique_ptr<MessageStore>> open(std::unique_ptr<Directory> directory,
                                                          const StoreOptions& options, std::string& problem);
  virtual ~MessageStore() = default;

  // --- writing -------------------------------------------------------------------------------
  // Appends one message to record.topic/record.queue. Sets queue_offset, log_offset and store_ms
  // (from `store_ms`, which never falls from one record to the next) itself; the rest of the record is
  // taken as it is. `timer_due_ms` makes it a pending timer; `timer_origin` says which pending timer
  // this append delivers, durable as one. Timers are delivered strictly by (due_ms, origin): what
  // stands before the last delivered one counts as delivered after a restart.
  // `half` makes it a half message, undecided until an append names it as `half_origin` (its decision, and
  // what follows from it, are one entry) or it is rolled back.
  // `body_at` names a record with the very same body, which this one may share in place of a copy; whether
  // it does is for the store to say, and no reader sees a difference.
  // Pre: at most one of timer_due_ms and timer_origin; half goes with none of the others, half_origin with
  // timer_due_ms at most; timer_origin lies below durable(), half_origin is undecided.
  struct AppendExtra {
    std::optional<std::int64_t> timer_due_ms = {};
    std::optional<LogOffset> timer_origin = {};
    bool half = false;
    std::optional<LogOffset> half_origin = {};
    std::optional<LogOffset> body_at = {};
  };
  virtual Appended append(const Record& record, std::int64_t store_ms, const AppendExtra& extra) = 0;
  Appended append(const Record& record, std::int64_t store_ms) { return append(record, store_ms, {}); }

  // Appends all of them one behind the other in one segment, or none of them. `appended` gets one for each
  // unless refused. A crash before their end is durable may keep the first ones and lose the rest.
  virtual Refused append_all(std::span<const Record> records, std::int64_t store_ms,
                             std::vector<Appended>& appended) = 0;

  // Appends metadata changes as one entry, all or nothing. Returns the end to wait for. Refusals are
  // errors: no_space_on_device, resource_unavailable_try_again (busy), message_size, io_error.
  virtual base::Result<LogOffset> put_meta(const std::vector<MetaChange>& changes) = 0;

  // The same, and with it the pending timer counts as delivered, though nothing is: it was taken back.
  // Pre: of append() with a timer_origin.
  virtual base::Result<LogOffset> drop_timer(LogOffset timer, const std::vector<MetaChange>& changes) = 0;

  // Half messages are named by the place where they were sent, for good.
  // Decides a half message by a small entry: it will never be delivered. Returns the end to wait for;
  // refusals as of put_meta(). Pre: it is undecided.
  virtual base::Result<LogOffset> roll_back(LogOffset half) = 0;
  // Whether a half message stands at this record, durable and undecided.
  [[nodiscard]] virtual bool is_undecided(LogOffset half) const = 0;
  // Where the record of an undecided one is read: not where it was sent, if it was carried forward since.
  // Pre: is_undecided().
  [[nodiscard]] virtual LogOffset place_of(LogOffset half) const = 0;

  // Writes what is staged. An error means the disk cannot be written: the process must end.
  [[nodiscard]] virtual base::Result<> write_pass() = 0;

  // --- carrying forward ----------------------------------------------------------------------
  // A pending timer or an undecided half message in a segment that retain() wants to let go: appended again,
  // it waits on at another place. Whoever has a timer by its place has to follow it.
  struct Held {
    LogOffset at;       // where it stands
    LogOffset origin;   // of a half message: where it was sent, its name; of a timer: `at`
    bool half = false;  // or else a timer
    std::int64_t due_ms = 0;
  };
  // The next one; nothing while retention waits for none.
  [[nodiscard]] virtual std::optional<Held> next_held() = 0;
  // Appends it again as it is, whole and as one entry with the fact that it does not wait at the old place
  // any more. Errors: of read_record(), and then the segment stays until the next retain(); of put_meta().
  // Pre: next_held() gave it just now.
  virtual base::Result<Appended> carry(const Held& held, std::int64_t store_ms) = 0;
  // Does not carry the timer, which was taken back: it is dropped, and these changes are the same entry. It
  // need not be the next one that is due. Errors of put_meta(). Pre: of carry().
  virtual base::Result<LogOffset> drop_held(const Held& held, const std::vector<MetaChange>& changes) = 0;
  // Whether a timer waits elsewhere, or nowhere: who still has it by this place lets it go.
  [[nodiscard]] virtual bool is_carried(const PendingTimer& timer) const = 0;

  // --- durability ----------------------------------------------------------------------------
  // What to sync now; empty when written() == durable() or a job is already out. The flush thread
  // runs it; then the hot thread calls synced() with the same job. A failed job must end the process.
  class SyncJob {
   public:
    virtual ~SyncJob() = default;
    [[nodiscard]] virtual base::Result<> run() = 0;  // any thread
    LogOffset target;
  };
  virtual std::shared_ptr<SyncJob> take_sync_job() = 0;
  virtual void synced(const SyncJob& job) = 0;
  // Asynchronous flush: treats written() as durable without a sync; take_sync_job() goes on working.
  virtual void assume_durable() = 0;

  [[nodiscard]] virtual LogOffset begin() const = 0;
  [[nodiscard]] virtual LogOffset durable() const = 0;
  [[nodiscard]] virtual LogOffset written() const = 0;
  [[nodiscard]] virtual LogOffset end() const = 0;

  // Queues that got durable messages since the last call.
  virtual std::vector<Arrival> take_arrivals() = 0;

  // --- reading, from the durable watermark ----------------------------------------------------
  [[nodiscard]] virtual QueueOffset min_offset(const QueueId& queue) const = 0;
  [[nodiscard]] virtual QueueOffset max_offset(const QueueId& queue) const = 0;
  // Where the queue began: 0, or what its maximum was at forget().
  [[nodiscard]] virtual QueueOffset first_offset(const QueueId& queue) const = 0;
  // Entries from `from`, at most `max`; fewer at the queue's end. Gaps: bodies that retention took elsewhere.
  [[nodiscard]] virtual base::Result<std::vector<QueueEntry>> entries(const QueueId& queue, QueueOffset from,
                                                                      std::size_t max) const = 0;
  // Appends the encoded record at `at` to `out`; an error when it is gone, not a record's start or damaged.
  [[nodiscard]] virtual base::Result<> read_record(LogOffset at, base::Bytes& out) const = 0;
  // Appends the encoded records of `entries`, in order, while they fit in `bytes_max` (the first always
  // does), and returns how many. An error only when the first cannot be read.
  [[nodiscard]] virtual base::Result<std::size_t> read_records(std::span<const QueueEntry> entries,
                                                               std::size_t bytes_max,
                                                               base::Bytes& out) const = 0;
  // First offset whose store time is >= `store_ms`; the queue's max when there is none. `upper`:
  // last offset whose store time is <= `store_ms`.
  enum class Boundary { lower, upper };
  [[nodiscard]] virtual base::Result<QueueOffset> offset_by_time(const QueueId& queue, std::int64_t store_ms,
                                                                 Boundary boundary) const = 0;
  // Records of `topic` that carry `key` in KEYS or UNIQ_KEY, newest first, at most `max`.
  [[nodiscard]] virtual base::Result<std::vector<LogOffset>> find_key(std::string_view topic,
                                                                      std::string_view key,
                                                                      std::int64_t from_ms,
                                                                      std::int64_t to_ms,
                                                                      std::size_t max) const = 0;

  // --- state that recovery gives back ----------------------------------------------------------
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> metadata() const = 0;
  // What was pending when the store was opened, by due time, then origin; later ones the caller knows.
  [[nodiscard]] virtual std::vector<PendingTimer> pending_timers() const = 0;
  // The same for one who keeps them: the store does so no longer.
  [[nodiscard]] virtual std::vector<PendingTimer> take_pending_timers() = 0;
  // The half messages that are undecided now, by name, oldest first.
  [[nodiscard]] virtual std::vector<LogOffset> undecided_halves() const = 0;

  // A deleted topic: its queues vanish, and if it comes back they start at 0 with nothing of the old.
  [[nodiscard]] virtual base::Result<LogOffset> remove_topic(std::string_view topic) = 0;

  // Forgets messages, keys, pending timers, half messages and metadata, in memory alone: opening this
  // directory would bring them back, so it is for stores that go with their process. Offsets of the log
  // and of each queue go on: what somebody remembers of before never names what comes later.
  // Pre: durable() == end().
  virtual void forget() = 0;

  // --- upkeep ----------------------------------------------------------------------------------
  // Work for the janitor thread (fill a reserve segment, write the index of a sealed segment, remove
  // files), one at a time; nothing when there is none. done() afterwards on the hot thread.
  class JanitorJob {
   public:
    virtual ~JanitorJob() = default;
    [[nodiscard]] virtual base::Result<> run() = 0;  // any thread
  };
  virtual std::shared_ptr<JanitorJob> take_janitor_job() = 0;
  virtual void done(const JanitorJob& job, const base::Result<>& outcome) = 0;

  // Lets go of sealed segments whose newest message, and newest message with a body that stands there, is
  // older than `before_ms`, and of the oldest ones while the log is larger than `log_size_max`. What stops it
  // for a while (a checkpoint, what next_held() names) it awaits, and goes on by itself.
  // Pending timers and undecided half messages are carried forward for as many bytes as were appended
  // otherwise, at most: the log grows to twice what waits rather than being written over and over.
  // What shares a body that goes, goes with it; min_offset() passes long rows of such from call to call. That
  // comes at most a quarter of the size too early, since bodies further back are not shared.
  virtual void retain(std::int64_t before_ms, std::uint64_t log_size_max) = 0;

  struct Stats {
    std::uint64_t appended = 0, bytes = 0, syncs = 0, segments = 0, reserve_ready = 0, reserve_used_up = 0;
    std::uint64_t undecided_halves = 0;
    std::uint64_t carried = 0;        // timers and half messages carried forward since the start
    std::uint64_t shared_bodies = 0;  // appended since the start with the body of an earlier record
    std::uint64_t log_bytes = 0, recovered_entries = 0, recovery_us = 0;
    std::uint64_t indexes_rebuilt = 0;   // at open, because the file was missing or damaged
    std::uint64_t truncated_bytes = 0;   // cut off the log's end at open: what a crash left unfinished
    std::uint64_t checksum_errors = 0;   // reads since the start that met damaged bytes
    std::int64_t earliest_store_ms = 0;  // of the oldest message that is kept; 0: there is none
  };
  [[nodiscard]] virtual Stats stats() const = 0;

  // Writes and syncs all that is left, and a checkpoint, so that the next open reads nothing twice.
  // Pre: no job is out. Afterwards only reads work.
  [[nodiscard]] virtual base::Result<> close() = 0;
};

}  // namespace mq::storage
