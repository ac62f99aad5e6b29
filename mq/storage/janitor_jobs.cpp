#include "mq/storage/janitor_jobs.hpp"

#include <algorithm>
#include <utility>

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

constexpr std::size_t kZeroWrite = std::size_t{1} << 20;
// Zeros are synced in small steps, so that the log's own syncs do not queue behind a whole file.
constexpr std::size_t kZeroSync = std::size_t{8} << 20;
// A spare is a luxury: as much again as this many of them stays free for everyone else.
constexpr std::uint64_t kFreeFactor = 4;

bool is_missing(const base::Result<>& outcome) {
  return !outcome && outcome.error() == errc::no_such_file_or_directory;
}

base::Result<> write_zeros(File& file, std::size_t size) {
  const base::Bytes zeros(std::min(size, kZeroWrite));
  for (std::size_t at = 0; at < size; at += zeros.size()) {
    const auto count = std::min(zeros.size(), size - at);
    if (auto done = file.write_at(at, base::BytesView(zeros).first(count)); !done) return done;
    if ((at + count) % kZeroSync != 0) continue;
    if (auto done = file.sync(); !done) return done;
  }
  return file.sync();
}

}  // namespace

base::Result<> IndexJob::run() {
  auto& content = task_.content;
  content.collect_runs();
  const bool with_snapshot = task_.kind != Kind::index_without_snapshot;
  if (with_snapshot && !std::exchange(applied_, true)) bring_snapshot_up_to_date();
  const auto checkpoint_name = file_name(content.tables.start, kCheckpointSuffix);
  const auto name =
      task_.kind == Kind::checkpoint ? checkpoint_name : file_name(content.tables.start, kIndexSuffix);
  auto done = write_index(*state_->directory, name, state_->store, content,
                          with_snapshot ? &state_->snapshot : nullptr);
  if (!done) return done;
  // Much memory in small pieces: let go of it here, not on the hot thread.
  content.runs.clear();
  task_.events.clear();
  if (task_.kind == Kind::checkpoint) return done;
  // The index says all that the segment's checkpoint said.
  if (auto removed = state_->directory->remove(checkpoint_name); !removed && !is_missing(removed))
    return removed;
  return open_written();
}

void IndexJob::bring_snapshot_up_to_date() {
  auto& snapshot = state_->snapshot;
  for (auto& event : task_.events) {
    std::visit([&snapshot](auto& change) { snapshot.apply(std::move(change)); }, event);
  }
  for (const auto& run : task_.content.runs) {
    snapshot.next_offsets[{*run.topic, run.queue}] = run.base + static_cast<std::int64_t>(run.entries.size());
  }
  std::erase_if(snapshot.removals, [this](const auto& removal) { return removal.second < task_.begin; });
  snapshot.forget_shared_before(task_.begin);
  snapshot.delivered = task_.delivered;
  snapshot.carried = task_.carried;
  snapshot.newest_store_ms = task_.newest_store_ms;
}

base::Result<> IndexJob::open_written() {
  const auto start = task_.content.tables.start;
  auto file = state_->directory->open(file_name(start, kIndexSuffix));
  if (!file) return file.error();
  auto index = SegmentIndex::open(std::move(*file), state_->store, start);
  if (!index) return index.error();
  auto runs = (*index)->runs();
  if (!runs) return runs.error();
  index_ = std::move(*index);
  runs_ = std::make_shared<const std::vector<IndexedRun>>(std::move(*runs));
  return {};
}

base::Result<> RetireJob::run() {
  // Oldest first and each durable before the next: a crash never leaves a hole in the log.
  for (; done_ < items_.size(); ++done_) {
    const auto& item = items_[done_];
    const auto name = file_name(item.segment->start, kSegmentSuffix);
    const auto gone =
        item.spare_name.empty() ? directory_->remove(name) : directory_->rename(name, item.spare_name);
    if (!gone && !is_missing(gone)) return gone;
    if (auto done = directory_->sync(); !done) return done;
    for (const auto suffix : {kIndexSuffix, kCheckpointSuffix}) {
      const auto removed = directory_->remove(file_name(item.segment->start, suffix));
      if (!removed && !is_missing(removed)) return removed;
    }
  }
  return {};
}

base::Result<> SpareJob::run() {
  const auto space = directory_->space();
  if (!space) return space.error();
  if (space->free / kFreeFactor < size_) return make_error_code(errc::no_space_on_device);
  const auto temporary = name_ + std::string(kTemporarySuffix);
  auto file = directory_->create(temporary);
  if (!file) return file.error();
  auto done = write_zeros(**file, size_);
  if (done) done = directory_->rename(temporary, name_);
  if (!done) {
    file->reset();
    // Best effort: what cannot be removed now is removed by the next open.
    static_cast<void>(directory_->remove(temporary));
    return done;
  }
  spare_ = {name_, std::move(*file)};
  return {};
}

}  // namespace mq::storage
