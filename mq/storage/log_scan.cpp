#include "mq/storage/log_scan.hpp"

#include <algorithm>

namespace mq::storage {
namespace {

constexpr std::size_t kWindow = std::size_t{1} << 20;
// Searched at a time: far less than a window, so that going on behind an entry rarely reads again.
constexpr std::size_t kStep = std::size_t{4} << 10;

// The first place at or behind `from` that looks like an entry, or the segment's end. One magic number
// in 2^32 random words is a false alarm, which the caller's checksum ends.
base::Result<LogOffset> next_candidate(SegmentReader& reader, const Segment& segment, LogOffset from) {
  while (from < segment.end()) {
    const auto bytes = reader.view(from, kStep);
    if (!bytes) return bytes.error();
    if (bytes->size() < kEntryHeaderSize) break;
    const auto last = bytes->size() - kEntryHeaderSize;
    for (std::size_t i = 0; i <= last; i += kEntryAlignment) {
      if (base::load_big<std::uint32_t>(bytes->data() + i) != kEntryMagic) continue;
      if (peek_entry(bytes->subspan(i), advance(from, i))) return advance(from, i);
    }
    from = advance(from, last / kEntryAlignment * kEntryAlignment + kEntryAlignment);
  }
  return segment.end();
}

// Where an entry was to end of which no more than the header is certain; `at` when not even that is.
base::Result<LogOffset> torn_end(SegmentReader& reader, const Segment& segment, LogOffset at,
                                 std::uint32_t epoch_min) {
  const auto head = reader.view(at, kEntryHeaderSize);
  if (!head) return head.error();
  const auto header = peek_entry(*head, at);
  if (!header || header->epoch < epoch_min) return at;
  return std::min(advance(at, entry_size(header->length)), segment.end());
}

base::Result<> look_behind_in(const Segment& segment, LogOffset hole, std::uint32_t epoch_min,
                              const Checksum& checksum, BehindEnd& behind) {
  SegmentReader reader(segment);
  auto from = std::max(segment.start, hole);
  const auto torn = torn_end(reader, segment, from, epoch_min);
  if (!torn) return torn.error();
  if (*torn > from) behind.written_to = std::max(behind.written_to, *torn);
  while (from < segment.end()) {
    const auto candidate = next_candidate(reader, segment, from);
    if (!candidate) return candidate.error();
    if (*candidate == segment.end()) break;
    const auto entry = reader.entry(*candidate, checksum);
    if (!entry) return entry.error();
    if (!*entry) {
      from = advance(*candidate, kEntryAlignment);
      continue;
    }
    const auto& header = (*entry)->header;
    from = (*entry)->end();
    if (header.epoch < epoch_min) continue;
    behind.written_to = std::max(behind.written_to, from);
    if (header.watermark() > hole) {
      behind.proof_of_rot = *candidate;
      return {};
    }
  }
  return {};
}

}  // namespace

base::Result<base::BytesView> SegmentReader::view(LogOffset at, std::size_t size) {
  const auto position = segment_.position(at);
  size = std::min(size, segment_.capacity - position);
  if (position < window_at_ || position + size > window_at_ + window_size_) {
    const auto wanted = std::min(std::max(size, kWindow), segment_.capacity - position);
    if (window_.size() < wanted) window_.resize(wanted);
    const auto got = segment_.file->read_at(position, std::span(window_).first(wanted));
    if (!got) return got.error();
    window_at_ = position;
    window_size_ = *got;
    size = std::min(size, *got);
  }
  return base::BytesView(window_).subspan(position - window_at_, size);
}

base::Result<std::optional<Entry>> SegmentReader::entry(LogOffset at, const Checksum& checksum) {
  const auto head = view(at, kEntryHeaderSize);
  if (!head) return head.error();
  const auto header = peek_entry(*head, at);
  // A length that leaves the segment is never read, so a damaged one costs nothing.
  if (!header || entry_size(header->length) > segment_.capacity - segment_.position(at)) {
    return std::optional<Entry>();
  }
  const auto size = header->type == EntryType::filler ? kEntryHeaderSize : kEntryHeaderSize + header->length;
  const auto whole = view(at, size);
  if (!whole) return whole.error();
  return decode_entry(*whole, at, checksum);
}

base::Result<BehindEnd> look_behind(const std::deque<std::shared_ptr<Segment>>& segments, LogOffset hole,
                                    std::uint32_t epoch_min, const Checksum& checksum) {
  BehindEnd behind{.proof_of_rot = {}, .written_to = hole};
  for (const auto& segment : segments) {
    if (segment->end() <= hole) continue;
    if (auto done = look_behind_in(*segment, hole, epoch_min, checksum, behind); !done) return done.error();
    if (behind.proof_of_rot) break;
  }
  return behind;
}

}  // namespace mq::storage
