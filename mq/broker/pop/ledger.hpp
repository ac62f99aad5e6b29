#pragma once
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mq/base/assert.hpp"
#include "mq/base/clock.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/durable_map.hpp"
#include "mq/broker/pop/in_flight.hpp"
#include "mq/broker/pop/ordered_batch.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// Who has popped what: PopInFlight and OrderedBatch of every group and queue, remembered as metadata
// "pop/<group>/<topic>/<queue>" and "poporder/…". As with consumer offsets, what changed is written at most
// every 500 ms: a crash repeats at most that much and loses nothing, since an entry says at once how far the
// group is and what it has not acknowledged.
//
// The group's consumer offset follows PopInFlight::low(), so that tools see the truth and a group may change
// to pulling. An offset that anybody else sets (a tool, a reset, an orderly pop) is where the next pop
// begins.
//
// Invariant: what is in no dirty set equals its metadata entry. Thread rule: the hot thread.
class PopLedger {
 public:
  static constexpr std::size_t kInFlightMax = 10'000;  // of one group in one queue; upstream's default

  // `real` is the wall clock: what is invisible stays so in real time.
  PopLedger(storage::MessageStore& store, ConsumerOffsets& offsets, const base::Clock& real)
      : store_(store), offsets_(offsets), real_(real) {}

  void load(const Metadata& metadata);
  [[nodiscard]] std::int64_t now_ms() const { return base::to_millis(real_.now()); }

  // --- in any order --------------------------------------------------------------------------
  // Where the group's next pop of this queue begins. `fresh`: where one does that never consumed it.
  QueueOffset begin(std::string_view group, const QueueId& queue, QueueOffset fresh);
  // The same for those that only look.
  [[nodiscard]] QueueOffset peek(std::string_view group, const QueueId& queue, QueueOffset fresh) const;
  [[nodiscard]] bool full(std::string_view group, const QueueId& queue) const;
  void take(std::string_view group, const QueueId& queue, std::span<const QueueOffset> offsets,
            QueueOffset next, std::int64_t pop_ms, std::int64_t visible_ms);

  // --- in order ------------------------------------------------------------------------------
  [[nodiscard]] bool blocked(std::string_view group, const QueueId& queue, std::string_view attempt) const;
  // What was in flight without order begins anew.
  QueueOffset begin_in_order(std::string_view group, const QueueId& queue, QueueOffset fresh);
  // Nothing before `next` is for this group.
  void pass_in_order(std::string_view group, const QueueId& queue, QueueOffset next);
  const OrderedBatch& take_in_order(std::string_view group, const QueueId& queue, std::string attempt,
                                    std::span<const QueueOffset> offsets, std::int64_t pop_ms,
                                    std::int64_t visible_ms);

  // --- receipts ------------------------------------------------------------------------------
  struct Held {
    std::string_view group;
    const QueueId& queue;
    QueueOffset offset;
    std::int64_t pop_ms = 0;
    bool in_order = false;
  };
  // False: it means nothing (any more).
  bool acknowledge(const Held& held);
  bool change(const Held& held, std::int64_t new_pop_ms, std::int64_t visible_ms);

  // --- time ----------------------------------------------------------------------------------
  struct Key {
    std::string group;
    QueueId queue;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  // Something of this queue has become visible: a message in flight, or the queue for orderly pops, which
  // is said once.
  struct Due {
    Key key;
    std::optional<PopInFlight::First> popped;  // nothing: the queue may be popped in order
  };
  std::optional<Due> take_due();
  // The message has been stored again, or is gone.
  void drop(const Key& key, const PopInFlight::First& popped);
  [[nodiscard]] std::optional<std::int64_t> next_due_ms() const;

  void remove_group(std::string_view group);
  void remove_topic(std::string_view topic);

  // Writes changes when it is time; true when some are left for the next pass.
  bool flush_if_due(std::chrono::steady_clock::time_point now);
  // It is time now. Consumer offsets must not be written before: one that is ahead of its ledger would have
  // the group pop again what it acknowledged behind it.
  void hurry() { next_flush_ = {}; }
  base::Result<> flush_all();
  [[nodiscard]] bool dirty() const { return !dirty_.empty(); }
  [[nodiscard]] std::chrono::steady_clock::time_point next_flush() const { return next_flush_; }

  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::size_t in_flight(std::string_view group, const QueueId& queue) const;

 private:
  struct State {
    std::optional<PopInFlight> flying;
    std::optional<OrderedBatch> batch;
    QueueOffset told;                    // the consumer offset as this ledger has set it last
    std::optional<std::int64_t> due_ms;  // in due_
    bool announced = false;              // the end of the batch's block
  };
  using States = std::map<Key, State, std::less<>>;

  States::iterator find(std::string_view group, const QueueId& queue);
  [[nodiscard]] States::const_iterator find(std::string_view group, const QueueId& queue) const;
  States::iterator find_or_make(std::string_view group, const QueueId& queue);
  void land(States::iterator row);  // nothing is in flight any more
  void changed(States::iterator row);
  void schedule(States::iterator row);
  void tell_offset(States::iterator row, QueueOffset offset);
  States::iterator forget(States::iterator row);
  std::size_t write(const Key& key, std::vector<storage::MetaChange>& changes);  // their bytes
  base::Result<> flush_some(std::size_t bytes_max);

  storage::MessageStore& store_;
  ConsumerOffsets& offsets_;
  const base::Clock& real_;
  States states_;
  std::set<std::pair<std::int64_t, const Key*>> due_;  // keys live in states_, which does not move them
  std::set<Key> dirty_;
  std::set<std::string> stored_;  // metadata keys that exist
  std::size_t in_flight_ = 0;
  std::chrono::steady_clock::time_point next_flush_{};
};

}  // namespace mq::broker
