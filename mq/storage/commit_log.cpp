#include "mq/storage/commit_log.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "mq/base/assert.hpp"

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

// Recent log in memory: what consumers at the tail read, a few passes of a loaded broker.
constexpr std::size_t kTailBytes = std::size_t{4} << 20;

class LogSyncJob final : public MessageStore::SyncJob {
 public:
  std::vector<std::shared_ptr<Segment>> segments;
  std::shared_ptr<Directory> directory;  // nothing: its names are durable
  std::shared_ptr<std::atomic<bool>> failed;
  std::atomic<bool> succeeded = false;

  base::Result<> run() override {
    auto done = sync_all();
    // The kernel may have dropped the pages; a second sync would lie (reliability: never retried).
    if (!done) failed->store(true, std::memory_order_relaxed);
    succeeded.store(done.has_value(), std::memory_order_relaxed);
    return done;
  }

 private:
  // Older segments, then the names, then the last segment: the watermark may cross a segment's end
  // only when all three are done, and a crash in between leaves a log without holes.
  base::Result<> sync_all() {
    if (failed->load(std::memory_order_relaxed)) return make_error_code(errc::io_error);
    for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
      if (auto done = segments[i]->file->sync(); !done) return done;
    }
    if (directory) {
      if (auto done = directory->sync(); !done) return done;
    }
    return segments.empty() ? base::Result<>{} : segments.back()->file->sync();
  }
};

}  // namespace

CommitLog::CommitLog(Setup setup)
    : directory_(std::move(setup.directory)),
      checksum_(setup.checksum),
      epoch_(setup.epoch),
      last_epoch_(setup.last_epoch),
      write_batch_max_(setup.write_batch_max),
      segments_(std::move(setup.segments)),
      tail_(kTailBytes),
      end_(setup.end),
      written_(setup.end),
      durable_(setup.end),
      synced_(setup.end),
      names_unsynced_(setup.names_unsynced) {
  BASE_ASSERT(!segments_.empty(), "a log has a segment to write to");
  BASE_ASSERT(segments_.back()->start <= end_ && end_ <= segments_.back()->end(),
              "the log ends in its last segment");
}

bool CommitLog::fits(std::size_t size) const {
  const auto rest = static_cast<std::size_t>(segments_.back()->end().value() - end_.value());
  // What remains must be nothing or large enough for a filler's header.
  return size == rest || size + kEntryHeaderSize <= rest;
}

void CommitLog::roll(std::shared_ptr<Segment> next) {
  BASE_ASSERT(next->start == segments_.back()->end(), "segments stand back to back");
  const auto rest = static_cast<std::size_t>(next->start.value() - end_.value());
  if (rest > 0) {
    auto* const entry = tail_.grow(segments_.back(), end_, kEntryHeaderSize);
    touch(segments_.back());
    EntryHeader filler;
    filler.length = static_cast<std::uint32_t>(rest - kEntryHeaderSize);
    seal(entry, filler);
  }
  BASE_ASSERT(end_ == next->start, "the filler ends where its segment ends");
  segments_.push_back(std::move(next));
  touch(segments_.back());
  names_unsynced_ = true;
}

std::byte* CommitLog::stage(std::size_t size) {
  BASE_ASSERT(fits(size), "callers roll before they stage");
  touch(segments_.back());
  return tail_.grow(segments_.back(), end_, size);
}

void CommitLog::seal(std::byte* entry, EntryHeader header) {
  const auto undurable = end_.value() - synced_.value();
  BASE_ASSERT(undurable <= std::numeric_limits<std::uint32_t>::max(), "append refuses long before");
  header.epoch = epoch_;
  header.at = end_;
  header.undurable = static_cast<std::uint32_t>(undurable);
  seal_entry(entry, header, checksum_);
  last_epoch_ = epoch_;
  end_ = advance(end_, entry_size(header.length));
  if (tail_.staged() >= write_batch_max_ && write_outcome_) write_outcome_ = write();
}

