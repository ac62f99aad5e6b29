#include "mq/client/producer.hpp"

#include <algorithm>

#include "mq/client/backoff.hpp"
#include "mq/client/core.hpp"
#include "mq/client/outgoing.hpp"
#include "mq/client/queue_selector.hpp"
#include "mq/client/scope_exit.hpp"
#include "mq/model/properties.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::client {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
// How one send looks for its queue: in turn; by a key, and then that queue and no other; or a given one.
struct Destination {
  std::optional<std::string> key;
  std::optional<MessageQueue> fixed;
};

// What the attempts of one send have come to so far.
struct Progress {
  base::Deadline deadline;
  int retries_left = 0;
  Backoff pause{50ms, 1000ms};
  std::string last_broker;
  std::string last_error = "no broker takes messages of the topic now";
  std::int32_t last_code = -1;
  bool outcome_unknown = false;

  [[nodiscard]] SendError failure(const std::string& topic) const {
    return {"send failed topic=" + topic + " error=" + last_error, last_code, outcome_unknown};
  }
};
}  // namespace

class Producer::Impl {
 public:
  Impl(Client::Core& core, ProducerOptions options) : core_(core), options_(std::move(options)) {
    core_.heartbeats().add_producer(options_.group);
  }

  asio::awaitable<SendReceipt> send(Message message, Destination destination);
  asio::awaitable<std::vector<SendReceipt>> send_batch(std::vector<Message> messages);
  asio::awaitable<void> send_oneway(Message message);
  asio::awaitable<void> stop();

 private:
  Outgoing prepare(Message message);
  asio::awaitable<std::vector<SendReceipt>> deliver(Outgoing outgoing, Destination destination);
  // All writable queues of the topic, or those it may be created on; none while no name server answers.
  // Throws SendError when there is no such topic.
  asio::awaitable<std::vector<MessageQueue>> queues_of(std::string topic);
  asio::awaitable<std::optional<MessageQueue>> queue_of_key(std::string topic, std::string key);
  // The queue of the next attempt; nothing while no broker can take it.
  asio::awaitable<std::optional<MessageQueue>> choose(std::string topic, Destination destination,
                                                      std::string avoid);
  // What an attempt that failed means for the next. Throws SendError when there is none.
  asio::awaitable<void> after_failure(std::string topic, Progress& progress, bool counts);

  Client::Core& core_;
  const ProducerOptions options_;
  QueueSelector selector_;
  std::size_t in_flight_ = 0;
  Wakeup finished_;
  bool stopped_ = false;
};

Outgoing Producer::Impl::prepare(Message message) {
  return make_outgoing(std::move(message), core_.unique_ids().next(), base::to_millis(core_.clock().now()),
                       options_.compress_over);
}

asio::awaitable<std::vector<MessageQueue>> Producer::Impl::queues_of(std::string topic) {
  const auto route = co_await core_.routes().get(topic);
  if (route && *route) co_return writable_queues(topic, **route);
  if (!route) co_return std::vector<MessageQueue>{};
  const auto created_from = co_await core_.routes().get(std::string(kAutoCreateTopic));
  if (created_from && *created_from) co_return creatable_queues(topic, **created_from);
  if (!created_from) co_return std::vector<MessageQueue>{};
  throw SendError("there is no topic " + topic + " and the cluster creates none by itself",
                  protocol::response_code::kTopicNotExist, false);
}

asio::awaitable<std::optional<MessageQueue>> Producer::Impl::queue_of_key(std::string topic,
                                                                          std::string key) {
  const auto queues = co_await queues_of(topic);
  if (queues.empty()) co_return std::nullopt;
  co_return shard(queues, key);
}

asio::awaitable<std::optional<MessageQueue>> Producer::Impl::choose(std::string topic,
                                                                    Destination destination,
                                                                    std::string avoid) {
  if (destination.fixed) {
    if (!core_.routes().master(destination.fixed->broker)) (void)co_await core_.routes().get(topic);
    if (!core_.routes().master(destination.fixed->broker)) co_return std::nullopt;
    co_return destination.fixed;
  }
  if (destination.key) co_return std::nullopt;
  auto queues = co_await queues_of(topic);
  std::erase_if(queues, [&](const MessageQueue& queue) { return !core_.routes().master(queue.broker); });
  if (queues.empty()) co_return std::nullopt;
  co_return selector_.pick(queues, avoid, std::chrono::steady_clock::now());
}

asio::awaitable<void> Producer::Impl::after_failure(std::string topic, Progress& progress, bool counts) {
  if (counts && progress.retries_left-- <= 0) throw progress.failure(topic);
  const auto pause = progress.pause.next();
  if (std::chrono::steady_clock::now() + pause >= progress.deadline) throw progress.failure(topic);
  core_.routes().hurry(topic);  // a fail-over shows in the route
  co_await base::sleep_for(pause);
}

