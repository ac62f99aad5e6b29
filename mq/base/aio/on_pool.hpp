#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <type_traits>
#include <utility>

namespace base {
namespace asio = boost::asio;

// Runs blocking `work` on the pool and resumes the caller on its own executor, with the result or
// with the exception. The one door to libpqxx. Blocking work cannot be cancelled: give it limits
// of its own (statement_timeout, tcp_user_timeout).
template <class Work>
asio::awaitable<std::invoke_result_t<Work>> on_pool(asio::thread_pool& pool, Work work) {
  auto job = [work = std::move(work)]() mutable -> asio::awaitable<std::invoke_result_t<Work>> {
    co_return work();
  };
  // The strand: a cancellation arriving meanwhile is handled after the work, not beside it.
  co_return co_await asio::co_spawn(asio::make_strand(pool), std::move(job), asio::use_awaitable);
}

}  // namespace base
