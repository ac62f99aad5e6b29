#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "mq/storage/entry.hpp"
#include "mq/storage/segment.hpp"

namespace mq::storage {

// Reads one segment front to back through a window.
// Thread rule: one thread.
class SegmentReader {
 public:
  explicit SegmentReader(const Segment& segment) : segment_(segment) {}

  // Up to `size` bytes from `at`, fewer where the segment or its file ends. Valid until the next call.
  base::Result<base::BytesView> view(LogOffset at, std::size_t size);

  // The valid entry at `at`; nothing when there is none. Valid until the next call.
  base::Result<std::optional<Entry>> entry(LogOffset at, const Checksum& checksum);

 private:
  const Segment& segment_;
  base::Bytes window_;
  std::size_t window_at_ = 0;
  std::size_t window_size_ = 0;
};

// Looks for a valid entry behind `hole`, through the rest of its segment and all later ones, that was
// written when `hole` was durable already, and not before `epoch_min`. If there is one, `hole` was
// once a whole entry: it is rot and not a torn tail.
base::Result<std::optional<LogOffset>> find_proof_of_rot(const std::deque<std::shared_ptr<Segment>>& segments,
                                                         LogOffset hole, std::uint32_t epoch_min,
                                                         const Checksum& checksum);

}  // namespace mq::storage
