// What waits, and stands where retention wants to take the log away.
#include <algorithm>
#include <utility>

#include "mq/base/assert.hpp"
#include "mq/storage/log_store.hpp"

namespace mq::storage {

namespace {
// Read at a time: one chunk of the index.
constexpr std::uint64_t kTimersAtATime = 128;
constexpr std::size_t kSizeGuess = 4096;
}  // namespace

// One byte for every byte that was appended otherwise. So of a log that is carried forward as a whole,
// because nearly all of it waits, half is new each time; saved up is no more than it takes to go through it
// once.
void LogStore::grant_credit() {
  const auto grown = static_cast<std::uint64_t>(log_.end().value() - credited_upto_.value());
  const auto size = static_cast<std::uint64_t>(log_.end().value() - log_.begin().value());
  carry_credit_ = std::min(carry_credit_ + grown - std::min(carried_bytes_, grown), size);
  carried_bytes_ = 0;
  credited_upto_ = log_.end();
}

bool LogStore::is_clear(const Segment& oldest) {
  const auto last = projection_->indexes().at(oldest.start)->header().last_timer;
  const auto clear_by = [&](const TimerMark& delivered, const CarriedMark& carried, LogOffset oldest_half) {
    return (last <= delivered || carried.covers(oldest.start, last)) && oldest_half >= oldest.end();
  };
  // Compared with what a crash cannot take back: it would need the timer or the half message again.
  if (clear_by(snapshot_delivered_, snapshot_carried_, snapshot_oldest_half_)) return true;
  const auto oldest_half = projection_->oldest_half(log_.end());
  if (clear_by(projection_->delivered(), projection_->carried(), oldest_half)) {
    checkpoint_wanted_ = true;
    retention_waits_ = true;
  } else {
    grant_credit();
    clearing_ = oldest.start;
    held_timers_.clear();
  }
  return false;
}

std::optional<MessageStore::Held> LogStore::next_held() {
  const auto& oldest = *log_.segments().front();
  if (!clearing_ || *clearing_ != oldest.start || carry_credit_ == 0) return {};
  const auto& halves = projection_->halves();
  if (!halves.empty() && halves.oldest().at < oldest.end()) {
    const auto [half, at] = halves.oldest();
    return Held{.at = at, .origin = half, .half = true};
  }
  auto timer = next_held_timer(oldest);
  if (!timer) {
    clearing_.reset();
    retention_waits_ = true;
    checkpoint_wanted_ = true;
  }
  return timer;
}

std::optional<MessageStore::Held> LogStore::next_held_timer(const Segment& oldest) {
  const auto& carried = projection_->carried();
  const auto done = oldest.start == carried.segment ? std::max(projection_->delivered(), carried.upto)
                                                    : projection_->delivered();
  while (!held_timers_.empty() && held_timers_.back() <= done) held_timers_.pop_back();
  if (held_timers_.empty()) {
    const auto& index = *projection_->indexes().at(oldest.start);
    // An index that cannot be read keeps its segment: the next start makes it anew.
    if (!index.timers_above(done, kTimersAtATime, held_timers_)) held_timers_.clear();
    std::ranges::reverse(held_timers_);
  }
  if (held_timers_.empty()) return {};
  const auto& next = held_timers_.back();
  return Held{.at = LogOffset{next.origin}, .origin = LogOffset{next.origin}, .due_ms = next.due_ms};
}

base::Result<Appended> LogStore::carry(const Held& held, std::int64_t store_ms) {
  carried_record_.clear();
  const auto entry = message_at(held.at, kSizeGuess);
  auto read = entry ? append_record(*entry, carried_record_) : base::Result<>(entry.error());
  const auto decoded = read ? decode_record(carried_record_) : base::Result<DecodedRecord>(read.error());
  if (!decoded) {
    clearing_.reset();
    return decoded.error();
  }
  const auto size = entry_size(encoded_size(decoded->record));
  if (const auto refused = admit(size); refused != Refused::none) return as_error(refused).error();
  AppendExtra extra;
  extra.half = held.half;
  if (!held.half) extra.timer_due_ms = held.due_ms;
  const auto done = put(decoded->record, store_ms, extra, {.stands_for = &held});
  carry_credit_ -= std::min<std::uint64_t>(carry_credit_, size);
  carried_bytes_ += size;
  ++carried_;
  return done;
}

base::Result<LogOffset> LogStore::drop_held(const Held& held, const std::vector<MetaChange>& changes) {
  BASE_ASSERT(!held.half, "a half message is rolled back");
  EntryHeader header;
  header.flags = entry_flag::kCarries;
  header.due_ms = held.due_ms;
  header.origin = held.at;
  const auto end = append_meta(changes, header);
  if (end) {
    projection_->carry_timer(log_.segment_of(held.at).start, {held.due_ms, held.at.value()});
  }
  return end;
}

bool LogStore::is_carried(const PendingTimer& timer) const {
  if (projection_->carried().segment < LogOffset{0}) return false;
  if (timer.origin < log_.begin()) return true;
  return projection_->carried().covers(log_.segment_of(timer.origin).start,
                                       {timer.due_ms, timer.origin.value()});
}

}  // namespace mq::storage
