#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>
#include <exception>
#include <list>
#include <string>

#include "mq/base/assert.hpp"

namespace base {
namespace asio = boost::asio;

// Owns background coroutines. Nothing is ever detached: every task has a name,
// its failure is reported, and stop() returns only when all of them are gone.
//
// Invariant: tasks_.empty() when destroyed.
// Thread rule: use from the executor's one thread (or strand) only.
class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor) : executor_(std::move(executor)), idle_(executor_) {
    idle_.expires_at(asio::steady_timer::time_point::max());
  }
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() { BASE_ASSERT(tasks_.empty(), "stop() the group before its members die"); }

  void spawn(std::string name, asio::awaitable<void> body) {
    auto task = tasks_.emplace(tasks_.end(), std::move(name));
    auto on_exit = [this, task](std::exception_ptr error) {
      report(task->name, error);
      tasks_.erase(task);
      if (tasks_.empty()) idle_.cancel();
    };
    asio::co_spawn(executor_, std::move(body),
                   asio::bind_cancellation_slot(task->cancel.slot(), std::move(on_exit)));
  }

  asio::awaitable<void> stop() {
    for (auto& task : tasks_) task.cancel.emit(asio::cancellation_type::terminal);
    while (!tasks_.empty()) {
      boost::system::error_code woken;
      co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
  }

 private:
  struct Task {
    explicit Task(std::string n) : name(std::move(n)) {}
    std::string name;
    asio::cancellation_signal cancel;
  };

  static void report(const std::string& name, const std::exception_ptr& error) {
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
      if (e.code() == asio::error::operation_aborted) return;  // we asked for it
      std::fprintf(stderr, "task %s failed: %s\n", name.c_str(), e.what());
    } catch (const std::exception& e) {
      std::fprintf(stderr, "task %s failed: %s\n", name.c_str(), e.what());
    }
  }

  asio::any_io_executor executor_;
  std::list<Task> tasks_;
  asio::steady_timer idle_;  // waits for "no task left"; declared last, dies first
};

}  // namespace base
