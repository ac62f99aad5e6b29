#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "mq/storage/janitor_jobs.hpp"

namespace mq::storage {

// What has to be done beside the hot path, in which order, and the spare files that come of it.
//
// Invariant: at most one job is out; indexes are written in the order of the log.
// Thread rule: the hot thread only; the jobs run on the janitor's.
class Upkeep {
 public:
  Upkeep(std::shared_ptr<JanitorState> state, const StoreOptions& options, std::vector<SpareFile> spares,
         LogOffset begin);

  // An index to be written once the log is synced up to its end.
  void add(IndexJob::Task task);
  void retire(std::shared_ptr<Segment> segment);
  // Whether a checkpoint waits or is being written: another one would say little more.
  [[nodiscard]] bool checkpoint_is_due() const;

  // A segment from the reserve, or a new file when the reserve is used up.
  [[nodiscard]] base::Result<std::shared_ptr<Segment>> next_segment(LogOffset start);

  // Nothing when there is none. After a failure the next jobs are held back for a while, counted in calls.
  // `end` is the log's: while it grows from call to call, the reserve is filled only when it runs low.
  [[nodiscard]] std::shared_ptr<MessageStore::JanitorJob> take(LogOffset synced, LogOffset end);
  // Sends are answered before they are on the disk: what written blocks save is not worth writing twice.
  void nobody_waits_for_syncs() { syncs_matter_ = false; }
  // The index job when it was one and went well.
  std::shared_ptr<IndexJob> done(const MessageStore::JanitorJob& job, const base::Result<>& outcome);
  [[nodiscard]] bool job_is_out() const { return out_ != nullptr; }
  // The next index job, ready or not; for close(), which waits for no one.
  [[nodiscard]] std::shared_ptr<IndexJob> take_index();

  // Where the log begins after a crash: retained segments whose files are not gone yet come back.
  [[nodiscard]] LogOffset begin_on_disk() const { return begin_on_disk_; }

  [[nodiscard]] std::size_t spares() const { return spares_.size(); }
  [[nodiscard]] std::uint64_t used_up() const { return used_up_; }

 private:
  [[nodiscard]] std::shared_ptr<MessageStore::JanitorJob> next_job(LogOffset synced);
  [[nodiscard]] std::shared_ptr<MessageStore::JanitorJob> retire_job();
  [[nodiscard]] bool wants_spare() const;
  [[nodiscard]] std::string spare_name();
  void hold_back();

  std::shared_ptr<JanitorState> state_;
  StoreOptions options_;
  std::deque<std::shared_ptr<IndexJob>> indexes_;
  std::vector<std::shared_ptr<Segment>> retired_;
  std::shared_ptr<RetireJob> failed_retire_;  // files it left are tried again
  LogOffset begin_on_disk_;
  std::vector<SpareFile> spares_;
  std::uint64_t spare_number_ = 0;
  LogOffset end_at_last_call_{-1};
  bool log_grows_ = true;
  bool syncs_matter_ = true;
  std::shared_ptr<MessageStore::JanitorJob> out_;
  std::uint64_t used_up_ = 0;
  std::uint32_t failures_ = 0;  // in a row
  std::uint64_t held_back_ = 0;
};

}  // namespace mq::storage
