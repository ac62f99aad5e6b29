#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <utility>

namespace cli {

// Runs a command's one coroutine to its end; what it throws comes out.
inline int run_coroutine(boost::asio::io_context& context, boost::asio::awaitable<int> body) {
  int code = 1;
  std::exception_ptr failed;
  boost::asio::co_spawn(context, std::move(body), [&](const std::exception_ptr& error, int result) {
    failed = error;
    code = result;
  });
  context.run();
  if (failed) std::rethrow_exception(failed);
  return code;
}

}  // namespace cli
