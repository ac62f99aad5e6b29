#include <algorithm>
#include <utility>

#include "mq/base/assert.hpp"
#include "mq/storage/log_store.hpp"

namespace mq::storage {

namespace {
// Far below half a millisecond, even when nothing of them is in the processor's caches.
constexpr std::size_t kQueuesAtATime = 256;
}  // namespace

namespace errc = boost::system::errc;

IndexJob::Task LogStore::index_task(IndexJob::Kind kind, const Segment& segment, LogOffset upto) {
  const auto& tables = projection_->tables().back();
  BASE_ASSERT(tables.start == segment.start, "the last tables are those of the segment that is written to");
  IndexJob::Task task;
  task.kind = kind;
  task.content = Projection::capture(tables);
  task.content.upto = upto;
  task.content.last_epoch = log_.last_epoch();
  task.content.writer_epoch = log_.epoch();
  task.segment_end = segment.end();
  task.events = projection_->take_events();
  task.delivered = projection_->delivered();
  task.carried = projection_->carried();
  task.newest_store_ms = projection_->newest_store_ms();
  task.oldest_half = projection_->oldest_half(upto);
  task.begin = upkeep_.begin_on_disk();
  captured_upto_ = upto;
  return task;
}

void LogStore::checkpoint_if_due() {
  const auto since = static_cast<std::size_t>(log_.end().value() - captured_upto_.value());
  const bool wanted = since >= options_.checkpoint_every || (checkpoint_wanted_ && since > 0);
  if (!wanted || upkeep_.checkpoint_is_due()) return;
  const auto& active = *log_.segments().back();
  const auto& tables = projection_->tables();
  // A segment that was full at open has its index already.
  if (tables.empty() || tables.back().start != active.start) return;
  checkpoint_wanted_ = false;
  upkeep_.add(index_task(IndexJob::Kind::checkpoint, active, log_.end()));
}

void LogStore::continue_upkeep() {
  projection_->replace_some(kQueuesAtATime);
  projection_->queues().trim_some(kQueuesAtATime);
}

std::shared_ptr<MessageStore::JanitorJob> LogStore::take_janitor_job() {
  if (log_.failed()) return {};
  continue_upkeep();
  return upkeep_.take(log_.synced(), log_.end());
}

void LogStore::done(const JanitorJob& job, const base::Result<>& outcome) {
  const auto index = upkeep_.done(job, outcome);
  if (!index) return;
  const auto& task = index->task();
  if (task.kind != IndexJob::Kind::index_without_snapshot) {
    snapshot_upto_ = std::max(snapshot_upto_, task.content.upto);
    snapshot_delivered_ = std::max(snapshot_delivered_, task.delivered);
    snapshot_carried_ = std::max(snapshot_carried_, task.carried);
    snapshot_oldest_half_ = std::max(snapshot_oldest_half_, task.oldest_half);
  }
  // An index of messages that were forgotten while it was written is of no use.
  const bool forgotten = task.content.upto <= forgotten_;
  if (task.kind != IndexJob::Kind::checkpoint && !forgotten) {
    projection_->replace({index->index(), task.segment_end, index->runs()});
  }
  continue_upkeep();
  if (retention_waits_) retain(before_ms_, log_size_max_);
}

void LogStore::retain(std::int64_t before_ms, std::uint64_t log_size_max) {
  before_ms_ = before_ms;
  log_size_max_ = log_size_max;
  retention_waits_ = false;
  bool dropped = false;
  while (log_.segments().size() > 1) {
    const auto& oldest = *log_.segments().front();
    const auto found = projection_->indexes().find(oldest.start);
    if (found == projection_->indexes().end()) break;
    const auto& header = found->second->header();
    const auto log_size = static_cast<std::uint64_t>(log_.end().value() - log_.begin().value());
    const auto needed = projection_->needed(oldest.start).value_or(Projection::Needed{});
    const bool young = header.store_ms_max >= before_ms || needed.newest_ms >= before_ms;
    if (young && log_size <= log_size_max) break;
    // What a crash may take back hides nothing: no queue's minimum ever falls.
    if (needed.newest >= log_.synced()) break;
    // Only where versions before 4 wrote it does something wait that has its body in an earlier segment.
    if (needed.last_timer > snapshot_delivered_ || !is_clear(oldest)) break;
    // Offsets and metadata of what goes must stand in a file that stays.
    if (snapshot_upto_ <= oldest.end()) {
      checkpoint_wanted_ = true;
      retention_waits_ = true;
      break;
    }
    upkeep_.retire(log_.drop_oldest());
    dropped = true;
  }
  if (!dropped) return;
  projection_->drop_before(log_.begin(), upkeep_.begin_on_disk());
  scratch_ = {};
}

void LogStore::forget() {
  BASE_ASSERT(log_.durable() == log_.end(), "nobody waits for what is forgotten");
  while (log_.segments().size() > 1) upkeep_.retire(log_.drop_oldest());
  projection_->forget(log_.segments().back()->start);
  timers_.clear();
  clearing_.reset();
  retention_waits_ = false;
  scratch_ = {};
  forgotten_ = log_.end();
}

MessageStore::Stats LogStore::stats() const {
  Stats stats;
  stats.appended = appended_;
  stats.bytes = bytes_;
  stats.syncs = log_.syncs();
  stats.segments = log_.segments().size();
  stats.reserve_ready = upkeep_.spares();
  stats.reserve_used_up = upkeep_.used_up();
  stats.shared_bodies = shared_bodies_;
  stats.carried = carried_;
  stats.undecided_halves = projection_->halves().size();
  stats.log_bytes = static_cast<std::uint64_t>(log_.end().value() - log_.begin().value());
  stats.recovered_entries = recovered_entries_;
  stats.recovery_us = recovery_us_;
  stats.indexes_rebuilt = indexes_rebuilt_;
  stats.truncated_bytes = truncated_bytes_;
  stats.checksum_errors = checksum_errors_;
  stats.earliest_store_ms = projection_->earliest_store_ms().value_or(0);
  return stats;
}

base::Result<> LogStore::sync_now() {
  while (log_.synced() < log_.end()) {
    if (auto done = log_.write(); !done) return done;
    const auto job = log_.take_sync_job();
    if (!job) return make_error_code(errc::io_error);
    if (auto done = job->run(); !done) return done;
    log_.synced(*job);
  }
  return {};
}

base::Result<> LogStore::close() {
  if (closed_) return {};
  if (log_.failed()) return make_error_code(errc::io_error);
  BASE_ASSERT(!log_.sync_job_is_out() && !upkeep_.job_is_out(), "jobs come home before close()");
  if (auto done = sync_now(); !done) return done;
  closed_ = true;
  const auto& active = *log_.segments().back();
  const auto& tables = projection_->tables();
  if (!tables.empty() && tables.back().start == active.start) {
    auto task = index_task(IndexJob::Kind::checkpoint, active, log_.end());
    task.content.closed = true;
    upkeep_.add(std::move(task));
  }
  while (const auto job = upkeep_.take_index()) {
    const auto outcome = job->run();
    done(*job, outcome);
    // The log is whole without it; the next open only reads more.
    if (!outcome) return outcome;
  }
  return {};
}

}  // namespace mq::storage
