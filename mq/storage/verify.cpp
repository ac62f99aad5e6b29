#include "mq/storage/verify.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "mq/storage/read_only_view.hpp"

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

bool same(const StoredEntry& a, const StoredEntry& b) {
  return a.at == b.at && a.tag_hash == b.tag_hash && a.size == b.size;
}

bool same_header(const IndexHeader& header, const IndexContent& content) {
  const auto& tables = content.tables;
  return header.upto == content.upto && header.last_epoch == content.last_epoch &&
         header.records == tables.records && header.store_ms_min == tables.store_ms_min &&
         header.store_ms_max == tables.store_ms_max && header.last_timer == tables.last_timer;
}

// What is wrong with the consume queues in an index; "" when nothing is.
std::string compare_runs(const SegmentIndex& index, const IndexContent& content) {
  const auto runs = index.runs();
  if (!runs) return "its directory cannot be read: " + runs.error().message();
  std::map<std::pair<std::string_view, std::int32_t>, const IndexContent::QueueRun*> wanted;
  for (const auto& run : content.runs) wanted[{*run.topic, run.queue}] = &run;
  if (wanted.size() != runs->size()) return "it has other queues than the log";
  for (const auto& run : *runs) {
    const auto name = "queue " + std::to_string(run.queue) + " of " + run.topic;
    const auto found = wanted.find({run.topic, run.queue});
    if (found == wanted.end()) return "the log has no " + name;
    const auto& log = *found->second;
    if (run.base != log.base || run.entries.count != log.entries.size()) {
      return name + " begins or ends elsewhere than in the log";
    }
    std::vector<StoredEntry> rows;
    if (auto read = index.rows(run.entries, 0, run.entries.count, nullptr, rows); !read) {
      return "the entries of " + name + " cannot be read: " + read.error().message();
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (same(rows[i], log.entries[i])) continue;
      return name + ", offset " + std::to_string(run.base + static_cast<std::int64_t>(i)) +
             ", is not what the log says";
    }
  }
  return {};
}

template <class Row>
std::string compare_rows(const SegmentIndex& index, const RowTable& table, std::vector<Row> wanted,
                         const std::string& name) {
  std::vector<Row> rows;
  if (auto read = index.rows(table, 0, table.count, nullptr, rows); !read) {
    return "its " + name + " cannot be read: " + read.error().message();
  }
  std::ranges::sort(wanted);
  return rows == wanted ? std::string() : "its " + name + " are not those of the log";
}

std::string compare_content(const SegmentIndex& index, const IndexContent& content) {
  const auto& header = index.header();
  if (!same_header(header, content)) return "what it says of the segment as a whole is not what the log says";
  if (auto wrong = compare_runs(index, content); !wrong.empty()) return wrong;
  std::vector<KeyRow> keys;
  for (const auto& part : content.tables.keys.parts()) {
    for (std::size_t i = 0; i < part.size(); ++i) keys.push_back(part[i]);
  }
  if (auto wrong = compare_rows(index, header.keys, std::move(keys), "keys"); !wrong.empty()) return wrong;
  std::vector<TimerMark> timers;
  for (std::size_t i = 0; i < content.tables.timers.size(); ++i) timers.push_back(content.tables.timers[i]);
  if (auto wrong = compare_rows(index, header.timers, std::move(timers), "timers"); !wrong.empty())
    return wrong;
  if (!header.has(index_flag::kHasSnapshot)) return {};
  const auto snapshot = index.snapshot();
  return snapshot ? std::string() : "its snapshot cannot be read: " + snapshot.error().message();
}

}  // namespace

void StoreVerification::damaged(std::string file, std::string what) {
  const auto known = [&](const Damage& damage) { return damage.what == what; };
  if (std::ranges::none_of(report_.damages, known))
    report_.damages.push_back({std::move(file), std::move(what)});
}

base::Result<VerifyReport> StoreVerification::run(std::string& problem) {
  const auto names = directory_.list();
  if (!names) {
    problem = "it cannot be listed: " + names.error().message();
    return names.error();
  }
  if (std::ranges::find(*names, kFormatFile) == names->end()) {
    problem = "there is no store in it: the file " + std::string(kFormatFile) + " is missing";
    return make_error_code(errc::no_such_file_or_directory);
  }
  if (auto told = recover(problem); !told) return told.error();
  ReadOnlyView view(directory_);
  const StoreOptions options;
  std::string said;
  Recovery recovery(view, options, said);
  walk(recovery, said);
  return report_;
}

