#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/child_process.hpp"
#include "cli/layout.hpp"
#include "cli/restart_policy.hpp"
#include "cli/run_state.hpp"
#include "mq/base/aio/task_group.hpp"

namespace cli {

// Starts processes one after the other, each when the one before is ready; starts again what dies; stops
// all in reverse order. It knows nothing of what they are.
//
// Invariant: when run() returns, no process it started is alive.
// Thread rule: the executor's one thread.
class Supervisor {
 public:
  struct Part {
    ChildProcess::Spec process;
    std::vector<std::filesystem::path> logs;  // their last lines are shown when it dies
    std::function<void()> when_ready;         // before the next one starts, the first time only
  };
  // What a person sees; each call is one thing that happened.
  struct Report {
    std::function<void(const std::string& name)> starting;
    std::function<void(const std::string& name, std::chrono::milliseconds took)> ready;
    std::function<void(const std::string& name)> recovered;
    std::function<void(const std::string& sentence)> trouble;
  };

  Supervisor(const boost::asio::any_io_executor& executor, Layout layout, RunState state,
             std::vector<Part> parts, Report report);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Until request_stop() or until something cannot go on. Exit code: 0 when asked to stop, 1 otherwise.
  // `all_ready` runs as a task beside the processes once all of them are ready.
  boost::asio::awaitable<int> run(std::function<boost::asio::awaitable<void>()> all_ready);
  void request_stop();
  // After request_stop(): kills what is still there instead of waiting for it.
  void hurry();

  [[nodiscard]] const RunState& state() const { return state_; }

 private:
  struct Member;

  boost::asio::awaitable<void> guarded(boost::asio::awaitable<void> task);
  boost::asio::awaitable<void> work(std::function<boost::asio::awaitable<void>()> all_ready);
  boost::asio::awaitable<bool> start_first(Member& member);
  boost::asio::awaitable<void> watch(Member& member);
  boost::asio::awaitable<void> earlier_are_ready(const Member& member);
  boost::asio::awaitable<bool> start_again(Member& member, std::string how_it_ended);
  boost::asio::awaitable<void> stop_all();
  void note(Member& member, const std::string& state);
  void give_up(const Member& member, const std::string& sentence);
  void fail(const std::string& sentence);

  boost::asio::any_io_executor executor_;
  Layout layout_;
  RunState state_;
  Report report_;
  std::vector<std::unique_ptr<Member>> members_;  // in the order they start
  base::TaskGroup tasks_;
  boost::asio::steady_timer stop_requested_;
  bool stopping_ = false, failed_ = false;
  bool record_failed_ = false;  // said once
};

}  // namespace cli
