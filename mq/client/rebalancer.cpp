#include "mq/client/rebalancer.hpp"

#include <algorithm>

#include "mq/client/backoff.hpp"
#include "mq/client/rebalance.hpp"
#include "mq/protocol/bodies.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::client {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
// While something is missing: a route that a heartbeat has just created, a lock that another member is
// about to give back.
constexpr auto kSoon = 500ms;
constexpr auto kLockRetryFirst = 100ms;
constexpr auto kLockRetryMax = 2000ms;
}  // namespace

asio::awaitable<void> Rebalancer::run() {
  for (;;) {
    state_.rebalance_wanted = false;
    co_await state_.core.heartbeats().catch_up();
    const bool complete = co_await round();
    const auto pause = complete
                           ? state_.options.rebalance_interval
                           : std::min<std::chrono::milliseconds>(kSoon, state_.options.rebalance_interval);
    if (!state_.rebalance_wanted) co_await state_.rebalance.wait(base::deadline_in(pause));
  }
}

asio::awaitable<bool> Rebalancer::round() {
  bool complete = true;
  std::vector<std::string> topics;
  topics.reserve(state_.filters.size());
  for (const auto& [topic, filter] : state_.filters) topics.push_back(topic);
  bool known = true;
  for (const auto& topic : topics) {
    const auto outcome = co_await balance(topic);
    if (outcome != Outcome::complete) complete = false;
    if (outcome == Outcome::nobody_knows) known = false;
  }
  state_.counts.joined = known;
  co_return complete;
}

asio::awaitable<Rebalancer::Outcome> Rebalancer::balance(std::string topic) {
  const auto route = co_await state_.core.routes().get(topic);
  const auto missing = "route " + topic;
  if (!route || !*route) {
    if (state_.options.subscriptions.contains(topic)) {  // a retry topic is made by our first heartbeat
      state_.complaints.begin(missing,
                              "topic has no route yet group=" + state_.options.group + " topic=" + topic);
    }
    co_return route ? Outcome::something_missing : Outcome::nobody_knows;
  }
  state_.complaints.end(missing, "topic has a route now group=" + state_.options.group + " topic=" + topic);

  // What we have stays when nobody can say who the others are, or when the broker has forgotten us.
  const auto all = co_await members(**route);
  if (!all) co_return Outcome::nobody_knows;
  if (std::ranges::find(*all, state_.core.id()) == all->end()) {
    state_.core.heartbeats().forget_all();
    co_return Outcome::nobody_knows;
  }
  const auto share = allocate_average(*all, readable_queues(topic, **route), state_.core.id());
  const std::set<MessageQueue> wanted(share.begin(), share.end());

  std::vector<std::shared_ptr<ConsumedQueue>> unwanted;
  for (const auto& [id, queue] : state_.queues) {
    if (id.topic == topic && !wanted.contains(id) && !queue->messages.dropped()) unwanted.push_back(queue);
  }
  for (const auto& queue : unwanted) leave(queue);

  bool complete = true;
  std::vector<MessageQueue> fresh;
  for (const auto& id : wanted) {
    const auto found = state_.queues.find(id);
    if (found == state_.queues.end()) {
      fresh.push_back(id);
    } else if (found->second->messages.dropped()) {
      complete = false;  // still leaving; then it may enter again
    }
  }
  if (!(co_await enter(std::move(fresh)))) complete = false;
  co_return complete ? Outcome::complete : Outcome::something_missing;
}

asio::awaitable<std::optional<std::vector<std::string>>> Rebalancer::members(protocol::TopicRouteData route) {
  protocol::GetConsumerListByGroupRequest request;
  request.consumer_group = state_.options.group;
  for (const auto& broker : route.brokers) {
    const auto address = state_.core.routes().address(broker.broker);
    if (!address) continue;
    const auto answer = co_await state_.core.rpc().call(*address, protocol::make_request(request),
                                                        state_.core.rpc_deadline());
    if (!answer) continue;
    if (answer->code == protocol::response_code::kSuccess) {
      auto ids = protocol::decode_body<protocol::ConsumerIds>(answer->body);
      if (ids) co_return std::move(ids->ids);
    }
    // A broker that knows no member of the group does not know us either.
    state_.core.heartbeats().forget(*address);
  }
  co_return std::nullopt;
}

asio::awaitable<bool> Rebalancer::enter(std::vector<MessageQueue> queues) {
  if (state_.is_orderly()) co_return co_await enter_locked(std::move(queues));
  for (const auto& id : queues) enter_one(std::make_shared<ConsumedQueue>(id, state_.options.mode));
  co_return true;
}

