#pragma once
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "mq/broker/histogram.hpp"
#include "mq/broker/job_thread.hpp"
#include "mq/net/loop.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

enum class FlushMode { sync, async };

// What ends each pass of the hot loop: everything that arrived together is written together, and what
// became durable is shown and answered (design.md 2.2).
//
//   before_write steps  →  write  →  sync job to the flush thread  →  after_durable steps
//
// A step works until the time it is given and returns true when it has more to do. The order of the
// steps is the order in which they were added.
//
// Invariant: in sync mode nothing is answered or shown because it was written, only because it was synced.
// Thread rule: the hot thread; built before the server, so that answers leave in the same pass.
class CommitPass {
 public:
  using Now = std::chrono::steady_clock::time_point;
  using Step = std::function<bool(Now until)>;
  using Alarm = std::function<std::optional<Now>()>;

  static constexpr std::chrono::microseconds kStepMax{500};  // below 1 ms with the pass around it
  static constexpr std::chrono::milliseconds kAsyncFlushEvery{500};

  CommitPass(net::Loop& loop, storage::MessageStore& store, FlushMode mode);

  void before_write(Step step) { before_write_.push_back(std::move(step)); }
  void after_durable(Step step) { after_durable_.push_back(std::move(step)); }
  // Lets the sync in hand end and starts no other. Afterwards the store may be closed.
  void stop() { flush_thread_.reset(); }
  // How long syncs of the log took.
  [[nodiscard]] const SyncTimes& sync_times() const { return sync_times_; }
  // When a pass is needed although nothing arrives.
  void wake_for(Alarm alarm) { alarms_.push_back(std::move(alarm)); }

 private:
  bool pass();
  static bool run(const std::vector<Step>& steps);
  void flush(Now now);
  void set_alarm(Now now);

  net::Loop& loop_;
  storage::MessageStore& store_;
  FlushMode mode_;
  std::vector<Step> before_write_, after_durable_;
  std::vector<Alarm> alarms_;
  boost::asio::steady_timer timer_;
  std::optional<Now> armed_;
  Now next_async_flush_{};
  SyncTimes sync_times_;
  LogOffset flushing_{0};                    // how far the last sync job goes
  std::optional<FlushThread> flush_thread_;  // last: its thread ends before the rest goes
};

}  // namespace mq::broker
