#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace base {
namespace asio = boost::asio;

using Deadline = asio::steady_timer::time_point;
inline Deadline deadline_in(std::chrono::steady_clock::duration budget) {
  return std::chrono::steady_clock::now() + budget;
}

// Runs `operation` and returns its result; throws asio::error::timed_out when the deadline comes
// first. Errors of the operation arrive at once and as they are. (`operation || timer` does
// neither: on Boost 1.81 it waits for the timer and then forgets the error.)
template <class T>
asio::awaitable<T> with_deadline(Deadline deadline, asio::awaitable<T> operation) {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, deadline);
  auto race = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, std::move(operation), asio::deferred), timer.async_wait(asio::deferred));
  if constexpr (std::is_void_v<T>) {
    auto [order, error, timer_error] =
        co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (error && order[0] == 1 && !timer_error) throw boost::system::system_error(asio::error::timed_out);
    if (error) std::rethrow_exception(error);
  } else {
    auto [order, error, value, timer_error] =
        co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (error && order[0] == 1 && !timer_error) throw boost::system::system_error(asio::error::timed_out);
    if (error) std::rethrow_exception(error);
    co_return std::move(value);
  }
}

// Waits; throws operation_aborted when cancelled.
inline asio::awaitable<void> sleep_for(std::chrono::steady_clock::duration pause) {
  asio::steady_timer timer(co_await asio::this_coro::executor, pause);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace base
