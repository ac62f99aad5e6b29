#include "mq/client/producer.hpp"

#include <algorithm>

#include "mq/client/backoff.hpp"
#include "mq/client/core.hpp"
#include "mq/client/outgoing.hpp"
#include "mq/client/queue_selector.hpp"
#include "mq/model/properties.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::client {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
// A send that ends at its deadline still has to tell its caller.
constexpr auto kLastWords = 1s;

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
  std::string last_error;
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
  // Every send, also a one-way one, is counted from its first step to its last: stop() waits for them.
  class InFlight {
   public:
    explicit InFlight(Impl& producer) : producer_(producer) {
      if (producer_.stopped_) throw SendError("the producer has stopped", -1, false);
      ++producer_.in_flight_;
    }
    ~InFlight() {
      --producer_.in_flight_;
      producer_.finished_.notify();
    }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

   private:
    Impl& producer_;
  };

  Outgoing prepare(Message message);
  asio::awaitable<std::vector<SendReceipt>> deliver(Outgoing outgoing, Destination destination);
  // The route, or an error when no name server gave it in time.
  asio::awaitable<base::Result<RouteTable::Route>> route_of(std::string topic, base::Deadline deadline);
  // All writable queues of the topic, or those it may be created on; none while no name server answers.
  // Throws SendError when there is no such topic.
  asio::awaitable<std::vector<MessageQueue>> queues_of(std::string topic, base::Deadline deadline);
  asio::awaitable<std::optional<MessageQueue>> queue_of_key(std::string topic, std::string key,
                                                            base::Deadline deadline);
  // The queue of the next attempt; nothing while no broker can take it.
  asio::awaitable<std::optional<MessageQueue>> choose(std::string topic, Destination destination,
                                                      std::string avoid, base::Deadline deadline);
  [[nodiscard]] std::string why_nowhere(const std::string& topic) const;
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

asio::awaitable<base::Result<RouteTable::Route>> Producer::Impl::route_of(std::string topic,
                                                                          base::Deadline deadline) {
  if (auto route = core_.routes().known(topic)) co_return route;
  try {
    co_return co_await base::with_deadline(deadline, core_.routes().refresh(std::move(topic)));
  } catch (const boost::system::system_error& failure) {
    if (failure.code() != asio::error::timed_out) throw;
    co_return failure.code();
  }
}

asio::awaitable<std::vector<MessageQueue>> Producer::Impl::queues_of(std::string topic,
                                                                     base::Deadline deadline) {
  const auto route = co_await route_of(topic, deadline);
  if (route && *route) co_return writable_queues(topic, **route);
  if (!route) co_return std::vector<MessageQueue>{};
  const auto created_from = co_await route_of(std::string(kAutoCreateTopic), deadline);
  if (created_from && *created_from) co_return creatable_queues(topic, **created_from);
  if (!created_from) co_return std::vector<MessageQueue>{};
  throw SendError("there is no topic " + topic + " and the cluster creates none by itself",
                  protocol::response_code::kTopicNotExist, false);
}

asio::awaitable<std::optional<MessageQueue>> Producer::Impl::queue_of_key(std::string topic, std::string key,
                                                                          base::Deadline deadline) {
  const auto queues = co_await queues_of(topic, deadline);
  if (queues.empty()) co_return std::nullopt;
  co_return shard(queues, key);
}

asio::awaitable<std::optional<MessageQueue>> Producer::Impl::choose(std::string topic,
                                                                    Destination destination,
                                                                    std::string avoid,
                                                                    base::Deadline deadline) {
  if (destination.fixed) {
    if (!core_.routes().master(destination.fixed->broker)) (void)co_await route_of(topic, deadline);
    if (!core_.routes().master(destination.fixed->broker)) co_return std::nullopt;
    co_return destination.fixed;
  }
  if (destination.key) co_return std::nullopt;
  auto queues = co_await queues_of(topic, deadline);
  std::erase_if(queues, [&](const MessageQueue& queue) { return !core_.routes().master(queue.broker); });
  if (queues.empty()) co_return std::nullopt;
  co_return selector_.pick(queues, avoid, std::chrono::steady_clock::now());
}

std::string Producer::Impl::why_nowhere(const std::string& topic) const {
  const auto& routes = core_.routes();
  const bool located = routes.known(topic) || routes.known(std::string(kAutoCreateTopic));
  return located ? "no broker takes messages of the topic now" : "no name server says where the topic is";
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
      destination.fixed = co_await queue_of_key(outgoing.topic, *destination.key, progress.deadline);
    }
    const auto queue = co_await choose(outgoing.topic, destination, progress.last_broker, progress.deadline);
    if (!queue) {
      if (progress.last_error.empty()) progress.last_error = why_nowhere(outgoing.topic);
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
    if (is_stored(answer->code)) {
      progress.last_error = "the broker took it, but its answer cannot be read";
      progress.outcome_unknown = true;
    }
    if (!is_worth_another_broker(answer->code)) throw progress.failure(outgoing.topic);
    co_await after_failure(outgoing.topic, progress, true);
  }
}

asio::awaitable<SendReceipt> Producer::Impl::send(Message message, Destination destination) {
  const InFlight in_flight(*this);
  auto receipts = co_await deliver(prepare(std::move(message)), std::move(destination));
  co_return std::move(receipts.front());
}

asio::awaitable<std::vector<SendReceipt>> Producer::Impl::send_batch(std::vector<Message> messages) {
  const InFlight in_flight(*this);
  std::vector<std::string> ids(messages.size());
  std::ranges::generate(ids, [this] { return core_.unique_ids().next(); });
  auto outgoing = make_outgoing_batch(std::move(messages), ids, base::to_millis(core_.clock().now()));
  co_return co_await deliver(std::move(outgoing), {});
}

asio::awaitable<void> Producer::Impl::send_oneway(Message message) {
  const InFlight in_flight(*this);
  const auto deadline = base::deadline_in(options_.send_timeout);
  const auto outgoing = prepare(std::move(message));
  const auto queue = co_await choose(outgoing.topic, {}, "", deadline);
  if (!queue) {
    throw SendError("one-way send failed topic=" + outgoing.topic + " error=" + why_nowhere(outgoing.topic),
                    -1, false);
  }
  const auto error = co_await core_.rpc().oneway(*core_.routes().master(queue->broker),
                                                 send_request(outgoing, options_.group, *queue), deadline);
  if (error) {
    selector_.failed(queue->broker, std::chrono::steady_clock::now());
    throw SendError("one-way send failed topic=" + outgoing.topic + " error=" + error.message(), -1,
                    !certainly_not_sent(error));
  }
}

asio::awaitable<void> Producer::Impl::stop() {
  if (std::exchange(stopped_, true)) co_return;
  const auto deadline = base::deadline_in(options_.send_timeout + kLastWords);
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
