#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mq/client/complaints.hpp"
#include "mq/client/core.hpp"
#include "mq/client/process_queue.hpp"
#include "mq/client/push_consumer.hpp"
#include "mq/client/tag_filter.hpp"
#include "mq/client/wakeup.hpp"
#include "mq/protocol/bodies_group.hpp"

namespace mq::client {

// One queue this consumer was given, from entering to leaving.
struct ConsumedQueue {
  ConsumedQueue(MessageQueue id_, ConsumeMode mode) : id(std::move(id_)), messages(mode, 0) {}

  const MessageQueue id;
  ProcessQueue messages;
  bool positioned = false;            // false: the offset to begin at is still being asked for
  std::int64_t committed = -1;        // what the broker was told last
  std::int64_t pull_from = 0;         // broker id the broker suggested; 0 is the master
  std::set<std::int64_t> unreadable;  // offsets whose body does not unpack

  // Orderly only.
  base::Deadline locked_until = base::Deadline::min();
  bool unlocking = false;  // must not be renewed any more
  bool lock_lost = false;  // someone else may own the queue: nothing of it may be committed any more
  struct Held {
    ProcessQueue::Work work;
    int attempt = 0;
    base::Deadline resume_at;
  };
  std::optional<Held> held;  // waits for its next attempt in place; counts as taken

  // Nothing of this queue is handed out from now on.
  void drop() {
    messages.drop();
    abandon_held();
  }
  void abandon_held() {
    if (held) messages.abandon(held->work.ticket);
    held.reset();
  }
};

// What the parts of one push consumer share. Each part owns its verbs; this owns the nouns.
struct ConsumerState {
  ConsumerState(Client::Core& core_, ConsumerOptions options_, PushConsumer::Handler handler_);

  Client::Core& core;
  const ConsumerOptions options;
  const PushConsumer::Handler handler;
  std::map<std::string, TagFilter> filters;  // by topic, the retry topic included
  const std::int64_t subscription_version;

  std::map<MessageQueue, std::shared_ptr<ConsumedQueue>> queues;
  bool stopping = false;  // nothing new is handed to handlers
  PushConsumer::Stats counts;
  Complaints complaints;

  Wakeup work;       // a message, a lock or a resumption time is there; or `stopping`
  Wakeup room;       // buffers shrank
  Wakeup handled;    // a handler ended
  Wakeup rebalance;  // members, routes or locks changed
  bool rebalance_wanted = true;
  Wakeup renewal;  // of locks: a broker may have forgotten them
  bool renewal_wanted = false;

  void want_rebalance() {
    rebalance_wanted = true;
    rebalance.notify();
  }
  void want_renewal() {
    renewal_wanted = true;
    renewal.notify();
  }
  // With the intervals of stock clients: renewed every 20 s, valid for 30 s.
  [[nodiscard]] std::chrono::milliseconds lock_trust() const { return options.lock_interval * 3 / 2; }
  [[nodiscard]] bool is_orderly() const { return options.mode == ConsumeMode::orderly; }
  [[nodiscard]] bool may_handle(const ConsumedQueue& queue, base::Deadline now) const {
    return !is_orderly() || queue.locked_until > now;
  }
  // Orderly: a lock that ran out may be another member's by now, and our offset would undo its own.
  [[nodiscard]] bool may_commit(const ConsumedQueue& queue, base::Deadline now) const {
    return queue.positioned && !queue.lock_lost && may_handle(queue, now);
  }
  [[nodiscard]] std::vector<protocol::SubscriptionData> subscriptions() const;
  [[nodiscard]] PushConsumer::Stats stats() const;
  [[nodiscard]] std::string running_info() const;  // body of code 307
};

}  // namespace mq::client
