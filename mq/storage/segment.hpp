#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mq/model/names.hpp"
#include "mq/storage/file.hpp"

namespace mq::storage {

// One file of the log, named by the offset of its first byte.
// Invariant: `capacity` is the file's size; the next segment starts at end().
struct Segment {
  LogOffset start;
  std::size_t capacity = 0;
  std::shared_ptr<File> file;

  [[nodiscard]] LogOffset end() const { return advance(start, capacity); }
  [[nodiscard]] bool holds(LogOffset at) const { return start <= at && at < end(); }
  [[nodiscard]] std::size_t position(LogOffset at) const {
    return static_cast<std::size_t>(at.value() - start.value());
  }
};

// A file of a segment's size that waits to become one. Its content is whatever it was.
struct SpareFile {
  std::string name;
  std::shared_ptr<File> file;
};

inline constexpr std::string_view kSegmentSuffix = ".log";
inline constexpr std::string_view kIndexSuffix = ".idx";
inline constexpr std::string_view kCheckpointSuffix = ".ckp";
inline constexpr std::string_view kTemporarySuffix = ".tmp";
inline constexpr std::string_view kSparePrefix = "reserve-";

// "00000000000000134217.log": twenty digits, then the suffix.
std::string file_name(LogOffset start, std::string_view suffix);
std::optional<LogOffset> parse_file_name(std::string_view name, std::string_view suffix);

// A new segment in blocks that are the disk's to give but were never written. The file has its full
// size and content before it has its name; the name is not durable yet.
// Fails with no_space_on_device, having left nothing behind, when the disk is full.
base::Result<std::shared_ptr<Segment>> create_segment(Directory& directory, LogOffset start,
                                                      std::size_t capacity);

// The same from a spare file, by rename.
base::Result<std::shared_ptr<Segment>> adopt_segment(Directory& directory, const SpareFile& spare,
                                                     LogOffset start, std::size_t capacity);

}  // namespace mq::storage
