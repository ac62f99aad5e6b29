#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "mq/client/push_consumer.hpp"
#include "mq/model/message.hpp"

namespace mq::client {

// What a consumer holds of one queue: messages pulled and not yet finished, and from them the offset
// that may be committed. No time, no network.
//
// A message is waiting, then taken (at a handler), then finished. Whatever happens to a handler, a
// message that is not finished holds the committed offset back.
//
// Invariant: committable() <= the offset of every unfinished message, and committable() never falls
// except through reset(). In orderly mode at most one message is taken.
class ProcessQueue {
 public:
  // Which message finish() is about. `epoch` tells messages from before a reset() apart.
  struct Ticket {
    std::int64_t offset = 0;
    std::uint64_t epoch = 0;
    std::size_t bytes = 0;
  };
  struct Work {
    Ticket ticket;
    ReceivedMessage message;
  };

  ProcessQueue(ConsumeMode mode, std::int64_t begin) : mode_(mode), next_pull_(begin) {}

  // The outcome of a pull: messages in offset order, and where the next pull begins. Offsets below
  // next_pull() are not taken again. Ignored after drop().
  void put(std::vector<ReceivedMessage> messages, std::int64_t next);
  // The broker says that consumption goes on elsewhere (code 21). Waiting messages are forgotten; those
  // at handlers no longer count.
  void reset(std::int64_t offset);
  // This queue is ours no longer: nothing is handed out any more. What is unfinished stays so.
  void drop();

  // Nothing: no message waits, the queue is dropped or, in orderly mode, one is taken.
  std::optional<Work> take();
  // Pre: the ticket came from take() and was not given back.
  void finish(const Ticket& ticket);
  // The verdict was not reached: the message stays unfinished and nobody will try it again here.
  void abandon(const Ticket& ticket);

  [[nodiscard]] std::int64_t next_pull() const { return next_pull_; }
  [[nodiscard]] std::int64_t committable() const;
  [[nodiscard]] bool dropped() const { return dropped_; }
  [[nodiscard]] bool can_take() const;
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::size_t taken() const { return taken_; }
  // Waiting and taken, with the bytes of their bodies: what back-pressure counts.
  [[nodiscard]] std::size_t buffered() const { return waiting_.size() + taken_; }
  [[nodiscard]] std::size_t buffered_bytes() const { return bytes_; }
  // How far pulling has run ahead of the lowest unfinished message: what a crash repeats at most.
  [[nodiscard]] std::int64_t span() const { return next_pull_ - committable(); }

 private:
  void release(const Ticket& ticket);

  ConsumeMode mode_;
  std::int64_t next_pull_;
  std::deque<ReceivedMessage> waiting_;
  std::set<std::int64_t> unfinished_;  // offsets of this epoch: waiting, taken and abandoned
  std::size_t taken_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t epoch_ = 0;
  bool dropped_ = false;
};

}  // namespace mq::client
