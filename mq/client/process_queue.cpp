#include "mq/client/process_queue.hpp"

#include <algorithm>

#include "mq/base/assert.hpp"

namespace mq::client {

void ProcessQueue::put(std::vector<ReceivedMessage> messages, std::int64_t next) {
  if (dropped_) return;
  for (auto& message : messages) {
    const auto offset = message.queue_offset.value();
    if (offset < next_pull_) continue;
    unfinished_.insert(unfinished_.end(), offset);
    bytes_ += message.body.size();
    next_pull_ = offset + 1;
    waiting_.push_back(std::move(message));
  }
  next_pull_ = std::max(next_pull_, next);
}

void ProcessQueue::reset(std::int64_t offset) {
  if (dropped_) return;
  for (const auto& message : waiting_) bytes_ -= message.body.size();
  waiting_.clear();
  unfinished_.clear();
  next_pull_ = offset;
  ++epoch_;
}

void ProcessQueue::drop() {
  for (const auto& message : waiting_) bytes_ -= message.body.size();
  waiting_.clear();  // their offsets stay in unfinished_: the next owner handles them
  dropped_ = true;
}

bool ProcessQueue::can_take() const {
  return !waiting_.empty() && !dropped_ && (mode_ == ConsumeMode::concurrent || taken_ == 0);
}

std::optional<ProcessQueue::Work> ProcessQueue::take() {
  if (!can_take()) return std::nullopt;
  auto message = std::move(waiting_.front());
  waiting_.pop_front();
  ++taken_;
  BASE_ASSERT(mode_ == ConsumeMode::concurrent || taken_ == 1,
              "orderly: never two messages of a queue at once");
  const Ticket ticket{message.queue_offset.value(), epoch_, message.body.size()};
  return Work{ticket, std::move(message)};
}

void ProcessQueue::finish(const Ticket& ticket) {
  release(ticket);
  if (ticket.epoch != epoch_) return;
  const auto before = committable();
  BASE_ASSERT(unfinished_.erase(ticket.offset) == 1, "a message is finished once");
  BASE_ASSERT(committable() >= before, "the committed offset only grows");
}

void ProcessQueue::abandon(const Ticket& ticket) { release(ticket); }

void ProcessQueue::release(const Ticket& ticket) {
  BASE_ASSERT(taken_ > 0 && bytes_ >= ticket.bytes, "only what was taken is given back");
  --taken_;
  bytes_ -= ticket.bytes;
}

std::int64_t ProcessQueue::committable() const {
  return unfinished_.empty() ? next_pull_ : *unfinished_.begin();
}

}  // namespace mq::client
