#include "mq/storage/tail.hpp"

#include <algorithm>
#include <utility>

#include "mq/base/assert.hpp"

namespace mq::storage {
namespace {
// Small enough to reuse while its pages are warm, large enough for a write batch.
constexpr std::size_t kBlockSize = std::size_t{1} << 20;
}  // namespace

std::byte* Tail::grow(const std::shared_ptr<Segment>& segment, LogOffset at, std::size_t size) {
  const bool fits = !blocks_.empty() && blocks_.back().segment == segment &&
                    size <= blocks_.back().capacity - blocks_.back().size;
  if (!fits) add_block(segment, at, size);
  auto& block = blocks_.back();
  BASE_ASSERT(advance(block.start, block.size) == at, "the tail has no holes within a segment");
  auto* const room = block.bytes.get() + block.size;
  block.size += size;
  staged_ += size;
  return room;
}

void Tail::add_block(const std::shared_ptr<Segment>& segment, LogOffset at, std::size_t size) {
  // Never more than the segment can take: a store of small segments stays small.
  const auto rest = segment->capacity - segment->position(at);
  Block block{segment, at, {}, std::max(size, std::min(kBlockSize, rest)), 0, 0};
  while (!blocks_.empty() && held_ + block.capacity > kept_bytes_) {
    auto& oldest = blocks_.front();
    if (oldest.written < oldest.size) break;
    held_ -= oldest.capacity;
    // Memory that was used before has its pages already: a fresh block costs a fault per page.
    if (!block.bytes && oldest.capacity == block.capacity) block.bytes = std::move(oldest.bytes);
    blocks_.pop_front();
  }
  if (!block.bytes) block.bytes = std::make_unique_for_overwrite<std::byte[]>(block.capacity);
  held_ += block.capacity;
  blocks_.push_back(std::move(block));
}

base::Result<> Tail::write() {
  if (staged_ == 0) return {};
  const auto unwritten = [](const Block& block) { return block.written < block.size; };
  auto first = blocks_.end();
  while (first != blocks_.begin() && unwritten(*std::prev(first))) --first;
  for (; first != blocks_.end(); ++first) {
    const auto position = first->segment->position(first->start) + first->written;
    const base::BytesView bytes{first->bytes.get() + first->written, first->size - first->written};
    if (auto done = first->segment->file->write_at(position, bytes); !done) return done;
    staged_ -= bytes.size();
    first->written = first->size;
  }
  BASE_ASSERT(staged_ == 0, "all staged bytes are in the last blocks");
  return {};
}

base::BytesView Tail::find(LogOffset from, std::size_t size) const {
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), from,
                                [](LogOffset at, const Block& b) { return at < b.start; });
  if (block == blocks_.begin()) return {};
  --block;
  const auto position = static_cast<std::size_t>(from.value() - block->start.value());
  if (position >= block->size) return {};
  return {block->bytes.get() + position, std::min(size, block->size - position)};
}

}  // namespace mq::storage
