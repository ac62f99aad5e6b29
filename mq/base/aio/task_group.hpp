#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "mq/base/assert.hpp"

namespace base {
namespace asio = boost::asio;

// Owns background coroutines. Nothing is ever detached: every task has a name,
// its failure is logged, and stop() returns only when all of them are gone.
//
// Invariant: tasks_.empty() when destroyed.
// Thread rule: use from the executor's one thread (or strand) only.
class TaskGroup {
 public:
  // Told of a task that ended by throwing, unless it was asked to end.
  using Failed = std::function<void(const std::string& name, const std::string& why)>;

  explicit TaskGroup(asio::any_io_executor executor) : executor_(std::move(executor)), idle_(executor_) {
    idle_.expires_at(asio::steady_timer::time_point::max());
  }
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() { BASE_ASSERT(tasks_.empty(), "stop() the group before its members die"); }

  void spawn(std::string name, asio::awaitable<void> body);

  // Cancels every task, the newest first, and those they spawn meanwhile; returns when all are gone,
  // even when the caller is cancelled too. The group may be used again afterwards.
  asio::awaitable<void> stop();

  void on_failure(Failed failed) { failed_ = std::move(failed); }
  [[nodiscard]] bool empty() const { return tasks_.empty(); }
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Task {
    explicit Task(std::string n) : name(std::move(n)) {}
    std::string name;
    asio::cancellation_signal cancel;
    bool cancelled = false;
  };

  void report(const std::string& name, const std::exception_ptr& error) const;
  void cancel_all();

  asio::any_io_executor executor_;
  Failed failed_;
  std::list<Task> tasks_;  // newest first
  bool stopping_ = false;
  asio::steady_timer idle_;  // waits for "no task left"; declared last, dies first
};

}  // namespace base
