#pragma once
#include <deque>
#include <functional>

#include "mq/model/names.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// What waits for the log to be durable up to an offset: answers to administrative changes. Rare, so a
// std::function each is fine; sends have WaitingSends.
//
// Thread rule: the hot thread; `then` runs at once when the offset is durable already, else in the commit
// pass.
class DurableWaits {
 public:
  explicit DurableWaits(const storage::MessageStore& store) : store_(store) {}

  void when_durable(LogOffset end, std::function<void()> then);
  // Runs everything that became durable.
  void release();
  [[nodiscard]] std::size_t size() const { return waits_.size(); }

 private:
  struct Wait {
    LogOffset end;
    std::function<void()> then;
  };
  const storage::MessageStore& store_;
  std::deque<Wait> waits_;  // ascending by end
};

}  // namespace mq::broker
