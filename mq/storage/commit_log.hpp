#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "mq/storage/entry.hpp"
#include "mq/storage/message_store.hpp"
#include "mq/storage/segment.hpp"
#include "mq/storage/tail.hpp"

namespace mq::storage {

// The log: segments back to back, entries back to back, four marks that only grow.
//
// Invariant: begin() <= synced() <= durable() <= written() <= end(); every entry below end() is whole,
// and entries carry synced(), never what was only assumed durable.
// Thread rule: the hot thread only; sync jobs run on any thread.
class CommitLog {
 public:
  struct Setup {
    std::shared_ptr<Directory> directory;
    Checksum checksum;
    std::uint32_t epoch = 0;       // of every entry from now on
    std::uint32_t last_epoch = 0;  // of the last entry below `end`
    std::size_t write_batch_max = 0;
    std::deque<std::shared_ptr<Segment>> segments;  // at least one; the last one is written to
    LogOffset end;
    bool names_unsynced = false;  // the directory has names that a sync job must make durable
  };
  explicit CommitLog(Setup setup);

  // --- writing ---
  // Whether an entry of `size` bytes has room in the last segment.
  [[nodiscard]] bool fits(std::size_t size) const;
  // Fills the rest of the last segment and goes on in `next`, which starts where that one ends.
  void roll(std::shared_ptr<Segment> next);
  // Room for the next entry of `size` bytes. Its payload goes behind the header; then seal() it.
  // Pre: fits(size).
  std::byte* stage(std::size_t size);
  // Completes the entry: epoch, offset, watermark and checksum. Writes when the batch is full; what
  // goes wrong there is answered by the next write().
  void seal(std::byte* entry, EntryHeader header);
  [[nodiscard]] base::Result<> write();

  // --- durability ---
  [[nodiscard]] std::shared_ptr<MessageStore::SyncJob> take_sync_job();
  void synced(const MessageStore::SyncJob& job);
  void assume_durable();
  // A write or a sync failed: nothing more is accepted.
  [[nodiscard]] bool failed() const { return failed_->load(std::memory_order_relaxed); }
  void fail() { failed_->store(true, std::memory_order_relaxed); }
  // The same, and the next write() answers with this error.
  void fail(const base::Result<>& why) {
    write_outcome_ = why;
    fail();
  }

  [[nodiscard]] LogOffset begin() const { return segments_.front()->start; }
  [[nodiscard]] LogOffset synced() const { return synced_; }
  [[nodiscard]] LogOffset durable() const { return durable_; }
  [[nodiscard]] LogOffset written() const { return written_; }
  [[nodiscard]] LogOffset end() const { return end_; }
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
  [[nodiscard]] std::uint32_t last_epoch() const { return last_epoch_; }
  [[nodiscard]] bool sync_job_is_out() const { return job_is_out_; }
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }

  // --- reading, below durable() ---
  // The valid entry at `at`. The view lives until `scratch` or the log changes. `size_guess` saves a
  // second read when it is not less than the entry's size. result_out_of_range: gone or not yet
  // durable; invalid_argument: no entry starts there; bad_message: damaged.
  [[nodiscard]] base::Result<Entry> entry_at(LogOffset at, std::size_t size_guess,
                                             base::Bytes& scratch) const;
  // The bytes [from, from + size), fewer where their segment or the durable part ends.
  [[nodiscard]] base::Result<base::BytesView> bytes_at(LogOffset from, std::size_t size,
                                                       base::Bytes& scratch) const;

  // --- segments ---
  [[nodiscard]] const std::deque<std::shared_ptr<Segment>>& segments() const { return segments_; }
  // The segment that holds `at`. Pre: begin() <= at < end().
  [[nodiscard]] const Segment& segment_of(LogOffset at) const;
  // Takes the oldest segment off. Pre: there is another one.
  std::shared_ptr<Segment> drop_oldest();
  [[nodiscard]] const Checksum& checksum() const { return checksum_; }

 private:
  void touch(const std::shared_ptr<Segment>& segment);
  void check_marks() const;

  std::shared_ptr<Directory> directory_;
  Checksum checksum_;
  std::uint32_t epoch_;
  std::uint32_t last_epoch_;
  std::size_t write_batch_max_;

  std::deque<std::shared_ptr<Segment>> segments_;
  Tail tail_;
  LogOffset end_;
  LogOffset written_;
  LogOffset durable_;
  LogOffset synced_;

  std::vector<std::shared_ptr<Segment>> unsynced_;  // staged into since the last sync job, oldest first
  bool names_unsynced_;
  bool job_is_out_ = false;
  std::uint64_t syncs_ = 0;
  // Shared with sync jobs, which fail on another thread.
  std::shared_ptr<std::atomic<bool>> failed_ = std::make_shared<std::atomic<bool>>(false);
  base::Result<> write_outcome_;
};

}  // namespace mq::storage
