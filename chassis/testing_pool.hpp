#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "chassis/testing_database.hpp"

namespace chassis::testing {

// Runs one coroutine after another on an executor of its own.
class Runner {
 public:
  // Runs `body` to its end on this thread; other coroutines of the executor run meanwhile.
  void run(std::function<boost::asio::awaitable<void>()> body) {
    std::optional<std::exception_ptr> ended;
    boost::asio::co_spawn(context, std::move(body), [&](std::exception_ptr error) { ended = error; });
    context.restart();
    while (!ended) context.run_one();
    if (*ended) std::rethrow_exception(*ended);
  }

  boost::asio::io_context context;
};

// A database of the test's own and a pool that works on it.
struct PoolOnTestDatabase : Runner {
  using Adjust = std::function<void(DatabaseOptions&)>;
  explicit PoolOnTestDatabase(Adjust adjust = {})
      : pool(context.get_executor(), adjusted(database.options(), adjust)) {}

  // One transaction from a plain test function.
  template <class Body>
  std::invoke_result_t<Body, Transaction&> transact(Body body) {
    using Value = std::invoke_result_t<Body, Transaction&>;
    if constexpr (std::is_void_v<Value>) {
      run([&]() -> boost::asio::awaitable<void> { co_await pool.transact(std::move(body)); });
    } else {
      std::optional<Value> value;
      run([&]() -> boost::asio::awaitable<void> { value.emplace(co_await pool.transact(std::move(body))); });
      return *std::move(value);
    }
  }

  TestDatabase database;
  Database pool;

 private:
  static DatabaseOptions adjusted(DatabaseOptions options, const Adjust& adjust) {
    if (adjust) adjust(options);
    return options;
  }
};

}  // namespace chassis::testing
