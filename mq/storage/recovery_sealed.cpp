#include <algorithm>
#include <utility>

#include "mq/storage/recovery.hpp"

namespace mq::storage {

namespace errc = boost::system::errc;

base::Result<> Recovery::attach_sealed(const Start& start) {
  for (std::size_t i = 0; i < files_.segments.size() && files_.segments[i]->end() <= start.upto; ++i) {
    const auto& segment = *files_.segments[i];
    // Full, but not sealed: its checkpoint says it all.
    if (start.checkpoint && start.checkpoint->header().start == segment.start) break;
    auto& projection = *found_.projection;
    bool fits = false;
    // Checked to its end: a damaged chunk would hide messages that the log still has, for good.
    auto runs = indexes_[i] ? indexes_[i]->checked_runs() : make_error_code(errc::no_such_file_or_directory);
    if (runs) {
      fits = projection.attach(indexes_[i], segment.end(), *runs);
    } else {
      auto content = rebuild(segment, segment.end());
      if (!content) return content.error();
      fits = projection.attach(*content, segment.end());
      IndexJob::Task task;
      task.kind = IndexJob::Kind::index_without_snapshot;
      task.content = std::move(*content);
      task.segment_end = segment.end();
      found_.indexes_due.push_back(std::move(task));
      ++found_.indexes_rebuilt;
    }
    if (fits) continue;
    return refuse(errc::bad_message,
                  "the messages of " + file_name(segment.start, kSegmentSuffix) +
                      " do not continue those before; restore the data directory from a backup");
  }
  return {};
}

// The result depends on the segment alone, as that of a job that seals it: later removals of topics are
// not its business. What else the entries say is part of a later snapshot already.
base::Result<IndexContent> Recovery::rebuild(const Segment& segment, LogOffset until) {
  Projection projection{Snapshot{}};
  projection.begin_segment(segment.start);
  SegmentReader reader(segment);
  std::uint32_t epoch = 0;
  for (auto at = segment.start; at < until;) {
    const auto entry = reader.entry(at, *checksum_);
    if (!entry)
      return refuse(errc::io_error,
                    "the log cannot be read at " + place(at) + ": " + entry.error().message());
    if (!*entry || (*entry)->header.epoch < epoch) {
      return refuse(errc::bad_message,
                    "the log is damaged at " + place(at) +
                        ", below its last checkpoint; restore the data directory from a backup");
    }
    const auto& header = (*entry)->header;
    epoch = header.epoch;
    ++found_.entries_read;
    at = (*entry)->end();
    if (header.type == EntryType::topic_removal) {
      projection.remove_topic(base::text_of((*entry)->payload), header.at);
    } else if (header.type == EntryType::message || header.type == EntryType::delivery) {
      if (auto done = apply_message(**entry, projection, Expected::next_of_runs); !done) return done.error();
    }
  }
  auto content = Projection::capture(projection.tables().back());
  content.collect_runs();
  content.upto = until;
  content.last_epoch = epoch;
  content.writer_epoch = found_.identity.epoch;
  return content;
}

base::Result<> Recovery::load(const Start& start) {
  found_.end = start.upto;
  if (!start.checkpoint) {
    const auto before =
        std::ranges::find(files_.segments, start.upto, [](const auto& s) { return s->end(); });
    if (before != files_.segments.end()) {
      const auto& index = indexes_[static_cast<std::size_t>(before - files_.segments.begin())];
      found_.last_epoch = index->header().last_epoch;
    }
    return {};
  }
  auto& projection = *found_.projection;
  const auto& header = start.checkpoint->header();
  found_.last_epoch = header.last_epoch;
  closed_ = header.has(index_flag::kClosed) && header.writer_epoch == found_.identity.epoch;
  projection.begin_segment(header.start);
  auto& tables = projection.tables().back();
  tables.store_ms_min = header.store_ms_min;
  tables.store_ms_max = header.store_ms_max;
  tables.records = header.records;
  for (std::size_t i = 0; i < start.runs.size(); ++i) {
    const auto& run = start.runs[i];
    auto& queue = projection.queues().get(run.topic, run.queue);
    if (!queue.runs.empty() && queue.runs.back().end() != run.base) return does_not_fit();
    auto offset = run.base;
    for (const auto& entry : start.entries[i]) projection.add_entry(queue, offset++, entry);
  }
  for (const auto& row : start.keys) tables.keys.add(row);
  for (const auto& timer : start.timers) projection.add_timer(timer);
  return {};
}

boost::system::error_code Recovery::does_not_fit() {
  return refuse(errc::bad_message,
                "indexes and checkpoints do not fit together; restore the data directory from a backup");
}

// Snapshot, indexes and rebuilt runs must tell one story.
base::Result<> Recovery::check_queues() {
  bool fits = true;
  found_.projection->queues().for_each([&fits](const QueueState& queue) {
    for (std::size_t i = 1; i < queue.runs.size(); ++i) fits &= queue.runs[i - 1].end() == queue.runs[i].base;
    fits &= queue.runs.empty() || queue.runs.back().end() == queue.next;
  });
  if (fits) return {};
  return does_not_fit();
}

}  // namespace mq::storage