base::Result<> CommitLog::write() {
  if (!write_outcome_) return write_outcome_;
  if (failed()) return make_error_code(errc::io_error);
  if (auto done = tail_.write(); !done) {
    write_outcome_ = done;
    fail();
    return done;
  }
  written_ = end_;
  check_marks();
  return {};
}

void CommitLog::touch(const std::shared_ptr<Segment>& segment) {
  if (unsynced_.empty() || unsynced_.back() != segment) unsynced_.push_back(segment);
}

std::shared_ptr<MessageStore::SyncJob> CommitLog::take_sync_job() {
  if (job_is_out_ || failed() || written_ == synced_) return {};
  auto job = std::make_shared<LogSyncJob>();
  job->target = written_;
  job->segments = unsynced_;
  // Staged bytes that are not written yet need the next job, in every segment they reach into.
  if (written_ == end_) unsynced_.clear();
  std::erase_if(unsynced_, [&](const auto& segment) { return segment->end() <= written_; });
  if (std::exchange(names_unsynced_, false)) job->directory = directory_;
  job->failed = failed_;
  job_is_out_ = true;
  return job;
}

void CommitLog::synced(const MessageStore::SyncJob& job) {
  const auto& done = static_cast<const LogSyncJob&>(job);
  BASE_ASSERT(job_is_out_, "one sync job at a time");
  BASE_ASSERT(done.succeeded.load(std::memory_order_relaxed), "a failed sync ends the process");
  job_is_out_ = false;
  ++syncs_;
  synced_ = done.target;
  durable_ = std::max(durable_, synced_);
  check_marks();
}

void CommitLog::assume_durable() {
  durable_ = written_;
  check_marks();
}

void CommitLog::check_marks() const {
  BASE_ASSERT(synced_ <= durable_ && durable_ <= written_ && written_ <= end_, "the marks stand in order");
}

const Segment& CommitLog::segment_of(LogOffset at) const {
  auto after =
      std::upper_bound(segments_.begin(), segments_.end(), at,
                       [](LogOffset offset, const auto& segment) { return offset < segment->start; });
  BASE_ASSERT(after != segments_.begin(), "callers check begin()");
  return **std::prev(after);
}

base::Result<base::BytesView> CommitLog::bytes_at(LogOffset from, std::size_t size,
                                                  base::Bytes& scratch) const {
  if (from < begin() || from >= durable_) return make_error_code(errc::result_out_of_range);
  const auto& segment = segment_of(from);
  const auto limit = std::min(segment.end(), durable_);
  size = std::min(size, static_cast<std::size_t>(limit.value() - from.value()));
  if (const auto found = tail_.find(from, size); found.size() == size) return found;
  if (scratch.size() < size) scratch.resize(size);
  const auto got = segment.file->read_at(segment.position(from), std::span(scratch).first(size));
  if (!got) return got.error();
  return base::BytesView(scratch).first(*got);
}

base::Result<Entry> CommitLog::entry_at(LogOffset at, std::size_t size_guess, base::Bytes& scratch) const {
  auto bytes = bytes_at(at, std::max(size_guess, kEntryHeaderSize), scratch);
  if (!bytes) return bytes.error();
  const auto header = peek_entry(*bytes, at);
  if (!header) return make_error_code(errc::invalid_argument);
  const auto size = kEntryHeaderSize + std::size_t{header->length};
  if (header->type != EntryType::filler && size > bytes->size()) {
    // A length that rot made large must not make us allocate more than the segment holds.
    bytes = bytes_at(at, size, scratch);
    if (!bytes) return bytes.error();
  }
  auto entry = decode_entry(*bytes, at, checksum_);
  if (!entry) return make_error_code(errc::bad_message);
  return *entry;
}

std::shared_ptr<Segment> CommitLog::drop_oldest() {
  BASE_ASSERT(segments_.size() > 1, "the segment that is written to stays");
  auto oldest = std::move(segments_.front());
  segments_.pop_front();
  return oldest;
}

}  // namespace mq::storage
