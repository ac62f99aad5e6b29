#include "mq/client/push_consumer.hpp"

#include <stdexcept>

#include "mq/client/committer.hpp"
#include "mq/client/handlers.hpp"
#include "mq/client/rebalancer.hpp"
#include "mq/client/scope_exit.hpp"
#include "mq/client/send_back.hpp"

namespace mq::client {
namespace asio = boost::asio;

// Wires the parts and takes them apart again in the order that loses and repeats least.
class PushConsumer::Impl {
 public:
  Impl(Client& client, ConsumerOptions options, Handler handler)
      : state_(client.core(), std::move(options), std::move(handler)),
        offsets_(client.core(), state_.options.group, state_.options.from),
        locks_(client.core(), state_.options.group),
        send_back_(client, {state_.options.group, state_.options.attempts_max, state_.options.retry_level}),
        puller_(state_, offsets_),
        committer_(state_, offsets_),
        rebalancer_(client.executor(), state_, puller_, offsets_, locks_),
        handlers_(client.executor(), state_, send_back_),
        steering_(client.executor()),
        lock_keeping_(client.executor()),
        shutdown_(client.executor()) {}

  // `self` keeps this alive: whoever owns the consumer may let go of it as soon as stop() returns, while
  // run() still has its last steps to do.
  asio::awaitable<void> run(std::shared_ptr<Impl> self);
  asio::awaitable<void> stop(std::shared_ptr<Impl> self, std::chrono::milliseconds grace);
  [[nodiscard]] Stats stats() const { return state_.stats(); }

 private:
  enum class Phase { idle, running, stopping, stopped };

  void check_use() const;
  asio::awaitable<void> start();
  asio::awaitable<void> stopped();
  void begin_shutdown(std::chrono::milliseconds grace);
  asio::awaitable<void> shut_down(std::chrono::milliseconds grace);
  asio::awaitable<void> give_up_locks();
  [[nodiscard]] protocol::ConsumerData membership() const;

  ConsumerState state_;
  OffsetStore offsets_;
  QueueLocks locks_;
  SendBack send_back_;
  Puller puller_;
  Committer committer_;
  Rebalancer rebalancer_;
  Handlers handlers_;

  Phase phase_ = Phase::idle;
  Wakeup phase_changed_;
  base::TaskGroup steering_;      // rebalance and regular commits
  base::TaskGroup lock_keeping_;  // apart: locks must stay ours until the last handler is done
  base::TaskGroup shutdown_;      // a cancelled stop() must not leave half a shutdown
};

void PushConsumer::Impl::check_use() const {
  const auto& options = state_.options;
  if (phase_ != Phase::idle) throw std::logic_error("a consumer runs once");
  if (!is_valid_group(options.group)) throw std::invalid_argument("not a group's name: " + options.group);
  if (options.subscriptions.empty()) throw std::invalid_argument("a consumer needs a subscription");
  if (state_.core.heartbeats().has_consumer(options.group)) {
    throw std::logic_error("this client already has a consumer of group " + options.group);
  }
}

protocol::ConsumerData PushConsumer::Impl::membership() const {
  protocol::ConsumerData data;
  data.group = state_.options.group;
  data.from_where = state_.options.from == ConsumeFrom::last_offset ? protocol::ConsumeFromWhere::last
                                                                    : protocol::ConsumeFromWhere::first;
  data.subscriptions = state_.subscriptions();
  return data;
}

asio::awaitable<void> PushConsumer::Impl::start() {
  // Brokers must be known before they can be told of us; what is missing, the rebalance asks for again.
  for (const auto& [topic, filter] : state_.filters) (void)co_await state_.core.routes().get(topic);
  if (phase_ != Phase::running) co_return;
  state_.core.listen(state_.options.group,
                     {[this] { state_.want_rebalance(); }, [this] { return state_.running_info(); },
                      [this] { state_.want_renewal(); }});
  state_.core.heartbeats().add_consumer(membership());
  handlers_.start();
  steering_.spawn("rebalance " + state_.options.group, rebalancer_.run());
  steering_.spawn("commit " + state_.options.group, committer_.run());
  if (state_.is_orderly()) lock_keeping_.spawn("locks " + state_.options.group, rebalancer_.keep_locks());
}

asio::awaitable<void> PushConsumer::Impl::run(std::shared_ptr<Impl> self) {
  if (phase_ == Phase::stopped) co_return;
  check_use();
  phase_ = Phase::running;
  std::exception_ptr failure;
  try {
    co_await start();
    while (phase_ != Phase::stopped) co_await phase_changed_.wait();
  } catch (...) {
    failure = std::current_exception();  // cancelled: what was started must end before we do
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (phase_ == Phase::running) begin_shutdown(std::chrono::milliseconds{0});
  co_await stopped();
  if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> PushConsumer::Impl::stop(std::shared_ptr<Impl> self, std::chrono::milliseconds grace) {
  if (phase_ == Phase::idle) {
    co_await send_back_.stop();
    phase_ = Phase::stopped;
  }
  if (phase_ == Phase::running) begin_shutdown(grace);
  co_await stopped();
}

asio::awaitable<void> PushConsumer::Impl::stopped() {
  while (phase_ != Phase::stopped) co_await phase_changed_.wait();
  co_await shutdown_.stop();  // its task has said its last word; this waits until it is gone
}

void PushConsumer::Impl::begin_shutdown(std::chrono::milliseconds grace) {
  phase_ = Phase::stopping;
  shutdown_.spawn("stop " + state_.options.group, shut_down(grace));
}

asio::awaitable<void> PushConsumer::Impl::shut_down(std::chrono::milliseconds grace) {
  // Whatever goes wrong on the way, such as a client that was stopped too early: nobody may wait for ever.
  const ScopeExit over([this] {
    phase_ = Phase::stopped;
    phase_changed_.notify();
  });
  const auto deadline = base::deadline_in(grace);
  state_.stopping = true;
  co_await steering_.stop();
  co_await rebalancer_.stop();
  co_await handlers_.stop(deadline);
  co_await lock_keeping_.stop();
  co_await rebalancer_.stop();
  state_.core.stop_listening(state_.options.group);
  co_await committer_.commit_all(state_.core.rpc_deadline());
  if (state_.is_orderly()) co_await give_up_locks();
  if (state_.core.heartbeats().has_consumer(state_.options.group)) {
    state_.core.heartbeats().remove_consumer(state_.options.group);
    co_await state_.core.heartbeats().unregister("", state_.options.group, state_.core.rpc_deadline());
  }
  co_await send_back_.stop();
  state_.queues.clear();
}

asio::awaitable<void> PushConsumer::Impl::give_up_locks() {
  auto queues = rebalancer_.being_locked();
  for (const auto& [id, queue] : state_.queues) {
    if (!queue->lock_lost) queues.push_back(id);
  }
  co_await locks_.unlock(std::move(queues), state_.core.rpc_deadline());
}

PushConsumer::PushConsumer(Client& client, ConsumerOptions options, Handler handler)
    : impl_(std::make_shared<Impl>(client, std::move(options), std::move(handler))) {}
PushConsumer::~PushConsumer() = default;

asio::awaitable<void> PushConsumer::run() { return impl_->run(impl_); }
asio::awaitable<void> PushConsumer::stop(std::chrono::milliseconds grace) {
  return impl_->stop(impl_, grace);
}
PushConsumer::Stats PushConsumer::stats() const { return impl_->stats(); }

}  // namespace mq::client
