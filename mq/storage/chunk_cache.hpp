#pragma once
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <utility>

#include "mq/base/bytes.hpp"
#include "mq/model/names.hpp"

namespace mq::storage {

// The chunks of index files that were read last.
// Invariant: holds at most `chunks_max`, each verified.
// Thread rule: one thread.
class ChunkCache {
 public:
  explicit ChunkCache(std::size_t chunks_max) : chunks_max_(chunks_max) {}

  using Chunk = std::shared_ptr<const base::Bytes>;  // shared: a reader may outlast the eviction

  Chunk find(LogOffset segment, std::uint64_t position) {
    const auto at = places_.find(Key{segment.value(), position});
    if (at == places_.end()) return {};
    order_.splice(order_.begin(), order_, at->second);
    return at->second->second;
  }

  void put(LogOffset segment, std::uint64_t position, Chunk chunk) {
    const Key key{segment.value(), position};
    if (places_.contains(key)) return;
    order_.emplace_front(key, std::move(chunk));
    places_.emplace(key, order_.begin());
    if (order_.size() <= chunks_max_) return;
    places_.erase(order_.back().first);
    order_.pop_back();
  }

 private:
  using Key = std::pair<std::int64_t, std::uint64_t>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;
      return (static_cast<std::uint64_t>(key.first) * kMultiplier ^ key.second) * kMultiplier >> 16;
    }
  };
  std::size_t chunks_max_;
  std::list<std::pair<Key, Chunk>> order_;  // the last used first
  std::unordered_map<Key, std::list<std::pair<Key, Chunk>>::iterator, KeyHash> places_;
};

}  // namespace mq::storage
