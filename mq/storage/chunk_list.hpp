#pragma once
#include <bit>
#include <cstddef>
#include <memory>
#include <vector>

#include "mq/base/assert.hpp"

namespace mq::storage {

// A list that only grows and never moves what it holds. A copy is a cheap snapshot: it shares the
// chunks and keeps its own length, so one thread may read the copy while another appends to the
// original. Small lists are small: chunks hold 8, 16, 32 … 4096 elements.
//
// Invariant: elements below size() never change.
// Thread rule: one writer of the original; copies are read-only and may go to other threads.
template <class T>
class ChunkList {
 public:
  void push_back(const T& value) {
    if (next_ == chunk_end_) add_chunk();
    *next_++ = value;
    ++size_;
  }

  const T& operator[](std::size_t index) const {
    BASE_ASSERT(index < size_, "read only what was appended");
    const auto place = place_of(index);
    return chunks_[place.chunk][static_cast<std::ptrdiff_t>(place.slot)];
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  static constexpr std::size_t kFirst = 8;
  static constexpr std::size_t kGrowingChunks = 9;  // 8, 16 … 2048
  static constexpr std::size_t kLargest = kFirst << kGrowingChunks;
  static constexpr std::size_t kGrowingTotal = kLargest - kFirst;

  struct Place {
    std::size_t chunk;
    std::size_t slot;
  };
  static constexpr std::size_t capacity_of(std::size_t chunk) {
    return chunk < kGrowingChunks ? kFirst << chunk : kLargest;
  }
  static constexpr Place place_of(std::size_t index) {
    if (index >= kGrowingTotal) {
      const auto rest = index - kGrowingTotal;
      return {kGrowingChunks + rest / kLargest, rest % kLargest};
    }
    const auto chunk = static_cast<std::size_t>(std::bit_width(index / kFirst + 1)) - 1;
    // bit_width of what is at least 1 is at least 1. NOLINTNEXTLINE(clang-analyzer-core.BitwiseShift)
    return {chunk, index - kFirst * ((std::size_t{1} << chunk) - 1)};
  }

  void add_chunk() {
    const auto capacity = capacity_of(chunks_.size());
    chunks_.push_back(std::make_shared_for_overwrite<T[]>(capacity));
    next_ = chunks_.back().get();
    chunk_end_ = next_ + capacity;
  }

  // What an append needs stands together, and it needs nothing else: with thousands of lists each line of
  // memory that is touched comes from far away.
  T* next_ = nullptr;  // in the last chunk
  T* chunk_end_ = nullptr;
  std::size_t size_ = 0;
  std::vector<std::shared_ptr<T[]>> chunks_;
};

}  // namespace mq::storage