asio::awaitable<std::vector<SendReceipt>> Producer::Impl::deliver(Outgoing outgoing,
                                                                  Destination destination) {
  Progress progress;
  progress.deadline = base::deadline_in(options_.send_timeout);
  progress.retries_left = options_.retry_times;
  for (;;) {
    if (destination.key && !destination.fixed) {
      destination.fixed = co_await queue_of_key(outgoing.topic, *destination.key);
    }
    const auto queue = co_await choose(outgoing.topic, destination, progress.last_broker);
    if (!queue) {
      co_await after_failure(outgoing.topic, progress, false);
      continue;
    }
    progress.last_broker = queue->broker;
    const auto address = *core_.routes().master(queue->broker);
    const auto answer =
        co_await core_.rpc().call(address, send_request(outgoing, options_.group, *queue), progress.deadline);
    if (answer) {
      auto receipts = read_receipts(outgoing, *queue, *answer);
      if (!receipts.empty()) {
        selector_.succeeded(queue->broker);
        co_return receipts;
      }
    }
    selector_.failed(queue->broker, std::chrono::steady_clock::now());
    if (!answer) {
      const bool sent = !certainly_not_sent(answer.error());
      progress.last_error = answer.error().message();
      progress.last_code = -1;
      progress.outcome_unknown |= sent;
      // Where there was nothing to send on, trying again costs nothing and stores nothing twice: until the
      // deadline. A cluster that elects a master needs that.
      co_await after_failure(outgoing.topic, progress, sent);
      continue;
    }
    progress.last_error = answer->remark;
    progress.last_code = answer->code;
    if (!is_worth_another_broker(answer->code)) throw progress.failure(outgoing.topic);
    co_await after_failure(outgoing.topic, progress, true);
  }
}

asio::awaitable<SendReceipt> Producer::Impl::send(Message message, Destination destination) {
  if (stopped_) throw SendError("the producer has stopped", -1, false);
  ++in_flight_;
  const ScopeExit finished([this] {
    --in_flight_;
    finished_.notify();
  });
  auto receipts = co_await deliver(prepare(std::move(message)), std::move(destination));
  co_return std::move(receipts.front());
}

asio::awaitable<std::vector<SendReceipt>> Producer::Impl::send_batch(std::vector<Message> messages) {
  if (stopped_) throw SendError("the producer has stopped", -1, false);
  ++in_flight_;
  const ScopeExit finished([this] {
    --in_flight_;
    finished_.notify();
  });
  std::vector<std::string> ids(messages.size());
  std::ranges::generate(ids, [this] { return core_.unique_ids().next(); });
  auto outgoing = make_outgoing_batch(std::move(messages), ids, base::to_millis(core_.clock().now()));
  co_return co_await deliver(std::move(outgoing), {});
}

asio::awaitable<void> Producer::Impl::send_oneway(Message message) {
  if (stopped_) throw SendError("the producer has stopped", -1, false);
  const auto outgoing = prepare(std::move(message));
  const auto queue = co_await choose(outgoing.topic, {}, "");
  if (!queue) throw SendError("no broker takes messages of the topic now topic=" + outgoing.topic, -1, false);
  const auto error = co_await core_.rpc().oneway(*core_.routes().master(queue->broker),
                                                 send_request(outgoing, options_.group, *queue),
                                                 base::deadline_in(options_.send_timeout));
  if (error) {
    selector_.failed(queue->broker, std::chrono::steady_clock::now());
    throw SendError("one-way send failed topic=" + outgoing.topic + " error=" + error.message(), -1,
                    !certainly_not_sent(error));
  }
}

asio::awaitable<void> Producer::Impl::stop() {
  if (std::exchange(stopped_, true)) co_return;
  const auto deadline = base::deadline_in(options_.send_timeout);
  while (in_flight_ > 0 && std::chrono::steady_clock::now() < deadline) co_await finished_.wait(deadline);
  core_.heartbeats().remove_producer(options_.group);
  co_await core_.heartbeats().unregister(options_.group, "", core_.rpc_deadline());
}

Producer::Producer(Client& client, ProducerOptions options)
    : impl_(std::make_unique<Impl>(client.core(), std::move(options))) {}
Producer::~Producer() = default;

asio::awaitable<SendReceipt> Producer::send(Message message) { return impl_->send(std::move(message), {}); }
asio::awaitable<SendReceipt> Producer::send_sharded(Message message, std::string key) {
  message.properties.emplace(property::kShardingKey, key);
  Destination destination;
  destination.key = std::move(key);
  return impl_->send(std::move(message), std::move(destination));
}
asio::awaitable<SendReceipt> Producer::send_to(Message message, MessageQueue queue) {
  Destination destination;
  destination.fixed = std::move(queue);
  return impl_->send(std::move(message), std::move(destination));
}
asio::awaitable<std::vector<SendReceipt>> Producer::send_batch(std::vector<Message> messages) {
  return impl_->send_batch(std::move(messages));
}
asio::awaitable<void> Producer::send_oneway(Message message) {
  return impl_->send_oneway(std::move(message));
}
asio::awaitable<void> Producer::stop() { return impl_->stop(); }

void deliver_at(Message& message, base::Time due) {
  message.properties.insert_or_assign(std::string(property::kTimerDeliverMs),
                                      std::to_string(base::to_millis(due)));
}

void deliver_after_level(Message& message, int level) {
  if (level < 1 || level > 18) throw std::invalid_argument("delay levels are 1 to 18");
  message.properties.insert_or_assign(std::string(property::kDelayLevel), std::to_string(level));
}

}  // namespace mq::client
