// What an ephemeral broker does for tests: it is as new, and waits for messages in their place.
#include <boost/asio/post.hpp>

#include <utility>

#include "mq/apps/broker_node.hpp"
#include "mq/apps/reset.hpp"
#include "mq/base/assert.hpp"
#include "mq/broker/fatal.hpp"

namespace mq::apps {
namespace {
using Steady = std::chrono::steady_clock;
}  // namespace

TestHooks BrokerNode::test_hooks() {
  TestHooks hooks;
  hooks.post = [this](std::function<void()> work) { boost::asio::post(loop_.context(), std::move(work)); };
  hooks.await = [this](broker::AwaitQuery query, broker::Awaits::Then then) {
    state_->awaits.add(std::move(query), std::move(then));
  };
  if (!config_.ephemeral) return hooks;
  hooks.reset = [this] { return reset(); };
  hooks.faults = [this]() -> broker::Faults& { return *faults_; };
  hooks.make_topic = [this](const std::string& name, std::int32_t queues) {
    broker::TopicConfig topic;
    topic.topic = name;
    topic.read_queues = topic.write_queues = queues;
    const bool stored = state_->topics.put(std::move(topic)).has_value();
    if (stored) flush_now();  // there is a route when the caller knows
    return stored;
  };
  return hooks;
}

// Whatever waits is answered: what it waits for has happened, and will be forgotten.
void BrokerNode::settle() {
  server_.fail_calls();
  state_->polls.serve_all();
  state_->pop_waiters.serve_all();
  state_->notifications.serve_all();
  state_->awaits.give_up(broker::AwaitEnd::reset);
  state_->slices.run(Steady::time_point::max());
  flush_now();
  state_->sends.release(store_->durable());
  state_->waits.release();
}

void BrokerNode::flush_now() {
  if (const auto written = store_->write_pass(); !written) {
    broker::die("the log cannot be written (" + written.error().message() + ")");
  }
  store_->assume_durable();
}

std::chrono::microseconds BrokerNode::reset() {
  BASE_ASSERT(config_.ephemeral, "the data of others is not forgotten");
  const auto began = Steady::now();
  settle();
  StaysConnected stays(*state_);
  processors_.reset();
  namesrv_.reset();
  store_->forget();
  state_ = new_state();
  auto stored = state_->load();
  if (stored) stored = stays.move_into(*state_);
  if (!stored) broker::die("the start-up topics cannot be stored (" + stored.error().message() + ")");
  open_processors();
  settle();
  faults_->clear();
  return std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - began);
}

}  // namespace mq::apps
