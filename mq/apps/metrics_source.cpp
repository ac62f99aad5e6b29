#include "mq/apps/metrics_source.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "mq/broker/store_time.hpp"

namespace mq::apps {
namespace {

using Snapshot = broker::MetricsSnapshot;

}  // namespace

bool MetricsWalk::run(broker::Slices::Now until) {
  do {
    step();
  } while (stage_ != Stage::done && std::chrono::steady_clock::now() < until);
  return stage_ == Stage::done;
}

void MetricsWalk::step() {
  switch (stage_) {
    case Stage::topics:
      return next_topic();
    case Stage::group:
      return next_group();
    case Stage::queues:
      return next_queue();
    case Stage::members:
      return next_member();
    case Stage::producers:
      return next_producer();
    case Stage::done:
      return;
  }
}

void MetricsWalk::next_topic() {
  const auto next = state_.topics.next(topic_);
  if (!next) {
    stage_ = Stage::group;
    return;
  }
  topic_ = next->first;
  const auto* traffic = state_.stats.find_topic(topic_);
  if (traffic == nullptr) return;
  if (snapshot_.topics.size() == Snapshot::kSeriesMax) {
    ++snapshot_.left_out;
  } else {
    snapshot_.topics.push_back({topic_, traffic->counts, state_.topics.is_system(topic_)});
  }
}

void MetricsWalk::next_group() {
  const auto next = state_.groups.next(group_);
  if (!next) {
    stage_ = Stage::producers;
    return;
  }
  group_ = next->first;
  queue_ = QueueId{"", -1};
  member_ = net::ConnectionKey{0};
  stage_ = Stage::queues;
}

void MetricsWalk::next_queue() {
  const auto next = state_.offsets.next(group_, queue_);
  if (!next) {
    end_row();
    stage_ = Stage::members;
    return;
  }
  queue_ = next->queue;
  if (!row_ || row_->topic != queue_.topic) {
    end_row();
    begin_row(queue_.topic);
  }
  add_queue(*next);
}

void MetricsWalk::begin_row(const std::string& topic) {
  row_.emplace();
  row_->group = group_;
  row_->topic = topic;
  row_->system = state_.topics.is_system(topic);
  if (const auto* traffic = state_.stats.find_group(group_, topic)) row_->counts = traffic->counts;
}

void MetricsWalk::end_row() {
  if (!row_) return;
  if (snapshot_.consumptions.size() == Snapshot::kSeriesMax) {
    ++snapshot_.left_out;
  } else {
    snapshot_.consumptions.push_back(std::move(*row_));
  }
  row_.reset();
}

void MetricsWalk::add_queue(const broker::ConsumerOffsets::Standing& queue) {
  if (!queue.committed) return;
  const auto end = state_.store.max_offset(queue_).value();
  const auto consumed = std::min(queue.committed->value(), end);
  const auto popped = static_cast<std::int64_t>(state_.pops.in_flight(group_, queue_));
  // Messages in flight to poppers are not the next ones in a row, but that many.
  const auto handed_out = std::clamp(
      popped > 0 ? consumed + popped : queue.pulled.value_or(*queue.committed).value(), consumed, end);
  row_->lag += end - consumed;
  row_->inflight += handed_out - consumed;
  row_->ready += end - handed_out;
  if (end > consumed) wait_since(row_->lag_ms, queue_, QueueOffset{consumed});
  if (end > handed_out) wait_since(row_->queueing_ms, queue_, QueueOffset{handed_out});
}

void MetricsWalk::wait_since(std::optional<std::int64_t>& longest_ms, const QueueId& queue,
                             QueueOffset offset) {
  if (!longest_ms) return;
  std::optional<std::int64_t> stored;
  // Retention may have taken the first of them.
  offset = std::max(offset, state_.store.min_offset(queue));
  if (times_left_ > 0) stored = broker::store_time_of(state_.store, queue, offset);
  --times_left_;
  if (!stored) return longest_ms.reset();
  longest_ms = std::max(*longest_ms, base::to_millis(clock_.now()) - *stored);
}

void MetricsWalk::count(std::map<Snapshot::ClientKind, std::uint64_t>& kinds, Snapshot::ClientKind kind) {
  if (const auto known = kinds.find(kind); known != kinds.end()) {
    ++known->second;
  } else if (kinds.size() < Snapshot::kSeriesMax) {
    kinds.emplace(std::move(kind), 1);
  } else {
    ++snapshot_.left_out;
  }
}

void MetricsWalk::next_member() {
  const auto* group = state_.clients.find_consumers(group_);
  const auto next =
      group == nullptr ? decltype(group->members.begin()){} : group->members.upper_bound(member_);
  if (group == nullptr || next == group->members.end()) {
    stage_ = Stage::group;
    return;
  }
  member_ = next->first;
  const auto& client = next->second.client;
  count(snapshot_.consumers, {group_, client.language, client.version, group->type});
}

void MetricsWalk::next_producer() {
  const auto next = state_.clients.next_producer(producers_, member_);
  if (!next) {
    stage_ = Stage::done;
    done_(std::move(snapshot_));
    return;
  }
  producers_ = next->group;
  member_ = next->client.connection;
  count(snapshot_.producers, {"", next->client.language, next->client.version});
}

void copy_totals(const BrokerState& state, const base::Clock& clock, Snapshot& into) {
  into.totals = state.stats.totals;
  into.message_sizes = state.stats.message_sizes;
  into.delays = state.stats.delays;
  into.decisions = state.stats.decisions;
  into.store = state.store.stats();
  into.group_number = state.groups.size();
  into.topic_number = state.topics.size();
  into.held_pulls = state.polls.size();
  into.waiting_sends = state.sends.size();
  into.pending_timers = state.timers.pending();
  into.timers_added = state.timers.added();
  into.timers_delivered = state.timers.delivered();
  into.timers_damaged = state.timers.damaged();
  into.half_messages = into.store.undecided_halves;
  into.checks_sent = state.checks.sent();
  into.halves_parked = state.checks.parked();
  into.popped = state.pops.in_flight();
  into.revived = state.revival.revived();
  into.pops_damaged = state.revival.damaged();
  into.next_timer_due_ms = state.timers.next_due_ms().value_or(0);
  into.next_pop_due_ms = state.pops.next_due_ms().value_or(0);
  into.now_ms = base::to_millis(clock.now());
  into.real_now_ms = state.pops.now_ms();
  into.undurable_bytes = state.store.end().value() - state.store.durable().value();
}

}  // namespace mq::apps
