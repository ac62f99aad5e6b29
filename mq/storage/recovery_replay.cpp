#include <algorithm>
#include <array>
#include <utility>

#include "mq/model/record.hpp"
#include "mq/storage/delivery.hpp"
#include "mq/storage/metadata_codec.hpp"
#include "mq/storage/recovery.hpp"

namespace mq::storage {

namespace errc = boost::system::errc;

IndexJob::Task Recovery::sealed_task(const Segment& segment) {
  auto& projection = *found_.projection;
  IndexJob::Task task;
  task.content = Projection::capture(projection.tables().back());
  task.content.upto = segment.end();
  task.content.last_epoch = found_.last_epoch;
  task.content.writer_epoch = found_.identity.epoch;
  task.segment_end = segment.end();
  task.begin = files_.segments.front()->start;
  task.events = projection.take_events();
  task.delivered = projection.delivered();
  task.carried = projection.carried();
  task.newest_store_ms = projection.newest_store_ms();
  task.oldest_half = projection.oldest_half(segment.end());
  return task;
}

base::Result<> Recovery::replay(const Start& start) {
  if (closed_) return {};
  for (std::size_t i = 0; i < files_.segments.size(); ++i) {
    const auto& segment = *files_.segments[i];
    const bool loaded = start.checkpoint && start.checkpoint->header().start == segment.start;
    if (segment.end() <= start.upto && !loaded) continue;
    const auto from = std::max(segment.start, start.upto);
    if (!loaded) found_.projection->begin_segment(segment.start);
    if (fresh_) return {};
    const auto whole = replay_segment(segment, from);
    if (!whole) return whole.error();
    if (*whole == Replayed::ends_here) return check_end();
    if (i + 1 < files_.segments.size()) {
      found_.indexes_due.push_back(sealed_task(segment));
    }
  }
  return {};
}

base::Result<Recovery::Replayed> Recovery::replay_segment(const Segment& segment, LogOffset from) {
  SegmentReader reader(segment);
  found_.end = from;
  while (found_.end < segment.end()) {
    const auto entry = reader.entry(found_.end, *checksum_);
    if (!entry) {
      return refuse(errc::io_error,
                    "the log cannot be read at " + place(found_.end) + ": " + entry.error().message());
    }
    // An entry of an earlier epoch is what an older run left behind a tail that was cut.
    if (!*entry || (*entry)->header.epoch < found_.last_epoch) return Replayed::ends_here;
    if (auto done = apply(**entry, segment); !done) return done.error();
    found_.last_epoch = (*entry)->header.epoch;
    ++found_.entries_read;
    found_.end = (*entry)->end();
  }
  return Replayed::whole;
}

base::Result<> Recovery::check_end() {
  const auto behind = look_behind(files_.segments, found_.end, found_.last_epoch, *checksum_);
  if (!behind) return refuse(errc::io_error, "the log cannot be read behind " + place(found_.end));
  found_.truncated_bytes = static_cast<std::uint64_t>(behind->written_to.value() - found_.end.value());
  if (!behind->proof_of_rot) return {};
  return refuse(errc::bad_message,
                "the log is damaged at " + place(found_.end) + ": that place was durable when the entry at " +
                    place(*behind->proof_of_rot) + " was written; restore the data directory from a backup");
}

base::Result<> Recovery::apply(const Entry& entry, const Segment& segment) {
  const auto& header = entry.header;
  auto& projection = *found_.projection;
  if (header.epoch > found_.identity.epoch) {
    return refuse(errc::bad_message,
                  "the entry at " + place(header.at) + " is of epoch " + std::to_string(header.epoch) +
                      ", but FORMAT says " + std::to_string(found_.identity.epoch) +
                      "; files of different times are mixed: restore all of them from one backup");
  }
  switch (header.type) {
    case EntryType::message:
    case EntryType::delivery:
      return apply_message(entry, projection, Expected::next_of_queue);
    case EntryType::metadata: {
      auto changes = decode_metadata(entry.payload);
      if (!changes)
        return refuse(errc::bad_message, "the metadata entry at " + place(header.at) + " makes no sense");
      projection.change_metadata(std::move(*changes));
      if ((header.flags & entry_flag::kDelivers) != 0)
        projection.deliver_timer({header.due_ms, header.origin.value()});
      if ((header.flags & entry_flag::kCarries) != 0)
        projection.carry_timer(segment_start(header.origin), {header.due_ms, header.origin.value()});
      return {};
    }
    case EntryType::topic_removal:
      projection.remove_topic(base::text_of(entry.payload), header.at);
      return {};
    case EntryType::rollback:
      projection.decide_half(header.origin);
      return {};
    case EntryType::filler:
      if (entry.end() == segment.end()) return {};
      return refuse(errc::bad_message,
                    "the filler at " + place(header.at) +
                        " does not end where its file ends; restore the data directory from a backup");
  }
  return refuse(errc::not_supported, "the entry at " + place(header.at) + " has type " +
                                         std::to_string(static_cast<int>(header.type)) +
                                         ", which this version does not know; use the version that wrote it");
}

base::Result<Recovery::Message> Recovery::decode_message(const Entry& entry) {
  Message message;
  if (entry.header.type == EntryType::delivery) {
    const auto delivery = decode_delivery(entry.payload, without_body_);
    if (delivery && delivery->holder < entry.header.at) {
      message = {delivery->record, delivery->size, delivery->holder};
    }
  } else if (const auto decoded = decode_record(entry.payload);
             decoded && decoded->size == entry.payload.size()) {
    message = {decoded->record, decoded->size, {}};
  }
  const auto& record = message.record;
  if (message.size == 0 || record.log_offset != payload_of(entry.header.at) || record.queue < 0 ||
      record.queue >= kQueuesMax) {
    return refuse(errc::bad_message, "the message at " + place(entry.header.at) + " cannot be decoded");
  }
  return message;
}

base::Result<> Recovery::apply_message(const Entry& entry, Projection& projection, Expected expected) {
  const auto& header = entry.header;
  const auto at = payload_of(header.at);
  const auto decoded = decode_message(entry);
  if (!decoded) return decoded.error();
  const auto& record = decoded->record;
  auto& queue = projection.queues().get(record.topic, record.queue);
  const auto offset = record.queue_offset.value();
  auto next = queue.next;
  if (expected == Expected::next_of_runs) next = queue.runs.empty() ? offset : queue.runs.back().end();
  if (offset != next || offset < 0) {
    return refuse(errc::bad_message, "the message at " + place(header.at) + " has queue offset " +
                                         std::to_string(offset) + " where " + std::to_string(next) +
                                         " comes next; restore the data directory from a backup");
  }
  const Projection::Message message{.queue_offset = offset,
                                    .at = at,
                                    .size = static_cast<std::int32_t>(decoded->size),
                                    .store_ms = record.store_ms};
  projection.add_message(queue, message, indexed_properties(record.properties));
  const bool waits = (header.flags & entry_flag::kTimer) != 0;
  const TimerMark timer = waits ? TimerMark{header.due_ms, at.value()} : TimerMark{};
  if (waits) projection.add_timer(timer);
  if (decoded->holder) projection.share_body(queue, message, segment_start(*decoded->holder), timer);
  if ((header.flags & entry_flag::kDelivers) != 0)
    projection.deliver_timer({header.due_ms, header.origin.value()});
  const bool carries = (header.flags & entry_flag::kCarries) != 0;
  if (carries && waits)
    projection.carry_timer(segment_start(header.origin), {header.due_ms, header.origin.value()});
  if ((header.flags & entry_flag::kHalf) != 0) {
    carries ? projection.carry_half(header.origin, at) : projection.add_half(at);
  }
  if ((header.flags & entry_flag::kDecides) != 0) projection.decide_half(header.origin);
  return {};
}

LogOffset Recovery::segment_start(LogOffset at) const {
  const auto after =
      std::ranges::upper_bound(files_.segments, at, {}, [](const auto& s) { return s->start; });
  return after == files_.segments.begin() ? at : (*std::prev(after))->start;
}

// An entry was cut here because its first bytes never reached the disk. The first bytes of the next entry may
// be the very same, and be all that reaches the disk of that one: then the old one, and what follows it,
// would be back.
base::Result<> Recovery::wipe_end() {
  for (const auto& segment : files_.segments) {
    if (!segment->holds(found_.end) || segment->end() < advance(found_.end, kEntryHeaderSize)) continue;
    std::array<std::byte, kEntryHeaderSize> head{};
    const auto position = segment->position(found_.end);
    const auto got = segment->file->read_at(position, head);
    if (!got) return got.error();
    if (std::ranges::all_of(head, [](std::byte byte) { return byte == std::byte{0}; })) return {};
    head.fill(std::byte{0});
    const auto wiped = segment->file->write_at(position, head);
    // Who may only read will append nothing here.
    return !wiped && wiped.error() == errc::read_only_file_system ? base::Result<>{} : wiped;
  }
  return {};
}

// The kernel may hold entries that never reached the disk; what readers see must be there first.
base::Result<> Recovery::sync_tail(LogOffset from) {
  if (closed_) return {};
  if (auto done = wipe_end(); !done) {
    return refuse(errc::io_error, "the log's end cannot be written: " + done.error().message());
  }
  for (const auto& segment : files_.segments) {
    if (segment->end() <= from || segment->start > found_.end) continue;
    if (auto done = segment->file->sync(); !done) {
      return refuse(errc::io_error, "the log cannot be synced: " + done.error().message());
    }
  }
  return {};
}

// Segments behind the end hold nothing that was ever durable.
base::Result<> Recovery::cut_tail() {
  while (files_.segments.size() > 1 && files_.segments.back()->start > found_.end) {
    const auto name = file_name(files_.segments.back()->start, kSegmentSuffix);
    if (auto done = directory_.remove(name); !done) {
      return refuse(errc::io_error, "the file " + name + " cannot be removed: " + done.error().message());
    }
    files_.segments.pop_back();
  }
  return {};
}

// A spare that became a segment, and lost its new name in a crash, holds entries for the very offsets
// where it may stand again. Nobody was told of them; they must not come back.
base::Result<> Recovery::check_spares() {
  std::array<std::byte, kEntryHeaderSize> head{};
  for (auto spare = files_.spares.begin(); spare != files_.spares.end();) {
    const auto got = spare->file->read_at(0, head);
    if (!got)
      return refuse(errc::io_error, "the file " + spare->name + " cannot be read: " + got.error().message());
    const auto claimed = claimed_offset(base::BytesView(head).first(*got));
    if (!claimed || *claimed < found_.end) {
      ++spare;
      continue;
    }
    if (auto done = directory_.remove(spare->name); !done) {
      return refuse(errc::io_error,
                    "the file " + spare->name + " cannot be removed: " + done.error().message());
    }
    spare = files_.spares.erase(spare);
  }
  return {};
}

base::Result<> Recovery::collect_timers() {
  const auto& projection = *found_.projection;
  const auto& delivered = projection.delivered();
  const auto& carried = projection.carried();
  // A million of them are sixteen megabytes: once, not twice.
  std::vector<TimerMark> marks;
  const auto take = [&] {
    for (const auto& mark : marks) found_.timers.push_back({mark.due_ms, LogOffset{mark.origin}});
    marks.clear();
  };
  for (const auto& [start, index] : projection.indexes()) {
    if (carried.covers(start, index->header().last_timer)) continue;
    const auto from = start == carried.segment ? std::max(delivered, carried.upto) : delivered;
    if (auto done = index->timers_above(from, index->header().timers.count, marks); !done) {
      return refuse(errc::bad_message,
                    "the timers in " + file_name(start, kIndexSuffix) +
                        " cannot be read; remove that file, it will be made anew from the log");
    }
    take();
  }
  for (const auto& tables : projection.tables()) {
    for (std::size_t i = 0; i < tables.timers.size(); ++i) {
      if (tables.timers[i] <= delivered || carried.covers(tables.start, tables.timers[i])) continue;
      marks.push_back(tables.timers[i]);
    }
    take();
  }
  std::ranges::sort(found_.timers, {},
                    [](const PendingTimer& timer) { return std::pair(timer.due_ms, timer.origin); });
  return {};
}

}  // namespace mq::storage
