#pragma once
#include <cstddef>
#include <deque>
#include <memory>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"
#include "mq/storage/segment.hpp"

namespace mq::storage {

// The end of the log in memory: entries are encoded straight into it, written from it, and read from
// it for a while, so that a consumer at the tail costs no system call.
//
// Invariant: what is not yet written is never let go; a block belongs to one segment and is contiguous.
// Thread rule: the hot thread only.
class Tail {
 public:
  explicit Tail(std::size_t kept_bytes) : kept_bytes_(kept_bytes) {}

  // Room for `size` bytes that lie at `at`, which is where the last grow() ended or a segment starts.
  std::byte* grow(const std::shared_ptr<Segment>& segment, LogOffset at, std::size_t size);

  // Bytes that are not yet written.
  [[nodiscard]] std::size_t staged() const { return staged_; }

  // Writes them, one call per contiguous run.
  [[nodiscard]] base::Result<> write();

  // The part of [from, from + size) that lies in one block together with `from`; empty when none does.
  [[nodiscard]] base::BytesView find(LogOffset from, std::size_t size) const;

 private:
  struct Block {
    std::shared_ptr<Segment> segment;
    LogOffset start;
    std::unique_ptr<std::byte[]> bytes;
    std::size_t capacity = 0;
    std::size_t size = 0;
    std::size_t written = 0;
  };
  void add_block(const std::shared_ptr<Segment>& segment, LogOffset at, std::size_t size);

  std::size_t kept_bytes_;
  std::deque<Block> blocks_;
  std::size_t held_ = 0;  // capacity of all blocks
  std::size_t staged_ = 0;
};

}  // namespace mq::storage
