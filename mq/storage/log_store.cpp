#include "mq/storage/log_store.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "mq/base/assert.hpp"
#include "mq/storage/delivery.hpp"
#include "mq/storage/metadata_codec.hpp"

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

// 4 MB of rows: what catch-up reads of a few hundred queues touch at a time.
constexpr std::size_t kCachedChunks = 1024;
constexpr std::size_t kTopicSizeMax = 255;
// Entries say in 32 bits how far behind the last sync is.
constexpr std::int64_t kUnsyncedMax = std::int64_t{2} << 30;

// A filler says in 32 bits how much of its segment it fills.
constexpr std::size_t kSegmentSizeMax = std::size_t{2} << 30;

// Beside its body, a record is rarely larger: then one read gets it whole.
constexpr std::size_t kSharedSizeGuess = 1024;
// Bodies are shared with the newest part of a log of limited size, one in so many.
constexpr std::uint64_t kSharedPartOfLog = 4;

constexpr std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

Appended refused_because(Refused why) {
  Appended answer;
  answer.refused = why;
  return answer;
}

bool within_limits(const Record& record) {
  return record.body.size() <= kBodySizeMax && record.properties.size() <= kPropertiesSizeMax &&
         record.topic.size() <= kTopicSizeMax && record.queue >= 0 && record.queue < kQueuesMax;
}

// Why a segment could not be made that may be made later, while everything below it stays readable.
std::optional<Refused> passing_reason(const boost::system::error_code& error) {
  switch (error.value()) {  // errno, in the generic and in the system category
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EROFS:
      return Refused::disk_full;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Refused::busy;
    default:
      return {};
  }
}

}  // namespace

base::Result<LogOffset> LogStore::as_error(Refused refused) {
  switch (refused) {
    case Refused::none:
      break;
    case Refused::too_large:
      return make_error_code(errc::message_size);
    case Refused::disk_full:
      return make_error_code(errc::no_space_on_device);
    case Refused::busy:
      return make_error_code(errc::resource_unavailable_try_again);
    case Refused::shutting_down:
      return make_error_code(errc::io_error);
  }
  BASE_ASSERT(false, "only refusals are errors");
}

