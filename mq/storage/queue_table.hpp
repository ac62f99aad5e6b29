#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mq/storage/chunk_list.hpp"
#include "mq/storage/index_format.hpp"
#include "mq/storage/segment_index.hpp"

namespace mq::storage {

// Far above what any topic has: a number that a client made up must not take the memory.
inline constexpr std::int32_t kQueuesMax = 65536;

// What an append touches of a queue comes from far away when there are thousands of queues, so it stands at
// the front and in one line of memory.
inline constexpr std::size_t kMemoryLine = 64;

// The entries of one queue in one segment: in memory until the segment's index is written, then there.
struct alignas(kMemoryLine) Run {
  LogOffset segment;
  std::int64_t base = 0;  // queue offset of the first
  std::shared_ptr<const SegmentIndex> index;
  std::uint32_t number = 0;        // in the segment's tables
  ChunkList<StoredEntry> entries;  // when `index` is empty
  RowTable indexed;

  [[nodiscard]] std::int64_t end() const {
    return base + static_cast<std::int64_t>(index ? indexed.count : entries.size());
  }
};

struct TopicState;

// Invariant: runs are in order of offset and segment, without gaps; announced <= visible <= next. From
// `whole_until` on, every message has its body in the log; of those before, some may have lost it.
struct alignas(kMemoryLine) QueueState {
  TopicState* topic = nullptr;
  std::int32_t queue = 0;
  bool touched = false;        // in QueueTable::touched()
  std::int64_t next = 0;       // what the next append gets
  std::int64_t visible = 0;    // readers see what is below; never past durable()
  std::int64_t announced = 0;  // take_arrivals() told of what is below
  std::vector<Run> runs;
  std::int64_t start = 0;            // what its first message got
  std::int64_t whole_from = 0;       // below, all messages are gone
  std::int64_t whole_until = 0;      // below, bodies may be gone that an earlier segment held
  std::int64_t sound = -1;           // first(), when it was seen to have its body
  LogOffset trimmed{0};              // what lies before is not here any more
  std::vector<SharedBodies> shared;  // by holder

  [[nodiscard]] std::int64_t first() const {
    return std::max(whole_from, runs.empty() ? next : runs.front().base);
  }
};

struct TopicState {
  std::shared_ptr<const std::string> name;  // shared with jobs that outlive the topic
  std::uint64_t key_state = 0;              // topic_key_state(name)
  std::vector<std::unique_ptr<QueueState>> queues;
};

// All consume queues: a pure function of the log.
// Thread rule: the hot thread only.
class QueueTable {
 public:
  // The queue's state, made when there is none. Pre: 0 <= queue < kQueuesMax.
  QueueState& get(std::string_view topic, std::int32_t queue);
  // All of the topic's.
  template <class Visit>
  void for_each_of(std::string_view topic, Visit visit) const {
    const auto at = topics_.find(topic);
    if (at == topics_.end()) return;
    for (const auto& queue : at->second.queues) {
      if (queue) visit(*queue);
    }
  }
  // Nothing when no message was ever appended to it.
  [[nodiscard]] QueueState* find(std::string_view topic, std::int32_t queue) const;

  // Adds the entry with queue offset `offset`, which continues the queue's last run.
  void append(QueueState& queue, std::int64_t offset, LogOffset segment, const StoredEntry& entry);
  // Raises `visible` to what lies below `durable`.
  static void publish(QueueState& queue, LogOffset durable);

  // The queues that were appended to and are not wholly visible yet, or were not asked for since.
  std::vector<QueueState*>& touched() { return touched_; }

  // At open: everything recovered is visible, and nobody has to be told.
  void publish_all();

  void remove(std::string_view topic);
  // Drops the runs of segments before `begin`: of each queue when it is asked for by trim(), or when
  // trim_some() comes to it. What shares bodies is known for all of the log from `begin_on_disk` on: after a
  // crash it may begin there again.
  void drop_before(LogOffset begin, LogOffset begin_on_disk);
  void trim(QueueState& queue) const;
  // Goes on with at most so many queues.
  void trim_some(std::size_t queues);
  // Every queue begins anew, empty, at the offset it had come to.
  void forget();

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [name, topic] : topics_) {
      for (const auto& queue : topic.queues) {
        if (queue) visit(*queue);
      }
    }
  }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, TopicState, TextHash, std::equal_to<>>
      topics_;                    // nodes stay where they are
  TopicState* recent_ = nullptr;  // appends come in bursts to one topic
  std::vector<QueueState*> touched_;
  std::vector<QueueState*> all_;
  LogOffset begin_{0};  // as of the last drop_before()
  LogOffset begin_on_disk_{0};
  std::size_t next_to_trim_ = 0;  // in all_
};

}  // namespace mq::storage
