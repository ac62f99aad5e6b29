#pragma once
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "mq/broker/job_thread.hpp"
#include "mq/net/loop.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

struct RetentionOptions {
  std::chrono::milliseconds keep{std::chrono::hours{72}};
  std::uint64_t log_size_max = 0;  // bytes; 0: no limit
};

// What nobody waits for: the store's janitor jobs, retention, and whatever is registered to happen every
// so often (client expiry, samples of counters).
//
// Retention goes by real time: a business clock that was advanced for a demonstration must not delete what
// was sent a minute ago. Store times are business times and never behind real ones, so what goes has been
// kept for at least the configured real time.
//
// Thread rule: the hot thread.
class Upkeep {
 public:
  using Task = std::function<void()>;

  Upkeep(net::Loop& loop, storage::MessageStore& store, RetentionOptions retention);
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  void every(std::chrono::seconds period, Task task);
  // Begins; the first janitor job starts at once.
  void start();
  // Lets the job in hand end and starts no other. Afterwards the store may be closed.
  void stop() { janitor_.reset(); }
  // Looks for a janitor job now, at most every 20 ms: for the end of a pass that wrote much.
  void look_for_work();
  [[nodiscard]] bool busy() const { return busy_; }

 private:
  using Now = std::chrono::steady_clock::time_point;
  struct Periodic {
    std::chrono::seconds period;
    Task task;
    Now next;
  };
  void tick();
  void take_job();
  void finished(const storage::MessageStore::JanitorJob& job, const base::Result<>& outcome);
  void retain();

  net::Loop& loop_;
  storage::MessageStore& store_;
  RetentionOptions retention_;
  std::vector<Periodic> periodic_;
  boost::asio::steady_timer timer_;
  Now next_look_{};
  bool busy_ = false;
  std::optional<JanitorThread> janitor_;  // last: its thread ends before the rest goes
};

}  // namespace mq::broker
