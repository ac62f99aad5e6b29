#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/result.hpp"
#include "mq/broker/durable_map.hpp"
#include "mq/model/names.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// How far each group has consumed each queue, as it told us (rocketmq-wire.md 4.6). Kept in memory;
// what changed is written as one metadata entry at most every 500 ms, and nothing when nothing
// changed: a crash repeats at most that much.
//
// Invariant: an offset that is not in dirty_ equals its metadata entry.
// Thread rule: the hot thread.
class ConsumerOffsets {
 public:
  static constexpr std::chrono::milliseconds kFlushEvery{500};
  static constexpr std::size_t kFlushMax = 2000;  // keys in one entry: keeps a pass below 1 ms

  explicit ConsumerOffsets(storage::MessageStore& store) : store_(store) {}

  void load(const Metadata& metadata);

  // False: the group was moved elsewhere and its consumers do not know it yet; nothing happened.
  bool commit(std::string_view group, const QueueId& queue, QueueOffset offset);
  // Moves the group. Commits of its consumers are overheard until one has been told: the mark lives in
  // memory.
  void reset(std::string_view group, const QueueId& queue, QueueOffset offset);
  // Where a consumer that pulls has to go on instead, once.
  std::optional<QueueOffset> take_reset(std::string_view group, const QueueId& queue);
  [[nodiscard]] std::optional<QueueOffset> find(std::string_view group, const QueueId& queue) const;
  // How far a consumer has pulled; of use to statistics only, never stored.
  void pulled(std::string_view group, const QueueId& queue, QueueOffset next);
  [[nodiscard]] std::optional<QueueOffset> find_pulled(std::string_view group, const QueueId& queue) const;

  [[nodiscard]] std::vector<std::string> topics_of(std::string_view group) const;  // sorted
  [[nodiscard]] std::vector<std::string> groups_of(std::string_view topic) const;  // sorted

  // Calls visit(group, queue, offset) for every stored offset.
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [group, queues] : groups_) {
      for (const auto& [queue, position] : queues) {
        if (position.committed) visit(group, queue, *position.committed);
      }
    }
  }

  // One queue of a group: what it committed, and how far it has pulled, as far as they are known.
  struct Standing {
    const QueueId& queue;
    std::optional<QueueOffset> committed, pulled;
  };
  // The first of the group behind `queue`, in order of topic and queue: for walks that are too long for one
  // step.
  [[nodiscard]] std::optional<Standing> next(std::string_view group, const QueueId& queue) const;

  void remove_group(std::string_view group);
  void remove_topic(std::string_view topic);

  // Writes changes when it is time. True when changes are left for the next pass.
  bool flush_if_due(std::chrono::steady_clock::time_point now);
  // Writes all of them now. The result is the log end to wait for; an error when the store refused, and
  // then they stay dirty.
  base::Result<LogOffset> flush_all();
  [[nodiscard]] bool dirty() const { return !dirty_.empty(); }
  [[nodiscard]] bool due(std::chrono::steady_clock::time_point now) const {
    return dirty() && now >= next_flush_;
  }
  [[nodiscard]] std::chrono::steady_clock::time_point next_flush() const { return next_flush_; }

 private:
  struct Key {
    std::string group;
    QueueId queue;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Position {
    std::optional<QueueOffset> committed;
    std::optional<QueueOffset> pulled;
    bool moved = false;  // by reset(), and nobody was told
  };
  using Queues = std::map<QueueId, Position>;

  static std::string meta_key(const Key& key);
  Position& position(std::string_view group, const QueueId& queue);
  void forget(const std::string& group, const Queues& queues);
  base::Result<LogOffset> flush_some(std::size_t max);

  storage::MessageStore& store_;
  TextMap<Queues> groups_;
  std::set<Key> dirty_;  // changed or removed since the last entry
  std::chrono::steady_clock::time_point next_flush_{};
};

}  // namespace mq::broker
