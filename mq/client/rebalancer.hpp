#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mq/base/aio/task_group.hpp"
#include "mq/client/consumer_state.hpp"
#include "mq/client/offset_store.hpp"
#include "mq/client/puller.hpp"
#include "mq/client/queue_locks.hpp"

namespace mq::client {

// Keeps the queues of this consumer equal to its share of the group: regularly, and at once when members
// or routes change (rocketmq-wire.md 9.7).
//
// A queue enters with its lock (orderly) and its stored offset, and leaves when nothing of it is handled
// any more (orderly), its offset is committed and its lock given back. Until it has left it cannot enter
// again, so no two coroutines of this process ever own the same queue.
class Rebalancer {
 public:
  Rebalancer(const boost::asio::any_io_executor& executor, ConsumerState& state, Puller& puller,
             OffsetStore& offsets, QueueLocks& locks)
      : state_(state),
        puller_(puller),
        offsets_(offsets),
        locks_(locks),
        pulls_(executor),
        leaving_(executor) {}

  boost::asio::awaitable<void> run();         // for ever
  boost::asio::awaitable<void> keep_locks();  // for ever; orderly only
  // Ends pulls and leaves; queues stay for the final commit. Once more when keep_locks() has ended, since a
  // lock that was lost meanwhile has begun a leave.
  boost::asio::awaitable<void> stop();
  // Asked for when run() was cancelled: the broker may have granted them.
  [[nodiscard]] const std::vector<MessageQueue>& being_locked() const { return being_locked_; }

 private:
  enum class Outcome { complete, something_missing, nobody_knows };
  // False when something was missing and the next round should come soon; so do those below.
  boost::asio::awaitable<bool> round();
  boost::asio::awaitable<Outcome> balance(std::string topic);
  boost::asio::awaitable<bool> enter(std::vector<MessageQueue> queues);
  boost::asio::awaitable<bool> enter_locked(std::vector<MessageQueue> queues);
  boost::asio::awaitable<bool> renew(std::string broker);
  // Nothing: no broker of the topic could say.
  boost::asio::awaitable<std::optional<std::vector<std::string>>> members(protocol::TopicRouteData route);

  void enter_one(std::shared_ptr<ConsumedQueue> queue);
  void leave(std::shared_ptr<ConsumedQueue> queue);
  boost::asio::awaitable<void> finish_leaving(std::shared_ptr<ConsumedQueue> queue);

  ConsumerState& state_;
  Puller& puller_;
  OffsetStore& offsets_;
  QueueLocks& locks_;
  std::vector<MessageQueue> being_locked_;
  base::TaskGroup pulls_, leaving_;
};

}  // namespace mq::client
