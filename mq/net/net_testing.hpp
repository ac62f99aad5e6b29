#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "mq/base/aio/task_group.hpp"
#include "mq/base/aio/with_deadline.hpp"

// For the tests of this folder only.
namespace mq::net::testing {
namespace asio = boost::asio;
using asio::ip::tcp;

inline constexpr std::chrono::seconds kPatience{30};  // no test waits so long unless it is broken

// Runs a coroutine and everything it started to the end; throws what it threw.
inline void run(asio::io_context& context, asio::awaitable<void> body) {
  std::exception_ptr failure;
  asio::co_spawn(context, base::with_deadline(base::deadline_in(kPatience), std::move(body)),
                 [&](std::exception_ptr error) {
                   failure = error;
                   if (error) context.stop();
                 });
  context.restart();
  context.run();
  if (failure) std::rethrow_exception(failure);
}

inline asio::awaitable<tcp::socket> dial(std::uint16_t port) {
  tcp::socket socket(co_await asio::this_coro::executor);
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
  socket.set_option(tcp::no_delay(true));
  co_return socket;
}

// The socket outlives the call, as every test's does.
inline asio::awaitable<void> put(tcp::socket& socket, std::string bytes) {
  co_await asio::async_write(socket, asio::buffer(bytes), asio::use_awaitable);
}

// Everything until the peer closes.
inline asio::awaitable<std::string> read_all(tcp::socket& socket) {
  std::string bytes;
  boost::system::error_code end;
  co_await asio::async_read(socket, asio::dynamic_buffer(bytes),
                            asio::redirect_error(asio::use_awaitable, end));
  co_return bytes;
}

inline asio::awaitable<std::string> read_exactly(tcp::socket& socket, std::size_t count) {
  std::string bytes(count, '\0');
  co_await asio::async_read(socket, asio::buffer(bytes), asio::use_awaitable);
  co_return bytes;
}

}  // namespace mq::net::testing
