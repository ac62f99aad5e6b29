#pragma once
#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::storage {

// How far timers are delivered: all that stand before or at (due_ms, origin).
struct TimerMark {
  std::int64_t due_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t origin = -1;
  friend auto operator<=>(const TimerMark&, const TimerMark&) = default;
};

// The latest removal of a topic: entries of the topic before `at` belong to an earlier incarnation.
struct TopicRemoval {
  std::string topic;
  LogOffset at;
};

// A half message was stored, or decided.
struct HalfChange {
  LogOffset half;
  bool undecided = false;
};

// What the log says up to one offset, apart from the messages themselves. Part of every index with
// kHasSnapshot, so that the log's beginning may go.
struct Snapshot {
  using QueueKey = std::pair<std::string, std::int32_t>;

  std::map<std::string, std::string, std::less<>> metadata;
  std::map<QueueKey, std::int64_t> next_offsets;  // also of queues whose messages are all gone
  std::map<std::string, LogOffset, std::less<>> removals;
  std::set<LogOffset> halves;  // undecided
  TimerMark delivered;
  std::int64_t newest_store_ms = 0;

  void apply(std::vector<MetaChange> changes);
  // The queues of the topic end at `at`; if it comes back, they start at 0.
  void apply(const TopicRemoval& removal);
  void apply(const HalfChange& change);
};

using SnapshotEvent = std::variant<std::vector<MetaChange>, TopicRemoval, HalfChange>;

base::Bytes encode_snapshot(const Snapshot& snapshot);
base::Result<Snapshot> decode_snapshot(base::BytesView bytes);

}  // namespace mq::storage