// What the next start would say. Damage is no error here.
base::Result<> StoreVerification::recover(std::string& problem) {
  ReadOnlyView view(directory_);
  const StoreOptions options;
  std::string said;
  Recovery recovery(view, options, said);
  const auto found = recovery.run();
  if (found) {
    recovered_ = true;
    report_.begin = found->segments.front()->start;
    report_.end = found->end;
    return {};
  }
  if (found.error() != errc::bad_message) {
    problem = said.empty() ? found.error().message() : said;
    return found.error();
  }
  damaged("", "the next start would refuse: " + said);
  return {};
}

void StoreVerification::walk(Recovery& recovery, std::string& problem) {
  if (!recovery.open_identity()) return;  // recover() has said it
  auto files = open_store_files(recovery.directory_, recovery.options_.segment_size, problem);
  if (!files || files->segments.empty()) return;
  recovery.files_ = std::move(*files);
  const auto& segments = recovery.files_.segments;
  // Where the log ends is not known when it cannot be recovered; then its last file is left to the recovery.
  const auto end = recovered_ ? report_.end : segments.back()->start;
  if (!recovered_) {
    report_.begin = segments.front()->start;
    report_.end = end;
  }
  const auto all = static_cast<std::uint64_t>(end.value() - report_.begin.value());
  for (const auto& segment : segments) {
    if (segment->start >= end) break;
    const auto until = std::min(segment->end(), end);
    ++report_.segments;
    problem.clear();
    check_segment(recovery, *segment, until, problem);
    if (progress_) progress_(static_cast<std::uint64_t>(until.value() - report_.begin.value()), all);
  }
  report_.entries = recovery.found_.entries_read;
}

void StoreVerification::check_segment(Recovery& recovery, const Segment& segment, LogOffset until,
                                      std::string& problem) {
  const auto content = recovery.rebuild(segment, until);
  if (!content) return damaged(file_name(segment.start, kSegmentSuffix), problem);
  report_.messages += content->tables.records;
  if (until == segment.end()) check_index(recovery, segment, kIndexSuffix, *content, problem);
  check_checkpoint(recovery, segment, *content, problem);
}

void StoreVerification::check_index(Recovery& recovery, const Segment& segment, std::string_view suffix,
                                    const IndexContent& content, std::string& problem) {
  const auto& listed = suffix == kIndexSuffix ? recovery.files_.indexes : recovery.files_.checkpoints;
  const auto file = file_name(segment.start, suffix);
  if (std::ranges::find(listed, segment.start) == listed.end()) {
    if (segment.end() < report_.end)
      report_.notes.push_back(file + " is missing; the next start makes it anew");
    return;
  }
  ++report_.indexes;
  problem.clear();
  const auto index = recovery.try_open(segment.start, suffix);
  if (index && *index) return compare(**index, content, file);
  damaged(file, file + (problem.empty() ? " is damaged, or of another store" : ": " + problem) +
                    "; remove it, the next start makes it anew from the log");
}

void StoreVerification::check_checkpoint(Recovery& recovery, const Segment& segment,
                                         const IndexContent& content, std::string& problem) {
  const auto& listed = recovery.files_.checkpoints;
  if (std::ranges::find(listed, segment.start) == listed.end()) return;
  const auto index = recovery.try_open(segment.start, kCheckpointSuffix);
  const bool earlier = index && *index && (*index)->header().upto < content.upto;
  if (!earlier) return check_index(recovery, segment, kCheckpointSuffix, content, problem);
  const auto then = recovery.rebuild(segment, (*index)->header().upto);
  const auto file = file_name(segment.start, kCheckpointSuffix);
  if (!then) return damaged(file, file + " ends in the middle of an entry");
  check_index(recovery, segment, kCheckpointSuffix, *then, problem);
}

void StoreVerification::compare(const SegmentIndex& index, const IndexContent& content,
                                const std::string& file) {
  const auto wrong = compare_content(index, content);
  if (!wrong.empty()) {
    damaged(file, file + ": " + wrong + "; remove it, the next start makes it anew from the log");
  }
}

}  // namespace mq::storage