asio::awaitable<bool> Rebalancer::enter_locked(std::vector<MessageQueue> queues) {
  bool complete = true;
  for (const auto& [broker, its_queues] : by_broker(queues)) {
    const auto asked = std::chrono::steady_clock::now();
    being_locked_ = its_queues;
    const auto granted = co_await locks_.lock(its_queues);
    being_locked_.clear();
    if (!granted || granted->size() < its_queues.size()) complete = false;
    if (!granted) continue;
    for (const auto& id : its_queues) {
      if (!granted->contains(id)) continue;
      auto queue = std::make_shared<ConsumedQueue>(id, state_.options.mode);
      queue->locked_until = asked + state_.lock_trust();
      enter_one(std::move(queue));
    }
  }
  co_return complete;
}

void Rebalancer::enter_one(std::shared_ptr<ConsumedQueue> queue) {
  base::log("mq.client")
      ->info("queue enters group={} topic={} broker={} queue={}", state_.options.group, queue->id.topic,
             queue->id.broker, queue->id.queue);
  state_.queues.emplace(queue->id, queue);
  pulls_.spawn("pull " + queue->id.topic, puller_.run(queue));
}

void Rebalancer::leave(std::shared_ptr<ConsumedQueue> queue) {
  base::log("mq.client")
      ->info("queue leaves group={} topic={} broker={} queue={}", state_.options.group, queue->id.topic,
             queue->id.broker, queue->id.queue);
  queue->drop();
  state_.room.notify();
  auto name = "leave " + queue->id.topic;
  leaving_.spawn(std::move(name), finish_leaving(std::move(queue)));
}

asio::awaitable<void> Rebalancer::finish_leaving(std::shared_ptr<ConsumedQueue> queue) {
  // Concurrent: the next owner begins at once anyhow, so what is done by now is stored now. Orderly: it
  // begins when our lock is free, which must not be while a handler still works.
  if (state_.is_orderly()) {
    while (queue->messages.taken() > 0) co_await state_.handled.wait();
  }
  if (state_.may_commit(*queue, std::chrono::steady_clock::now())) {
    const auto offset = queue->messages.committable();
    if (offset != queue->committed) {
      (void)co_await offsets_.commit(queue->id, offset, state_.core.rpc_deadline());
    }
  }
  if (state_.is_orderly() && !queue->lock_lost) {
    queue->unlocking = true;
    co_await locks_.unlock({queue->id}, state_.core.rpc_deadline());
  }
  state_.queues.erase(queue->id);
  state_.room.notify();
  state_.want_rebalance();
}

// Brokers keep locks in memory: one that restarted gives ours to whoever asks first, while we trust it for up
// to 30 s. So a broken connection has them renewed at once, and then again soon until the broker answers.
asio::awaitable<void> Rebalancer::keep_locks() {
  Backoff retry(kLockRetryFirst, kLockRetryMax);
  for (;;) {
    state_.renewal_wanted = false;
    std::set<std::string> brokers;
    for (const auto& [id, queue] : state_.queues) brokers.insert(id.broker);
    bool complete = true;
    for (const auto& broker : brokers) {
      if (!(co_await renew(broker))) complete = false;
    }
    if (complete) retry.reset();
    const auto pause =
        complete ? state_.options.lock_interval : std::min(retry.next(), state_.options.lock_interval);
    if (!state_.renewal_wanted) co_await state_.renewal.wait(base::deadline_in(pause));
  }
}

asio::awaitable<bool> Rebalancer::renew(std::string broker) {
  std::vector<MessageQueue> queues;
  for (const auto& [id, queue] : state_.queues) {
    if (id.broker == broker && !queue->lock_lost && !queue->unlocking) queues.push_back(id);
  }
  const auto asked = std::chrono::steady_clock::now();
  const auto granted = co_await locks_.lock(queues);
  if (!granted) co_return false;  // what we hold stays valid until its time is over
  for (const auto& id : queues) {
    const auto found = state_.queues.find(id);
    if (found == state_.queues.end()) continue;
    auto& queue = *found->second;
    if (queue.unlocking || queue.lock_lost) continue;
    // A lock that ran out may have been another member's in between, even if we get it now.
    if (granted->contains(id) && queue.locked_until > asked) {
      queue.locked_until = asked + state_.lock_trust();
      continue;
    }
    base::log("mq.client")
        ->warn("lock of a queue was lost group={} topic={} broker={} queue={}", state_.options.group,
               id.topic, id.broker, id.queue);
    queue.lock_lost = true;
    queue.locked_until = base::Deadline::min();
    if (!queue.messages.dropped()) leave(found->second);
  }
  state_.work.notify();
  co_return true;
}

asio::awaitable<void> Rebalancer::stop() {
  co_await pulls_.stop();
  co_await leaving_.stop();
}

}  // namespace mq::client
