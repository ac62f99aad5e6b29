#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mq/model/names.hpp"

namespace mq::broker {

// The messages that a group popped last of one queue in order. Until each of them is acknowledged, or its
// time is over, nobody else of the group gets anything of the queue; what is popped then begins with the
// first that is not acknowledged (rocketmq-wire.md 4.11).
//
// Times are real ones, in ms.
class OrderedBatch {
 public:
  // An attempt that comes again (its answer was lost) may pop the same messages.
  [[nodiscard]] bool blocks(std::string_view attempt, std::int64_t now_ms) const;
  // When it blocks no longer, if nothing more happens; nothing when all are acknowledged.
  [[nodiscard]] std::optional<std::int64_t> blocked_until() const;

  // `offsets` rise and are not empty. Counts how often each was popped before.
  void take(std::string attempt, std::span<const QueueOffset> offsets, std::int64_t pop_ms,
            std::int64_t visible_ms);

  // Where the group stands afterwards; nothing: no message of this batch, or not of that pop.
  std::optional<QueueOffset> acknowledge(QueueOffset offset, std::int64_t pop_ms);
  bool change(QueueOffset offset, std::int64_t pop_ms, std::int64_t visible_ms);

  struct Item {
    QueueOffset offset;
    std::int64_t visible_ms = 0;
    std::int32_t times = 0;  // it was popped before this
    bool acknowledged = false;
  };
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }

  [[nodiscard]] std::string encode() const;
  static std::optional<OrderedBatch> decode(std::string_view text);

 private:
  Item* find(QueueOffset offset, std::int64_t pop_ms);

  std::string attempt_;  // clients make it; empty: cannot come again
  std::int64_t pop_ms_ = 0;
  std::vector<Item> items_;
};

}  // namespace mq::broker
