#pragma once
#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"
#include "mq/storage/half_messages.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::storage {

// How far timers are delivered: all that stand before or at (due_ms, origin).
struct TimerMark {
  std::int64_t due_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t origin = -1;
  friend auto operator<=>(const TimerMark&, const TimerMark&) = default;
};

// How far the timers of the log's oldest segment are carried forward. They are in the order of its index,
// and a segment is begun when the one before is done: so all of earlier segments are carried or delivered.
struct CarriedMark {
  LogOffset segment{-1};  // its start
  TimerMark upto;
  // Whether a timer of the segment that starts there needs its record no longer, delivered or not.
  [[nodiscard]] bool covers(LogOffset start, const TimerMark& timer) const {
    return start < segment || (start == segment && timer <= upto);
  }
  friend auto operator<=>(const CarriedMark&, const CarriedMark&) = default;
};

// The latest removal of a topic: entries of the topic before `at` belong to an earlier incarnation.
struct TopicRemoval {
  std::string topic;
  LogOffset at;
};

// A half message was stored, decided or carried forward.
struct HalfChange {
  enum class What { stored, decided, carried };
  LogOffset half;
  What what = What::stored;
  LogOffset to = {};  // of one that was carried
};

// The messages of one queue whose bodies stand in one earlier segment: they cannot be read without it.
struct SharedBodies {
  LogOffset holder;       // start of that segment; of one that is gone, any place in it
  std::int64_t last = 0;  // queue offset of the newest of them
  LogOffset last_at;      // its record
  std::int64_t last_ms = 0;
  TimerMark last_timer;  // the greatest of those that are timers themselves, in a later segment
  friend bool operator==(const SharedBodies&, const SharedBodies&) = default;
};

// One message more that shares a body.
struct SharedBodiesChange {
  std::shared_ptr<const std::string> topic;
  std::int32_t queue = 0;
  SharedBodies bodies;  // of that message alone
};
// Adds it to those of its queue, which stand in the order of their holders.
void add_shared(std::vector<SharedBodies>& all, const SharedBodies& bodies);

// What the log says up to one offset, apart from the messages themselves. Part of every index with
// kHasSnapshot, so that the log's beginning may go.
struct Snapshot {
  using QueueKey = std::pair<std::string, std::int32_t>;

  std::map<std::string, std::string, std::less<>> metadata;
  std::map<QueueKey, std::int64_t> next_offsets;  // also of queues whose messages are all gone
  std::map<std::string, LogOffset, std::less<>> removals;
  HalfMessages halves;  // undecided
  std::map<QueueKey, std::vector<SharedBodies>> shared;
  TimerMark delivered;
  CarriedMark carried;
  std::int64_t newest_store_ms = 0;

  void apply(std::vector<MetaChange> changes);
  // The queues of the topic end at `at`; if it comes back, they start at 0.
  void apply(const TopicRemoval& removal);
  void apply(const HalfChange& change);
  void apply(const SharedBodiesChange& change);
  // What shares a body and lies before `begin` itself is history.
  void forget_shared_before(LogOffset begin);
};

using SnapshotEvent = std::variant<std::vector<MetaChange>, TopicRemoval, HalfChange, SharedBodiesChange>;

base::Bytes encode_snapshot(const Snapshot& snapshot);
base::Result<Snapshot> decode_snapshot(base::BytesView bytes);

}  // namespace mq::storage
