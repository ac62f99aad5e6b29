// What happens in each pass of the loop, and when the next one has to come.
#include <algorithm>
#include <memory>
#include <utility>

#include "mq/apps/broker_node.hpp"
#include "mq/apps/metrics_source.hpp"

namespace mq::apps {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
// A test clock may be moved by another process at any time; real time needs no second look.
constexpr milliseconds kTestClockLook{5};
constexpr milliseconds kRealClockLook{500};

template <class Flushed>
std::optional<Steady::time_point> next_flush(const Flushed& what) {
  if (!what.dirty()) return std::nullopt;
  return std::max(what.next_flush(), Steady::now());
}

}  // namespace

void BrokerNode::take_metrics(broker::MetricsServer::Extent extent,
                              const broker::MetricsServer::Taken& taken) {
  const auto finish = [this, extent, taken](broker::MetricsSnapshot snapshot) {
    copy_numbers(snapshot);
    if (extent == broker::MetricsServer::Extent::rows) {
      snapshot.loop_stall_seconds = std::chrono::duration<double>(loop_.take_longest_pass()).count();
    }
    taken(std::move(snapshot));
  };
  if (extent == broker::MetricsServer::Extent::totals) return finish({});
  const auto walk = std::make_shared<MetricsWalk>(*state_, clock_, finish);
  state_->slices.add([walk](Steady::time_point until) { return walk->run(until); });
}

void BrokerNode::copy_numbers(broker::MetricsSnapshot& into) {
  copy_totals(*state_, clock_, into);
  for (const auto& row : processors_->router().rows()) {
    into.processors.push_back({row.code, std::string(row.name), row.calls});
  }
  into.net = server_.stats();
  into.sync_times = pass_.sync_times();
  into.refusals = door_.refusals();
  into.disk_use = disk_use_;
  if (namesrv_) into.registered_brokers = namesrv_->registry().live();
  if (!registration_) return;
  for (auto& standing : registration_->standings()) {
    into.name_servers.push_back({standing.name_server, standing.registered, standing.failures});
  }
}

void BrokerNode::wire_passes() {
  using Until = Steady::time_point;
  pass_.before_write([this](Until until) { return state_->timers.deliver(until); });
  pass_.before_write([this](Until until) { return state_->carrier.run(until); });
  pass_.before_write([this](Until until) { return state_->checks.run(until); });
  pass_.before_write([this](Until until) { return state_->revival.run(until); });
  pass_.before_write([this](Until) { return flush_positions(Steady::now()); });

  pass_.after_durable([this](Until) {
    state_->sends.release(store_->durable());
    state_->waits.release();
    for (const auto& arrival : store_->take_arrivals()) {
      state_->polls.arrived(arrival);
      state_->pop_waiters.arrived(arrival.queue);
      state_->notifications.arrived(arrival.queue);
    }
    return false;
  });
  pass_.after_durable([this](Until until) { return state_->awaits.serve(Steady::now(), until); });
  pass_.after_durable([this](Until until) { return state_->polls.serve(Steady::now(), until); });
  pass_.after_durable([this](Until until) { return state_->pop_waiters.serve(Steady::now(), until); });
  pass_.after_durable([this](Until until) { return state_->notifications.serve(Steady::now(), until); });
  pass_.after_durable([this](Until until) { return state_->slices.run(until); });
  pass_.after_durable([this](Until) {
    upkeep_.look_for_work();
    return false;
  });

  pass_.after_durable([this](Until) {
    if (registration_) registration_->look_for_changes();
    return false;
  });

  pass_.wake_for([this] { return state_->polls.next_deadline(); });
  pass_.wake_for([this] { return state_->awaits.next(); });
  pass_.wake_for([this] { return next_timer(); });
  pass_.wake_for([this] { return state_->checks.next(); });
  pass_.wake_for([this] { return state_->pop_waiters.next_deadline(); });
  pass_.wake_for([this] { return state_->notifications.next_deadline(); });
  pass_.wake_for([this] { return next_revival(); });
  pass_.wake_for([this] { return next_flush(state_->pops); });
  pass_.wake_for([this] { return next_flush(state_->offsets); });
}

// What is due and was left alone waits for room in the log: no need to spin.
std::optional<Steady::time_point> BrokerNode::next_revival() const {
  const auto due_ms = state_->pops.next_due_ms();
  if (!due_ms) return std::nullopt;
  const milliseconds wait{*due_ms - state_->pops.now_ms()};
  return Steady::now() + std::clamp(wait, milliseconds{1}, kRealClockLook);
}

bool BrokerNode::flush_positions(Steady::time_point now) {
  if (state_->offsets.due(now)) state_->pops.hurry();
  if (state_->pops.flush_if_due(now)) return true;
  return !state_->pops.dirty() && state_->offsets.flush_if_due(now);
}

// A due timer that this pass left alone waits for its sync, or for room in the log: no need to spin.
std::optional<Steady::time_point> BrokerNode::next_timer() const {
  const auto due_ms = state_->timers.next_due_ms();
  if (!due_ms) return std::nullopt;
  const milliseconds wait{*due_ms - base::to_millis(clock_.now())};
  const auto look = config_.test_clock.empty() ? kRealClockLook : kTestClockLook;
  return Steady::now() + std::clamp(wait, milliseconds{1}, look);
}

}  // namespace mq::apps
