#include "mq/storage/store_files.hpp"

#include <algorithm>

#include "mq/storage/entry.hpp"

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

struct OpenFile {
  std::shared_ptr<File> file;
  std::size_t size = 0;
};

base::Result<OpenFile> open_file(Directory& directory, const std::string& name) {
  auto file = directory.open(name);
  if (!file) return file.error();
  const auto size = (*file)->size();
  if (!size) return size.error();
  return OpenFile{std::move(*file), *size};
}

base::Result<> add_segment(Directory& directory, LogOffset start, StoreFiles& files, std::string& problem) {
  const auto name = file_name(start, kSegmentSuffix);
  auto opened = open_file(directory, name);
  if (!opened) {
    problem = "the log file " + name + " cannot be opened: " + opened.error().message();
    return opened.error();
  }
  if (opened->size < kEntryHeaderSize || opened->size % kEntryAlignment != 0) {
    problem = "the log file " + name + " has a wrong size, " + std::to_string(opened->size) +
              " bytes; restore the data directory from a backup";
    return make_error_code(errc::bad_message);
  }
  if (!files.segments.empty() && files.segments.back()->end() != start) {
    const auto& before = *files.segments.back();
    problem = "the log has a gap or an overlap: " + file_name(before.start, kSegmentSuffix) +
              " ends at offset " + std::to_string(before.end().value()) + " and the next file is " + name +
              "; a log file is missing or was cut short: restore the data directory from a backup";
    return make_error_code(errc::bad_message);
  }
  files.segments.push_back(std::make_shared<Segment>(Segment{start, opened->size, std::move(opened->file)}));
  return {};
}

base::Result<> add_spare(Directory& directory, const std::string& name, std::size_t segment_size,
                         StoreFiles& files) {
  auto opened = open_file(directory, name);
  if (!opened) return opened.error();
  if (opened->size != segment_size) return directory.remove(name);
  files.spares.push_back({name, std::move(opened->file)});
  return {};
}

// Files beside the log that speak of segments that are gone.
base::Result<> remove_orphans(Directory& directory, std::vector<LogOffset>& starts, std::string_view suffix,
                              const StoreFiles& files) {
  for (const auto start : starts) {
    if (std::ranges::binary_search(files.segments, start, {}, [](const auto& s) { return s->start; }))
      continue;
    if (auto done = directory.remove(file_name(start, suffix)); !done) return done;
  }
  std::erase_if(starts, [&](LogOffset start) {
    return !std::ranges::binary_search(files.segments, start, {}, [](const auto& s) { return s->start; });
  });
  return {};
}

}  // namespace

base::Result<StoreFiles> open_store_files(Directory& directory, std::size_t segment_size,
                                          std::string& problem) {
  const auto names = directory.list();
  if (!names) {
    problem = "the data directory cannot be listed: " + names.error().message();
    return names.error();
  }
  StoreFiles files;
  const auto complain = [&problem](const base::Result<>& outcome) {
    if (problem.empty()) problem = "the data directory cannot be tidied: " + outcome.error().message();
    return outcome.error();
  };
  for (const auto& name : *names) {
    base::Result<> done;
    if (name.ends_with(kTemporarySuffix)) {
      done = directory.remove(name);
    } else if (name.starts_with(kSparePrefix)) {
      done = add_spare(directory, name, segment_size, files);
    } else if (const auto start = parse_file_name(name, kSegmentSuffix)) {
      done = add_segment(directory, *start, files, problem);
    } else if (const auto indexed = parse_file_name(name, kIndexSuffix)) {
      files.indexes.push_back(*indexed);
    } else if (const auto checkpoint = parse_file_name(name, kCheckpointSuffix)) {
      files.checkpoints.push_back(*checkpoint);
    }
    if (!done) return complain(done);
  }
  if (files.segments.empty() && !(files.indexes.empty() && files.checkpoints.empty())) {
    problem = "the data directory has indexes but no log; restore it from a backup";
    return make_error_code(errc::bad_message);
  }
  if (auto done = remove_orphans(directory, files.indexes, kIndexSuffix, files); !done) return complain(done);
  if (auto done = remove_orphans(directory, files.checkpoints, kCheckpointSuffix, files); !done)
    return complain(done);
  return files;
}

}  // namespace mq::storage
