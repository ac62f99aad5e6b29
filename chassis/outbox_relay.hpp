#pragma once
#include <boost/asio/steady_timer.hpp>

#include <set>
#include <string>
#include <vector>

#include "chassis/outbox_backlog.hpp"
#include "mq/base/aio/task_group.hpp"

namespace chassis {

// Moves rows from the outbox table to the broker. One pass is one short transaction that deletes what
// was sent and reads more; sends run beside it, at most kParallel at a time.
//
// The relay has a database connection of its own: it holds the lock that makes it the only one, and
// all it reads goes through it. When it breaks, the lock is gone and so is the way to read more.
//
// Thread rule: the database's executor.
class OutboxRelay {
 public:
  static constexpr std::size_t kParallel = 64;

  OutboxRelay(const Database& database, Outbox::Send send);

  void wake();
  boost::asio::awaitable<void> run();
  [[nodiscard]] Outbox::Stats stats() const { return stats_; }

 private:
  using Row = OutboxBacklog::Row;
  struct Pass;

  boost::asio::awaitable<void> relay();
  boost::asio::awaitable<void> finish_sends();
  // False when the database did not answer.
  boost::asio::awaitable<bool> pass();
  void take_over(const Pass& pass);
  void note_backlog(const Pass& pass);
  boost::asio::awaitable<void> nap(std::chrono::milliseconds span);

  void start_sends();
  boost::asio::awaitable<void> send_one(Row row);
  void succeeded(const Row& row);
  void broker_answers();
  void failed(const Row& row, OutboxBacklog::Failure why, const std::string& what);
  void warn(const Row& row, const std::string& what);

  Database database_;
  Outbox::Send send_;
  OutboxBacklog backlog_;
  Outbox::Stats stats_;
  boost::asio::steady_timer nudge_;
  bool woken_ = false;
  bool more_ = false;      // the last read stopped at its limit
  bool leading_ = false;   // we hold the lock
  bool reachable_ = true;  // the database, at the last pass
  bool stopping_ = false;
  // Two keys without an answer and nothing sent in between: the broker is away, not a message bad.
  std::set<std::string> unanswered_;
  bool outage_ = false;
  OutboxBacklog::Instant outage_until_{};
  std::chrono::milliseconds outage_pause_{0};
  OutboxBacklog::Instant counted_at_{};  // the last look at the whole table
  OutboxBacklog::Instant warned_at_{};
  std::uint64_t unsaid_ = 0;  // warnings left out since
  base::TaskGroup sends_;     // declared last: its tasks use all of the above
};

}  // namespace chassis
