#include "mq/storage/segment.hpp"

#include <algorithm>
#include <charconv>

namespace mq::storage {
namespace {

constexpr std::size_t kDigits = 20;

base::Result<> fill(File& file, std::size_t capacity) {
  if (auto done = file.allocate(capacity); !done) return done;
  return file.sync();
}

}  // namespace

std::string file_name(LogOffset start, std::string_view suffix) {
  const auto number = std::to_string(start.value());
  return std::string(kDigits - number.size(), '0').append(number).append(suffix);
}

std::optional<LogOffset> parse_file_name(std::string_view name, std::string_view suffix) {
  if (name.size() != kDigits + suffix.size() || !name.ends_with(suffix)) return {};
  std::int64_t value = 0;
  const auto digits = name.substr(0, kDigits);
  const auto parsed = std::from_chars(digits.begin(), digits.end(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.end() || value < 0) return {};
  return LogOffset{value};
}

base::Result<std::shared_ptr<Segment>> create_segment(Directory& directory, LogOffset start,
                                                      std::size_t capacity) {
  const auto name = file_name(start, kSegmentSuffix);
  const auto temporary = name + std::string(kTemporarySuffix);
  auto file = directory.create(temporary);
  if (!file) return file.error();
  auto made = fill(**file, capacity);
  if (made) made = directory.rename(temporary, name);
  if (!made) {
    file->reset();
    // Best effort: what cannot be removed now is removed by the next open.
    static_cast<void>(directory.remove(temporary));
    return made.error();
  }
  return std::make_shared<Segment>(Segment{start, capacity, std::move(*file)});
}

base::Result<std::shared_ptr<Segment>> adopt_segment(Directory& directory, const SpareFile& spare,
                                                     LogOffset start, std::size_t capacity) {
  if (auto done = directory.rename(spare.name, file_name(start, kSegmentSuffix)); !done) return done.error();
  return std::make_shared<Segment>(Segment{start, capacity, spare.file});
}

}  // namespace mq::storage
