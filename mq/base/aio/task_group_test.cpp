#include "mq/base/aio/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <stdexcept>

#include "mq/base/aio/with_deadline.hpp"

namespace base {
namespace {
using namespace std::chrono_literals;
using boost::asio::awaitable;

awaitable<void> forever() {
  for (;;) co_await sleep_for(1ms);
}
awaitable<void> fail() {
  co_await sleep_for(1ms);
  throw std::runtime_error("boom");
}
awaitable<void> note_the_end(std::vector<int>& ended, int number) {
  struct AtEnd {
    std::vector<int>& all;
    int mine;
    ~AtEnd() { all.push_back(mine); }
  } at_end{ended, number};
  co_await sleep_for(1h);
}

class TaskGroupTest : public testing::Test {
 protected:
  void run(awaitable<void> body) {
    asio::co_spawn(io_, std::move(body), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
    });
    io_.run();
    io_.restart();
  }
  asio::io_context io_{1};
  TaskGroup group_{io_.get_executor()};
};

TEST_F(TaskGroupTest, StopCancelsAndJoinsEveryTask) {
  std::vector<int> ended;
  for (int i = 0; i < 3; ++i) group_.spawn("task", note_the_end(ended, i));
  run([](TaskGroup& group, std::vector<int>& all) -> awaitable<void> {
    co_await sleep_for(5ms);
    EXPECT_TRUE(all.empty());
    co_await group.stop();
    EXPECT_EQ(all.size(), 3u);
  }(group_, ended));
  EXPECT_TRUE(group_.empty());
}

TEST_F(TaskGroupTest, TheNewestTaskIsCancelledFirst) {
  std::vector<int> ended;
  for (int i = 0; i < 3; ++i) group_.spawn("task", note_the_end(ended, i));
  EXPECT_EQ(group_.names().size(), 3u);
  run([](TaskGroup& group) -> awaitable<void> {
    co_await sleep_for(1ms);
    co_await group.stop();
  }(group_));
  EXPECT_EQ(ended, (std::vector{2, 1, 0}));
}

TEST_F(TaskGroupTest, AFailureIsReportedWithTheTasksNameAndCancellationIsNot) {
  std::vector<std::string> failures;
  group_.on_failure(
      [&](const std::string& name, const std::string& why) { failures.push_back(name + ": " + why); });
  group_.spawn("relay", fail());
  group_.spawn("ticker", forever());
  testing::internal::CaptureStderr();
  run([](TaskGroup& group) -> awaitable<void> {
    co_await sleep_for(20ms);
    co_await group.stop();
  }(group_));
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_EQ(failures, std::vector<std::string>{"relay: boom"});
  EXPECT_NE(logged.find("task=relay error=\"boom\""), std::string::npos) << logged;
  EXPECT_EQ(logged.find("ticker"), std::string::npos) << logged;
}

TEST_F(TaskGroupTest, AnExceptionOfNoKnownTypeDoesNotEndTheProcess) {
  group_.spawn("odd", []() -> awaitable<void> {
    throw 42;
    co_return;
  }());
  testing::internal::CaptureStderr();
  run(group_.stop());
  EXPECT_NE(testing::internal::GetCapturedStderr().find("task=odd"), std::string::npos);
}

// A task that answers its cancellation by starting another must not keep stop() waiting for ever.
TEST_F(TaskGroupTest, ATaskSpawnedWhileStoppingIsStoppedToo) {
  auto spawner = [](TaskGroup& group) -> awaitable<void> {
    try {
      co_await forever();
    } catch (const boost::system::system_error&) {
      group.spawn("late", forever());
      throw;
    }
  };
  group_.spawn("spawner", spawner(group_));
  run([](TaskGroup& group) -> awaitable<void> {
    co_await sleep_for(2ms);
    co_await group.stop();
  }(group_));
  EXPECT_TRUE(group_.empty());
}

// The tasks use what the stopping coroutine is about to destroy: it joins them even when it is
// cancelled itself.
TEST_F(TaskGroupTest, StopJoinsEvenWhenItsCallerIsCancelled) {
  auto stubborn = []() -> awaitable<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer timer(co_await asio::this_coro::executor, 30ms);
    const auto due = timer.expiry();
    while (std::chrono::steady_clock::now() < due) {
      boost::system::error_code ignored;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  };
  group_.spawn("stubborn", stubborn());
  asio::cancellation_signal cancel;
  bool joined = false;
  auto stop = [](TaskGroup& group, bool& done) -> awaitable<void> {
    co_await sleep_for(1ms);
    co_await group.stop();
    done = group.empty();
  };
  asio::co_spawn(io_, stop(group_, joined),
                 asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {}));
  io_.run_for(10ms);
  cancel.emit(asio::cancellation_type::terminal);
  io_.run();
  EXPECT_TRUE(joined);
}

TEST_F(TaskGroupTest, AStoppedGroupMayBeUsedAgain) {
  for (int round = 0; round < 2; ++round) {
    group_.spawn("task", forever());
    run(group_.stop());
    EXPECT_TRUE(group_.empty());
  }
}

TEST(TaskGroupDeathTest, AGroupWithTasksMustNotDie) {
  EXPECT_DEATH(
      {
        asio::io_context io(1);
        TaskGroup group(io.get_executor());
        group.spawn("task", forever());
      },
      "stop\\(\\) the group");
}

}  // namespace
}  // namespace base
