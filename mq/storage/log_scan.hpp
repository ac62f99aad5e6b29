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

// What stands behind the place where the log ends.
struct BehindEnd {
  // A valid entry that was written when the end was durable already: so a whole entry once stood there, and
  // it is rot and not a torn tail.
  std::optional<LogOffset> proof_of_rot;
  // The end of the last entry that is there in whole, or whose header is: what was being written. The end
  // itself: nothing.
  LogOffset written_to;
};

// Looks through the rest of the segment of `hole` and all later ones, at entries that were not written before
// `epoch_min`; no further than to a proof of rot.
base::Result<BehindEnd> look_behind(const std::deque<std::shared_ptr<Segment>>& segments, LogOffset hole,
                                    std::uint32_t epoch_min, const Checksum& checksum);

}  // namespace mq::storage
