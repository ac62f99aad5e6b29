#include "mq/broker/long_polls.hpp"

#include <algorithm>

namespace mq::broker {

bool LongPolls::hold(PullQuery query, QueueOffset asked, Now deadline, const PullReply& reply) {
  if (held_.size() >= kHeldMax) return false;
  const Id id = ++last_id_;
  waiting_[query.queue].push_back(id);
  deadlines_.insert({deadline, id});
  connections_.insert({reply.connection(), id});
  held_.emplace(id, Held{std::move(query), asked, deadline, reply});
  return true;
}

void LongPolls::arrived(const storage::Arrival& arrival) {
  const auto queue = waiting_.find(arrival.queue);
  if (queue == waiting_.end()) return;
  std::vector<Id> still_waiting;
  for (const Id id : queue->second) {
    auto& held = held_.at(id);
    if (held.query.from < arrival.end && reader_.skip_to_match(held.query)) {
      ready_.push_back(id);
    } else {
      still_waiting.push_back(id);
    }
  }
  if (still_waiting.empty()) {
    waiting_.erase(queue);
  } else {
    queue->second = std::move(still_waiting);
  }
}

void LongPolls::wake(const QueueId& queue, std::string_view group) {
  const auto waiting = waiting_.find(queue);
  if (waiting == waiting_.end()) return;
  auto& ids = waiting->second;
  std::erase_if(ids, [&](const Id id) {
    const bool woken = held_.at(id).query.group == group;
    if (woken) ready_.push_back(id);
    return woken;
  });
  if (ids.empty()) waiting_.erase(waiting);
}

void LongPolls::leave_queue(const QueueId& queue, Id id) {
  const auto waiting = waiting_.find(queue);
  if (waiting == waiting_.end()) return;
  std::erase(waiting->second, id);
  if (waiting->second.empty()) waiting_.erase(waiting);
}

void LongPolls::drop(net::ConnectionKey connection) {
  auto row = connections_.lower_bound({connection, 0});
  while (row != connections_.end() && row->first == connection) {
    const auto held = held_.find(row->second);
    leave_queue(held->second.query.queue, row->second);
    deadlines_.erase({held->second.deadline, row->second});
    held_.erase(held);  // an id left in ready_ is skipped there
    row = connections_.erase(row);
  }
}

void LongPolls::answer(Id id) {
  const auto found = held_.find(id);
  if (found == held_.end()) return;
  const auto held = std::move(found->second);
  held_.erase(found);
  deadlines_.erase({held.deadline, id});
  connections_.erase({held.reply.connection(), id});
  records_.clear();
  auto result = reader_.read(held.query, records_);
  // Entries that the filter passed over while the pull was held count as progress.
  const bool nothing = result.status == PullStatus::offset_overflow_one;
  if (nothing && held.query.from > held.asked) result.status = PullStatus::no_matched_message;
  answer_pull(held.reply, result, held.asked, records_);
  served_(held.query, result, records_.size());
}

bool LongPolls::serve(Now now, Now until) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const Id id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    leave_queue(held_.at(id).query.queue, id);
    ready_.push_back(id);
  }
  while (!ready_.empty()) {
    const Id id = ready_.front();
    ready_.pop_front();
    answer(id);
    if (std::chrono::steady_clock::now() >= until) return !ready_.empty();
  }
  return false;
}

void LongPolls::serve_all() { serve(Now::max(), Now::max()); }

std::optional<LongPolls::Now> LongPolls::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

}  // namespace mq::broker
