#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "mq/base/aio/on_pool.hpp"
#include "mq/base/aio/with_deadline.hpp"

namespace base {
namespace {
using namespace std::chrono_literals;
using boost::asio::awaitable;

// Runs a coroutine to its end and throws what it threw.
void run(awaitable<void> body) {
  asio::io_context io(1);
  std::exception_ptr error;
  asio::co_spawn(io, std::move(body), [&](std::exception_ptr e) { error = e; });
  io.run();
  if (error) std::rethrow_exception(error);
}

awaitable<void> fail_after(std::chrono::milliseconds pause) {
  co_await sleep_for(pause);
  throw std::runtime_error("boom");
}
awaitable<std::string> answer_after(std::chrono::milliseconds pause) {
  co_await sleep_for(pause);
  co_return std::string(40, 'a');
}

TEST(WithDeadlineTest, ResultOfAFastOperationComesThrough) {
  std::string result;
  run([](std::string& out) -> awaitable<void> {
    out = co_await with_deadline(deadline_in(1min), answer_after(1ms));
    co_await with_deadline(deadline_in(1min), sleep_for(1ms));
  }(result));
  EXPECT_EQ(result, std::string(40, 'a'));
}

TEST(WithDeadlineTest, ASlowOperationTimesOut) {
  auto code = [](awaitable<void> body) {
    try {
      run(std::move(body));
    } catch (const boost::system::system_error& e) {
      return e.code();
    }
    return boost::system::error_code();
  };
  EXPECT_EQ(code(with_deadline(deadline_in(10ms), sleep_for(1h))), asio::error::timed_out);
  EXPECT_EQ(code([]() -> awaitable<void> {
              co_await with_deadline(deadline_in(10ms), answer_after(std::chrono::hours{1}));
            }()),
            asio::error::timed_out);
}

TEST(WithDeadlineTest, ADeadlineInThePastTimesOut) {
  EXPECT_THROW(run(with_deadline(deadline_in(-1s), sleep_for(1h))), boost::system::system_error);
}

// The reason this helper exists: on Boost 1.81 `operation || timer` waits for the timer and then
// reports success. Were that so here, the test would sit for an hour and time out.
TEST(WithDeadlineTest, TheOperationsOwnErrorArrivesAtOnceAndAsItIs) {
  try {
    run(with_deadline(deadline_in(1h), fail_after(1ms)));
    FAIL() << "the error was swallowed";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "boom");
  }
}

TEST(WithDeadlineTest, CancellationFromOutsideEndsBothSides) {
  asio::io_context io(1);
  asio::cancellation_signal cancel;
  std::exception_ptr error;
  asio::co_spawn(io, with_deadline(deadline_in(1h), sleep_for(1h)),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e) { error = e; }));
  io.run_for(5ms);
  cancel.emit(asio::cancellation_type::terminal);
  io.run();
  ASSERT_TRUE(error);
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), asio::error::operation_aborted);
  }
}

TEST(OnPoolTest, WorksElsewhereAndComesHomeWithTheResult) {
  asio::thread_pool pool(1);
  const auto home = std::this_thread::get_id();
  std::thread::id away, back;
  std::string result;
  auto body = [&]() -> awaitable<void> {
    result = co_await on_pool(pool, [&away] {
      away = std::this_thread::get_id();
      return std::string(40, 'q');
    });
    back = std::this_thread::get_id();
  };
  run(body());
  EXPECT_NE(away, home);
  EXPECT_EQ(back, home);
  EXPECT_EQ(result, std::string(40, 'q'));
}

TEST(OnPoolTest, ComesHomeWithTheException) {
  asio::thread_pool pool(1);
  std::thread::id back;
  auto body = [&]() -> awaitable<void> {
    std::string caught;
    try {
      co_await on_pool(pool, []() -> int { throw std::runtime_error("database down"); });
    } catch (const std::runtime_error& e) {
      caught = e.what();
    }
    back = std::this_thread::get_id();
    if (caught != "database down") throw std::logic_error("nothing was thrown");
  };
  EXPECT_NO_THROW(run(body()));
  EXPECT_EQ(back, std::this_thread::get_id());
}

TEST(OnPoolTest, AVoidWorkIsWaitedForToo) {
  asio::thread_pool pool(2);
  bool done = false;
  run([](asio::thread_pool& p, bool& d) -> awaitable<void> { co_await on_pool(p, [&d] { d = true; }); }(
                                            pool, done));
  EXPECT_TRUE(done);
}

// Blocking work cannot be cancelled: a deadline around it waits for its end, and what the work
// borrowed stays alive until then.
TEST(OnPoolTest, WorkUnderWayOutlivesADeadline) {
  asio::thread_pool pool(1);
  bool finished = false;
  auto body = [&]() -> awaitable<void> {
    co_await with_deadline(deadline_in(5ms), on_pool(pool, [&finished] {
                             std::this_thread::sleep_for(100ms);
                             finished = true;
                           }));
  };
  try {
    run(body());
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), asio::error::timed_out);
  }
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace base
