#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace mq::broker {

// Asks another thread and waits for its answer, without holding this one. `ask` gets a function that it has
// to call once, on any thread, also long after the limit; nothing came within it: nothing.
template <class T>
boost::asio::awaitable<std::optional<T>> ask_across(std::function<void(std::function<void(T)>)> ask,
                                                    std::chrono::milliseconds limit) {
  namespace asio = boost::asio;
  struct Asked {  // shared with the callback, which may come when nobody waits any more
    Asked(const asio::any_io_executor& executor, std::chrono::milliseconds wait) : arrived(executor, wait) {}
    asio::steady_timer arrived;
    std::optional<T> answer;
  };
  const auto executor = co_await asio::this_coro::executor;
  const auto asked = std::make_shared<Asked>(executor, limit);
  ask([asked, executor](T answer) {
    asio::post(executor, [asked, answer = std::move(answer)]() mutable {
      asked->answer = std::move(answer);
      asked->arrived.cancel();
    });
  });
  boost::system::error_code woken;
  co_await asked->arrived.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  co_return std::move(asked->answer);
}

}  // namespace mq::broker
