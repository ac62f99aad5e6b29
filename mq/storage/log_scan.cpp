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

base::Result<std::optional<LogOffset>> find_proof_in(const Segment& segment, LogOffset from, LogOffset hole,
                                                     std::uint32_t epoch_min, const Checksum& checksum) {
  SegmentReader reader(segment);
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
    if (header.epoch >= epoch_min && header.watermark() > hole) return std::optional(*candidate);
    from = (*entry)->end();
  }
  return std::optional<LogOffset>();
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

base::Result<std::optional<LogOffset>> find_proof_of_rot(const std::deque<std::shared_ptr<Segment>>& segments,
                                                         LogOffset hole, std::uint32_t epoch_min,
                                                         const Checksum& checksum) {
  for (const auto& segment : segments) {
    if (segment->end() <= hole) continue;
    const auto from = std::max(segment->start, hole);
    auto proof = find_proof_in(*segment, from, hole, epoch_min, checksum);
    if (!proof || *proof) return proof;
  }
  return std::optional<LogOffset>();
}

}  // namespace mq::storage
