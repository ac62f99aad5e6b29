#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mq/broker/pull_answer.hpp"
#include "mq/broker/pull_reader.hpp"
#include "mq/net/server.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// Pulls that found nothing and wait (rocketmq-wire.md 4.5). They wake when the durable watermark brings
// messages to their queue, and not when a message is appended: a pull that arrives between append and
// sync must not miss it. On waking or time-out the lookup runs again, without waiting and without a commit.
//
// Invariant: a held pull is in exactly one of the queue index and the ready list; each is answered once.
// Thread rule: the hot thread. Times are steady.
class LongPolls {
 public:
  using Now = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kHeldMax = 100'000;  // above it a pull is answered "nothing" at once
  // Told of every served pull: statistics.
  using Served = std::function<void(const PullQuery&, const PullResult&, std::size_t bytes)>;

  LongPolls(const PullReader& reader, Served served) : reader_(reader), served_(std::move(served)) {}

  // Keeps the pull; false when there are too many. `asked` is the offset the client sent.
  bool hold(PullQuery query, QueueOffset asked, Now deadline, const PullReply& reply);

  void arrived(const storage::Arrival& arrival);
  // The group's pulls of this queue are to come again: something changed for them.
  void wake(const QueueId& queue, std::string_view group);
  // The connection is gone: nobody waits any more.
  void drop(net::ConnectionKey connection);

  // Answers pulls that woke and pulls whose time is over, until `until`. True when some are left.
  bool serve(Now now, Now until);
  // Answers everything: the server stops.
  void serve_all();

  [[nodiscard]] std::optional<Now> next_deadline() const;
  [[nodiscard]] std::size_t size() const { return held_.size(); }

 private:
  using Id = std::uint64_t;
  struct Held {
    PullQuery query;
    QueueOffset asked;
    Now deadline;
    PullReply reply;
  };
  struct QueueHash {
    std::size_t operator()(const QueueId& queue) const {
      return std::hash<std::string>{}(queue.topic) * 31 + static_cast<std::size_t>(queue.queue);
    }
  };

  void leave_queue(const QueueId& queue, Id id);
  void answer(Id id);

  const PullReader& reader_;
  Served served_;
  Id last_id_ = 0;
  std::unordered_map<Id, Held> held_;
  std::unordered_map<QueueId, std::vector<Id>, QueueHash> waiting_;
  std::set<std::pair<Now, Id>> deadlines_;
  std::set<std::pair<net::ConnectionKey, Id>> connections_;
  std::deque<Id> ready_;
  base::Bytes records_;  // scratch
};

}  // namespace mq::broker