base::Result<std::unique_ptr<MessageStore>> MessageStore::open(std::unique_ptr<Directory> directory,
                                                               const StoreOptions& options,
                                                               std::string& problem) {
  const auto started = std::chrono::steady_clock::now();
  auto adjusted = options;
  adjusted.segment_size =
      round_up(std::clamp(options.segment_size, 2 * kEntryHeaderSize, kSegmentSizeMax), kEntryAlignment);
  std::shared_ptr<Directory> shared = std::move(directory);
  auto recovered = Recovery(*shared, adjusted, problem).run();
  if (!recovered) {
    if (problem.empty()) problem = recovered.error().message();
    return recovered.error();
  }
  auto store = std::make_unique<LogStore>(std::move(shared), adjusted, std::move(*recovered));
  const auto took = std::chrono::steady_clock::now() - started;
  store->set_recovery_time(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  return std::unique_ptr<MessageStore>(std::move(store));
}

LogStore::LogStore(const std::shared_ptr<Directory>& directory, const StoreOptions& options,
                   Recovered recovered)
    : options_(options),
      log_({.directory = directory,
            .checksum = Checksum(recovered.identity.id),
            .epoch = recovered.identity.epoch,
            .last_epoch = recovered.last_epoch,
            .write_batch_max = options.write_batch_max,
            .segments = std::move(recovered.segments),
            .end = recovered.end}),
      projection_(std::move(recovered.projection)),
      timers_(std::move(recovered.timers)),
      upkeep_(std::make_shared<JanitorState>(
                  JanitorState{directory, recovered.identity.id, std::move(recovered.snapshot)}),
              options, std::move(recovered.spares), log_.begin()),
      snapshot_upto_(recovered.snapshot_upto),
      captured_upto_(recovered.snapshot_upto),
      snapshot_delivered_(projection_->delivered()),
      snapshot_oldest_half_(recovered.oldest_half),
      snapshot_carried_(projection_->carried()),
      cache_(kCachedChunks),
      recovered_entries_(recovered.entries_read),
      indexes_rebuilt_(recovered.indexes_rebuilt),
      truncated_bytes_(recovered.truncated_bytes) {
  for (auto& task : recovered.indexes_due) upkeep_.add(std::move(task));
  credited_upto_ = log_.begin();
}

Refused LogStore::admit(std::size_t size) {
  if (closed_ || log_.failed()) return Refused::shutting_down;
  if (size != options_.segment_size && size + kEntryHeaderSize > options_.segment_size)
    return Refused::too_large;
  const auto undurable = static_cast<std::size_t>(log_.end().value() - log_.durable().value());
  if (undurable > 0 && undurable + size > options_.undurable_max) return Refused::busy;
  if (log_.end().value() - log_.synced().value() > kUnsyncedMax) return Refused::busy;
  if (log_.fits(size)) return Refused::none;
  if (auto rolled = roll(); !rolled) {
    // Nothing was appended and the old segment is as it was: when the reason goes, service returns.
    if (const auto passing = passing_reason(rolled.error())) return *passing;
    log_.fail(rolled);
    return Refused::shutting_down;
  }
  return Refused::none;
}

base::Result<> LogStore::roll() {
  const auto full = log_.segments().back();
  auto next = upkeep_.next_segment(full->end());
  if (!next) return next.error();
  log_.roll(std::move(*next));
  const auto& tables = projection_->tables();
  if (!tables.empty() && tables.back().start == full->start) {
    upkeep_.add(index_task(IndexJob::Kind::index, *full, full->end()));
  }
  projection_->begin_segment(full->end());
  return {};
}

std::optional<TimerMark> LogStore::timer_at(LogOffset origin) const {
  BASE_ASSERT(origin < log_.durable(), "only what is durable is delivered");
  BASE_ASSERT(origin >= log_.begin(), "what was carried forward is delivered from its new place");
  const auto entry = log_.entry_at(entry_of(origin), 0, scratch_);
  if (!entry || (entry->header.flags & entry_flag::kTimer) == 0) return {};
  return TimerMark{entry->header.due_ms, origin.value()};
}

// What is far back would outlive its message only by keeping more of the log than was asked for.
std::optional<LogOffset> LogStore::holder_for(const Record& record, const AppendExtra& extra) const {
  if (!extra.body_at || extra.half || record.body.size() < options_.shared_body_min) return {};
  auto at = *extra.body_at;
  auto entry = log_.entry_at(entry_of(at), kSharedSizeGuess + record.body.size(), holder_scratch_);
  if (entry && entry->header.type == EntryType::delivery) {
    at = holder_of(entry->payload);
    entry = log_.entry_at(entry_of(at), kSharedSizeGuess + record.body.size(), holder_scratch_);
  }
  if (!entry || entry->header.type != EntryType::message) return {};
  const auto distance = static_cast<std::uint64_t>(log_.end().value() - at.value());
  if (distance > log_size_max_ / kSharedPartOfLog) return {};
  if (!std::ranges::equal(body_of_record(entry->payload), record.body)) return {};
  return at;
}

// What waits takes its body along when its segment goes, so it must not need the body of another one.
bool LogStore::stay_together(LogOffset record, std::size_t size) const {
  return record >= log_.segments().back()->start && log_.fits(size);
}

Appended LogStore::append(const Record& record, std::int64_t store_ms, const AppendExtra& extra) {
  BASE_ASSERT(!(extra.timer_due_ms && extra.timer_origin), "a delivered timer is not a timer again");
  BASE_ASSERT(!extra.half || !(extra.timer_due_ms || extra.timer_origin || extra.half_origin),
              "a half message is nothing else");
  BASE_ASSERT(!extra.half_origin || (!extra.timer_origin && is_undecided(*extra.half_origin)),
              "a half message is decided once");
  if (!within_limits(record)) return refused_because(Refused::too_large);
  auto holder = holder_for(record, extra);
  if (holder && extra.timer_due_ms && !stay_together(*holder, entry_size(delivery_size(record)))) holder = {};
  const auto refused = admit(entry_size(holder ? delivery_size(record) : encoded_size(record)));
  return refused == Refused::none ? put(record, store_ms, extra, {.holder = holder})
                                  : refused_because(refused);
}

Refused LogStore::append_all(std::span<const Record> records, std::int64_t store_ms,
                             std::vector<Appended>& appended) {
  appended.clear();
  std::size_t total = 0;
  for (const auto& record : records) {
    if (!within_limits(record)) return Refused::too_large;
    total += entry_size(encoded_size(record));
  }
  if (const auto refused = admit(total); refused != Refused::none) return refused;
  for (const auto& record : records) appended.push_back(put(record, store_ms, {}, {}));
  return Refused::none;
}

Appended LogStore::put(const Record& record, std::int64_t store_ms, const AppendExtra& extra,
                       const Links& links) {
  const auto& holder = links.holder;
  const auto size = holder ? delivery_size(record) : encoded_size(record);
  Appended done;
  done.at = payload_of(log_.end());
  auto& queue = projection_->queues().get(record.topic, record.queue);
  done.queue_offset = QueueOffset{queue.next};
  done.store_ms = std::max(store_ms, projection_->newest_store_ms());

  EntryHeader header;
  header.type = holder ? EntryType::delivery : EntryType::message;
  header.length = static_cast<std::uint32_t>(size);
  const auto delivered = extra.timer_origin ? timer_at(*extra.timer_origin) : std::nullopt;
  if (extra.timer_due_ms) {
    done.timer_due_ms = std::max(*extra.timer_due_ms, projection_->delivered().due_ms);
    header.flags = entry_flag::kTimer;
    header.due_ms = done.timer_due_ms;
  } else if (delivered) {
    header.flags = entry_flag::kDelivers;
    header.due_ms = delivered->due_ms;
    header.origin = LogOffset{delivered->origin};
  }
  if (extra.half) header.flags |= entry_flag::kHalf;
  if (extra.half_origin) {
    header.flags |= entry_flag::kDecides;
    header.origin = *extra.half_origin;
  }
  if (links.stands_for != nullptr) {
    header.flags |= entry_flag::kCarries;
    header.origin = links.stands_for->origin;
  }

  auto stored = record;
  stored.queue_offset = done.queue_offset;
  stored.log_offset = done.at;
  stored.store_ms = done.store_ms;
  auto* const entry = log_.stage(entry_size(size));
  auto* const payload = entry + kEntryHeaderSize;
  holder ? encode_delivery(stored, *holder, payload) : encode_record(stored, payload);
  log_.seal(entry, header);
  done.end = log_.end();

  project(queue, record, done, extra, links);
  if (delivered) projection_->deliver_timer(*delivered);
  ++appended_;
  bytes_ += size;
  return done;
}

void LogStore::project(QueueState& queue, const Record& record, const Appended& done,
                       const AppendExtra& extra, const Links& links) {
  const Projection::Message message{.queue_offset = done.queue_offset.value(),
                                    .at = done.at,
                                    .size = static_cast<std::int32_t>(encoded_size(record)),
                                    .store_ms = done.store_ms};
  projection_->add_message(queue, message, indexed_properties(record.properties));
  const TimerMark timer = extra.timer_due_ms ? TimerMark{done.timer_due_ms, done.at.value()} : TimerMark{};
  if (extra.timer_due_ms) projection_->add_timer(timer);
  const auto* const carried = links.stands_for;
  if (carried != nullptr && carried->half) {
    projection_->carry_half(carried->origin, done.at);
  } else if (carried != nullptr) {
    projection_->carry_timer(log_.segment_of(carried->at).start, {carried->due_ms, carried->at.value()});
  }
  if (extra.half && carried == nullptr) projection_->add_half(done.at);
  if (extra.half_origin) projection_->decide_half(*extra.half_origin);
  if (!links.holder) return;
  projection_->share_body(queue, message, log_.segment_of(*links.holder).start, timer);
  ++shared_bodies_;
}

base::Result<LogOffset> LogStore::append_small(EntryType type, base::BytesView payload, EntryHeader header) {
  const auto size = entry_size(payload.size());
  if (const auto refused = admit(size); refused != Refused::none) return as_error(refused);
  auto* const entry = log_.stage(size);
  if (!payload.empty()) std::memcpy(entry + kEntryHeaderSize, payload.data(), payload.size());
  header.type = type;
  header.length = static_cast<std::uint32_t>(payload.size());
  log_.seal(entry, header);
  return log_.end();
}

base::Result<LogOffset> LogStore::append_meta(const std::vector<MetaChange>& changes,
                                              const EntryHeader& header) {
  const bool sane =
      std::ranges::all_of(changes, [](const auto& change) { return change.key.size() <= kMetadataKeyMax; });
  if (!sane) return as_error(Refused::too_large);
  base::Bytes payload(encoded_size(changes));
  encode_metadata(changes, payload.data());
  const auto end = append_small(EntryType::metadata, payload, header);
  if (end) projection_->change_metadata(changes);
  return end;
}

base::Result<LogOffset> LogStore::put_meta(const std::vector<MetaChange>& changes) {
  return append_meta(changes, {});
}

base::Result<LogOffset> LogStore::drop_timer(LogOffset timer, const std::vector<MetaChange>& changes) {
  const auto dropped = timer_at(timer);
  EntryHeader header;
  if (dropped) {
    header.flags = entry_flag::kDelivers;
    header.due_ms = dropped->due_ms;
    header.origin = timer;
  }
  const auto end = append_meta(changes, header);
  if (end && dropped) projection_->deliver_timer(*dropped);
  return end;
}

base::Result<LogOffset> LogStore::roll_back(LogOffset half) {
  BASE_ASSERT(is_undecided(half), "a half message is decided once");
  EntryHeader header;
  header.origin = half;
  const auto end = append_small(EntryType::rollback, {}, header);
  if (end) projection_->decide_half(half);
  return end;
}

bool LogStore::is_undecided(LogOffset half) const {
  return half < log_.durable() && projection_->halves().contains(half);
}

LogOffset LogStore::place_of(LogOffset half) const {
  const auto place = projection_->halves().place_of(half);
  return place.now < log_.durable() ? place.now : place.before;
}

std::vector<LogOffset> LogStore::undecided_halves() const { return projection_->halves().all(); }

base::Result<LogOffset> LogStore::remove_topic(std::string_view topic) {
  if (topic.size() > kTopicSizeMax) return as_error(Refused::too_large);
  const auto end = append_small(EntryType::topic_removal, base::bytes_of(topic));
  if (end)
    projection_->remove_topic(topic,
                              LogOffset{end->value() - static_cast<std::int64_t>(entry_size(topic.size()))});
  return end;
}

base::Result<> LogStore::write_pass() {
  if (auto done = log_.write(); !done) return done;
  checkpoint_if_due();
  continue_upkeep();
  return {};
}

}  // namespace mq::storage
