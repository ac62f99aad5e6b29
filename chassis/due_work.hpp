#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "chassis/service.hpp"
#include "mq/base/aio/task_group.hpp"
#include "mq/base/clock.hpp"

namespace chassis {

// The pause after try number `attempts` (from 1): `first`, then twice as long each time, at most `longest`.
std::chrono::milliseconds doubling_pause(std::int64_t attempts, std::chrono::milliseconds first,
                                         std::chrono::milliseconds longest);

// Rows that become due on the business clock and are worked off by asking or telling a third party.
// The rows are the record: a crash anywhere leaves them due. A job ends by changing its row, so that
// it is finished or due later.
class DueWork {
 public:
  struct Job {
    std::string key;  // of the row
    std::function<boost::asio::awaitable<void>()> run;
  };
  virtual ~DueWork() = default;
  // What is due at `now`, the longest due first, at most `limit`.
  virtual boost::asio::awaitable<std::vector<Job>> due(base::Time now, std::size_t limit) = 0;
  // When the next row becomes due, also one that is due already.
  virtual boost::asio::awaitable<std::optional<base::Time>> next_due() = 0;
};

// Tells a DueLoop of a row that was written: see DueLoop::expect().
using Expect = std::function<void(base::Time due)>;

// Runs one DueWork for good: at once when woken, and when the clock says so; at most `jobs_max` jobs at
// the same time and never two for one row. Tells the service whether it is at work and what it waits
// for, so that the test clock can be advanced step by step. A job that throws is logged and comes again
// a second later.
//
// Thread rule: the service's executor.
class DueLoop {
 public:
  DueLoop(Service& service, std::string name, DueWork& work, std::size_t jobs_max = 256);

  boost::asio::awaitable<void> run();
  void wake();  // a row was written that is due now
  // A row was written that is due at `at`: known at once to whoever advances the clock, without a look at the
  // table.
  void expect(base::Time at);

 private:
  boost::asio::awaitable<void> loop();
  boost::asio::awaitable<void> round();
  boost::asio::awaitable<void> run_job(DueWork::Job job);
  void note_trouble(const std::string& trouble);
  [[nodiscard]] bool is_due() const;
  [[nodiscard]] std::string at_work() const;

  Service& service_;
  std::string name_;
  DueWork& work_;
  std::size_t jobs_max_;
  std::set<std::string> in_flight_;
  std::set<std::string> ended_in_look_;  // jobs that ended while the table was read
  std::optional<base::Time> next_due_;
  bool woken_ = true;
  bool looking_ = false;
  bool full_ = false;  // the last look may have left something behind
  std::string last_trouble_;
  std::chrono::steady_clock::time_point pause_until_{};
  boost::asio::steady_timer signal_;
  base::TaskGroup jobs_;
};

}  // namespace chassis
