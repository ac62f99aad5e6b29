#include "mq/base/aio/task_group.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "mq/base/log.hpp"

namespace base {

void TaskGroup::spawn(std::string name, asio::awaitable<void> body) {
  auto task = tasks_.emplace(tasks_.begin(), std::move(name));
  auto on_exit = [this, task](const std::exception_ptr& error) {
    report(task->name, error);
    tasks_.erase(task);
    if (tasks_.empty()) idle_.cancel();
  };
  asio::co_spawn(executor_, std::move(body),
                 asio::bind_cancellation_slot(task->cancel.slot(), std::move(on_exit)));
  if (stopping_) idle_.cancel();  // wakes stop(), which cancels this one too
}

asio::awaitable<void> TaskGroup::stop() {
  // The tasks use what the caller is about to destroy, so they are joined whatever happens to it.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  stopping_ = true;
  while (!tasks_.empty()) {
    cancel_all();
    if (tasks_.empty()) break;
    boost::system::error_code woken;
    co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  stopping_ = false;
  co_await asio::this_coro::throw_if_cancelled(throws);
}

void TaskGroup::cancel_all() {
  for (auto at = tasks_.begin(); at != tasks_.end();) {
    auto& task = *at++;  // a task may end, and leave the list, inside emit()
    if (!std::exchange(task.cancelled, true)) task.cancel.emit(asio::cancellation_type::terminal);
  }
}

std::vector<std::string> TaskGroup::names() const {
  std::vector<std::string> all;
  for (const auto& task : tasks_) all.push_back(task.name);
  return all;
}

void TaskGroup::report(const std::string& name, const std::exception_ptr& error) const {
  if (!error) return;
  std::string why;
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    if (e.code() == asio::error::operation_aborted) return;  // we asked for it
    why = e.what();
  } catch (const std::exception& e) {
    why = e.what();
  } catch (...) {
    why = "something that is not a std::exception";
  }
  log("task")->error("task failed task={} error={}", name, log_quoted(why));
  if (failed_) failed_(name, why);
}

}  // namespace base
