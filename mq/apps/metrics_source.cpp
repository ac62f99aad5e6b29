#include "mq/apps/metrics_source.hpp"

#include <chrono>
#include <map>
#include <utility>

namespace mq::apps {
namespace {

using Lag = std::map<std::pair<std::string, std::string>, std::int64_t>;

// How many durable messages each group has still to consume, by group and topic.
Lag lag_of(const BrokerState& state) {
  Lag lag;
  state.offsets.each([&](const std::string& group, const QueueId& queue, QueueOffset offset) {
    const auto behind = state.store.max_offset(queue).value() - offset.value();
    lag[{group, queue.topic}] += behind > 0 ? behind : 0;
  });
  return lag;
}

void copy_traffic(const BrokerState& state, broker::MetricsSnapshot& into) {
  for (const auto& [name, topic] : state.stats.topics()) {
    into.topics.push_back({name, topic.counts, state.topics.is_system(name)});
  }
  auto lag = lag_of(state);
  for (const auto& [group, topics] : state.stats.groups()) {
    for (const auto& [topic, consumed] : topics) {
      const auto found = lag.extract({group, topic});
      into.consumptions.push_back({group, topic, consumed.counts, found ? found.mapped() : 0});
    }
  }
  for (const auto& [key, behind] : lag) into.consumptions.push_back({key.first, key.second, {}, behind});
}

}  // namespace

broker::MetricsSnapshot take_snapshot(const BrokerState& state, const broker::Router& router,
                                      const net::Server& server, net::Loop& loop) {
  broker::MetricsSnapshot snapshot;
  copy_traffic(state, snapshot);
  for (const auto& row : router.rows()) {
    snapshot.processors.push_back({row.code, std::string(row.name), row.calls});
  }
  snapshot.totals = state.stats.totals;
  snapshot.net = server.stats();
  snapshot.store = state.store.stats();
  snapshot.producers = state.clients.producer_count();
  for (const auto& [name, group] : state.clients.consumers()) snapshot.consumers += group.members.size();
  snapshot.consumer_groups = state.clients.consumers().size();
  snapshot.topic_number = state.topics.durable().size();
  snapshot.held_pulls = state.polls.size();
  snapshot.waiting_sends = state.sends.size();
  snapshot.pending_timers = state.timers.pending();
  snapshot.timers_added = state.timers.added();
  snapshot.timers_delivered = state.timers.delivered();
  snapshot.timers_damaged = state.timers.damaged();
  snapshot.half_messages = snapshot.store.undecided_halves;
  snapshot.checks_sent = state.checks.sent();
  snapshot.halves_parked = state.checks.parked();
  snapshot.next_timer_due_ms = state.timers.next_due_ms().value_or(0);
  snapshot.undurable_bytes = state.store.end().value() - state.store.durable().value();
  snapshot.loop_stall_seconds = std::chrono::duration<double>(loop.take_longest_pass()).count();
  return snapshot;
}

}  // namespace mq::apps
