#include "mq/storage/recovery.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "mq/base/ids.hpp"

namespace mq::storage {

namespace errc = boost::system::errc;

boost::system::error_code Recovery::refuse(errc::errc_t error, std::string sentence) {
  problem_ = std::move(sentence);
  return make_error_code(error);
}

std::string Recovery::place(LogOffset at) const {
  for (const auto& segment : files_.segments) {
    if (!segment->holds(at)) continue;
    return "offset " + std::to_string(at.value()) + " (file " + file_name(segment->start, kSegmentSuffix) +
           ", position " + std::to_string(segment->position(at)) + ")";
  }
  return "offset " + std::to_string(at.value());
}

base::Result<Recovered> Recovery::run() {
  if (auto done = open_identity(); !done) return done.error();
  auto files = open_store_files(directory_, options_.segment_size, problem_);
  if (!files) return files.error();
  files_ = std::move(*files);
  if (files_.segments.empty()) {
    if (auto done = make_first_segment(); !done) return done.error();
  }
  if (auto done = open_indexes(); !done) return done.error();

  auto start = choose_start();
  if (!start) return start.error();
  found_.snapshot = start->snapshot;
  found_.snapshot_upto = start->upto;
  found_.oldest_half = start->snapshot.halves.empty() ? start->upto : start->snapshot.halves.oldest().at;
  found_.projection = std::make_unique<Projection>(start->snapshot);
  if (auto done = attach_sealed(*start); !done) return done.error();
  if (auto done = load(*start); !done) return done.error();
  if (auto done = check_queues(); !done) return done.error();
  if (auto done = replay(*start); !done) return done.error();

  if (auto done = sync_tail(start->upto); !done) return done.error();
  if (auto done = cut_tail(); !done) return done.error();
  if (auto done = check_spares(); !done) return done.error();
  if (auto done = collect_timers(); !done) return done.error();
  const auto begin = files_.segments.front()->start;
  found_.projection->drop_before(begin, begin);
  found_.projection->queues().trim_some(std::numeric_limits<std::size_t>::max());
  found_.projection->queues().publish_all();
  found_.segments = files_.segments;
  found_.spares = std::move(files_.spares);

  // Before anything is appended: what a crash leaves behind of the next run is told from this one.
  ++found_.identity.epoch;
  if (auto done = write_identity(directory_, found_.identity); !done) {
    problem_ = "the file FORMAT cannot be written: " + done.error().message();
    return done.error();
  }
  return std::move(found_);
}

base::Result<> Recovery::open_identity() {
  if (auto locked = directory_.lock(); !locked) {
    return refuse(errc::device_or_resource_busy,
                  "another process uses the data directory (" + locked.error().message() +
                      "); stop it first, or give this one a directory of its own");
  }
  const auto names = directory_.list();
  if (!names)
    return refuse(errc::io_error, "the data directory cannot be listed: " + names.error().message());
  const bool is_new = std::ranges::none_of(*names, [](const std::string& name) {
    return name == kFormatFile || parse_file_name(name, kSegmentSuffix).has_value();
  });
  if (is_new) {
    const auto id = options_.new_store_id != 0 ? options_.new_store_id : base::system_random()();
    found_.identity = {StoreId{id}, 0};
    if (auto done = write_identity(directory_, found_.identity); !done) {
      problem_ = "the data directory cannot be written: " + done.error().message();
      return done;
    }
  } else {
    auto identity = read_identity(directory_, problem_);
    if (!identity) return identity.error();
    found_.identity = *identity;
  }
  checksum_.emplace(found_.identity.id);
  return {};
}

base::Result<> Recovery::make_first_segment() {
  // Only a first open that did not finish leaves a directory without a log.
  if (found_.identity.epoch != 0) {
    return refuse(
        errc::bad_message,
        "the data directory has no log, but had one; restore it from a backup, or empty it to start anew");
  }
  auto segment = create_segment(directory_, LogOffset{0}, options_.segment_size);
  if (!segment) {
    problem_ = "the first log file cannot be made: " + segment.error().message();
    return segment.error();
  }
  files_.segments.push_back(std::move(*segment));
  fresh_ = true;
  return {};
}

base::Result<std::shared_ptr<SegmentIndex>> Recovery::try_open(LogOffset start, std::string_view suffix) {
  const auto name = file_name(start, suffix);
  auto file = directory_.open(name);
  if (!file) {
    problem_ = "the file " + name + " cannot be opened: " + file.error().message();
    return file.error();
  }
  auto index = SegmentIndex::open(std::move(*file), found_.identity.id, start);
  if (index) return index;
  if (index.error() == errc::bad_message || index.error() == errc::invalid_argument) {
    return std::shared_ptr<SegmentIndex>();
  }
  problem_ = index.error() == errc::not_supported
                 ? "the file " + name + " has a version other than " + std::to_string(kIndexVersion) +
                       ", the one this program reads; use the program that wrote it"
                 : "the file " + name + " cannot be read: " + index.error().message();
  return index.error();
}

base::Result<> Recovery::open_indexes() {
  indexes_.resize(files_.segments.size());
  for (std::size_t i = 0; i < files_.segments.size(); ++i) {
    const auto& segment = *files_.segments[i];
    if (!std::ranges::binary_search(files_.indexes, segment.start)) continue;
    auto index = try_open(segment.start, kIndexSuffix);
    if (!index) return index.error();
    if (*index && (*index)->header().upto == segment.end()) indexes_[i] = std::move(*index);
  }
  return {};
}

std::optional<Recovery::Start> Recovery::start_from_index(const Segment& segment) const {
  const auto at = std::ranges::find(files_.segments, segment.start, [](const auto& s) { return s->start; });
  const auto& index = indexes_[static_cast<std::size_t>(at - files_.segments.begin())];
  if (!index || !index->header().has(index_flag::kHasSnapshot)) return {};
  auto snapshot = index->snapshot();
  if (!snapshot) return {};
  Start start;
  start.upto = segment.end();
  start.snapshot = std::move(*snapshot);
  return start;
}

base::Result<std::optional<Recovery::Start>> Recovery::start_from_checkpoint(const Segment& segment) {
  if (!std::ranges::binary_search(files_.checkpoints, segment.start)) return std::optional<Start>();
  auto opened = try_open(segment.start, kCheckpointSuffix);
  if (!opened) return opened.error();
  if (!*opened) return std::optional<Start>();
  const auto& file = **opened;
  const auto& header = file.header();
  if (!header.has(index_flag::kHasSnapshot) || header.upto < segment.start) return std::optional<Start>();
  if (header.upto > segment.end()) {
    return refuse(errc::bad_message,
                  "the log file " + file_name(segment.start, kSegmentSuffix) + " ends at position " +
                      std::to_string(segment.capacity) + ", but was durable up to position " +
                      std::to_string(header.upto.value() - segment.start.value()) +
                      " when its checkpoint was written; restore the data directory from a backup");
  }
  Start start;
  start.upto = header.upto;
  auto snapshot = file.snapshot();
  auto runs = file.runs();
  if (!snapshot || !runs) return std::optional<Start>();
  start.snapshot = std::move(*snapshot);
  start.runs = std::move(*runs);
  // Everything is read now: if a part is damaged, an older place serves better.
  for (const auto& run : start.runs) {
    auto& entries = start.entries.emplace_back();
    if (!file.rows(run.entries, 0, run.entries.count, nullptr, entries)) return std::optional<Start>();
  }
  if (!file.rows(header.keys, 0, header.keys.count, nullptr, start.keys)) return std::optional<Start>();
  if (!file.rows(header.timers, 0, header.timers.count, nullptr, start.timers)) return std::optional<Start>();
  start.checkpoint = std::move(*opened);
  return std::optional(std::move(start));
}

base::Result<Recovery::Start> Recovery::choose_start() {
  for (auto segment = files_.segments.rbegin(); segment != files_.segments.rend(); ++segment) {
    if (auto start = start_from_index(**segment)) return std::move(*start);
    auto start = start_from_checkpoint(**segment);
    if (!start) return start.error();
    if (*start) return std::move(**start);
  }
  if (files_.segments.front()->start != LogOffset{0}) {
    return refuse(
        errc::bad_message,
        "no index or checkpoint can be read, and the beginning of the log is gone, so topics and queue "
        "offsets are unknown; restore the data directory from a backup");
  }
  return Start{};
}

}  // namespace mq::storage
