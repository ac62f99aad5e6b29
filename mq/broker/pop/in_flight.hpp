#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "mq/model/names.hpp"

namespace mq::broker {

// What one group has popped of one queue and not acknowledged yet. Everything below low() is acknowledged or
// stored again for a later attempt; everything from head() on was never popped.
//
// Invariant: low() <= head(); what is in flight lies between them.
// Times are real ones, in ms: receipts carry them to clients, who compare them with their own clocks.
class PopInFlight {
 public:
  explicit PopInFlight(QueueOffset head) : head_(head) {}

  [[nodiscard]] QueueOffset head() const { return head_; }
  [[nodiscard]] QueueOffset low() const { return popped_.empty() ? head_ : popped_.begin()->first; }
  [[nodiscard]] std::size_t size() const { return popped_.size(); }
  [[nodiscard]] bool empty() const { return popped_.empty(); }

  // `offsets` were popped, rising, from head() on; the next pop starts at `next`.
  void take(std::span<const QueueOffset> offsets, QueueOffset next, std::int64_t pop_ms,
            std::int64_t visible_ms);
  // False: no such message is in flight under a receipt of that pop.
  bool acknowledge(QueueOffset offset, std::int64_t pop_ms);
  // Its old receipt means nothing from now on.
  bool change(QueueOffset offset, std::int64_t pop_ms, std::int64_t new_pop_ms, std::int64_t visible_ms);

  // The one that becomes visible first.
  struct First {
    std::int64_t visible_ms = 0;
    QueueOffset offset;
    std::int64_t pop_ms = 0;
  };
  [[nodiscard]] std::optional<First> first() const;

  // As text, for the store; small where pops took many messages.
  [[nodiscard]] std::string encode() const;
  // Nothing when the text makes no sense.
  static std::optional<PopInFlight> decode(std::string_view text);

 private:
  struct Popped {
    std::int64_t pop_ms = 0;
    std::int64_t visible_ms = 0;
  };
  using Row = std::map<QueueOffset, Popped>::iterator;
  Row find(QueueOffset offset, std::int64_t pop_ms);

  QueueOffset head_;
  std::map<QueueOffset, Popped> popped_;
  std::set<std::pair<std::int64_t, QueueOffset>> visible_;  // popped_ by the time it becomes visible
};

}  // namespace mq::broker
