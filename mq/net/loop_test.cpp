#include "mq/net/loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gmock/gmock.h>

#include <string>
#include <thread>

namespace mq::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

TEST(Loop, HooksRunByOrderThenInTheOrderAdded) {
  Loop loop;
  std::vector<std::string> ran;
  const auto hook = [&](std::string name) {
    return [&ran, name] {
      ran.push_back(name);
      return false;
    };
  };
  loop.add_hook(hook("output"), HookOrder::output);
  loop.add_hook(hook("work 1"));
  loop.add_hook(hook("input"), HookOrder::input);
  loop.add_hook(hook("work 2"));
  loop.add_hook(
      [&] {
        loop.stop();
        return false;
      },
      HookOrder::output);
  loop.run();
  EXPECT_THAT(ran, ElementsAre("input", "work 1", "work 2", "output"));
}

TEST(Loop, HooksSeeWhatTheHandlersOfTheirPassDid) {
  Loop loop;
  int handled = 0;
  std::vector<int> seen;
  constexpr int kHandlers = 7;  // the time of a pass is looked at after the eighth
  for (int i = 0; i < kHandlers; ++i) asio::post(loop.context(), [&] { ++handled; });
  loop.add_hook([&] {
    seen.push_back(handled);
    loop.stop();
    return false;
  });
  loop.run();
  EXPECT_THAT(seen, ElementsAre(kHandlers));
}

TEST(Loop, AHookThatLeftWorkIsAskedAgainWithoutAnEvent) {
  Loop loop;
  int passes = 0;
  loop.add_hook([&] {
    if (++passes == 1000) loop.stop();
    return true;
  });
  loop.run();
  EXPECT_EQ(passes, 1000);
}

TEST(Loop, AHandlerThatPostsItselfForEverDoesNotKeepHooksFromRunning) {
  Loop loop;
  std::function<void()> again = [&] { asio::post(loop.context(), again); };
  again();
  int passes = 0;
  loop.add_hook([&] {
    if (++passes == 3) loop.stop();
    return false;
  });
  loop.run();
  EXPECT_EQ(passes, 3);
}

TEST(Loop, HooksRunAfterAnEventThatEndsASleep) {
  Loop loop;
  asio::steady_timer timer(loop.context(), 20ms);
  bool fired = false;
  timer.async_wait([&](boost::system::error_code) { fired = true; });
  loop.add_hook([&] {
    if (fired) loop.stop();
    return false;
  });
  loop.run();
  EXPECT_TRUE(fired);
}

TEST(Loop, StopFromAnotherThreadEndsASleep) {
  for (const auto spin : {0us, 100us}) {
    Loop loop;
    loop.set_spin_max(spin);
    std::jthread stopper([&] {
      std::this_thread::sleep_for(10ms);
      loop.stop();
    });
    loop.run();
  }
}

TEST(Loop, TheLongestPassIsKeptUntilItIsTaken) {
  Loop loop;
  int passes = 0;
  loop.add_hook([&] {
    if (++passes == 1) std::this_thread::sleep_for(20ms);
    if (passes == 3) loop.stop();
    return true;
  });
  loop.run();
  EXPECT_GE(loop.take_longest_pass(), 20ms);
  EXPECT_EQ(loop.take_longest_pass(), 0ns);
}

TEST(Loop, AHandlerThatBurnsTimeRightAfterASleepIsAStallToo) {
  Loop loop;
  asio::steady_timer timer(loop.context(), 5ms);
  timer.async_wait([&](boost::system::error_code) {
    const auto until = std::chrono::steady_clock::now() + 100ms;
    while (std::chrono::steady_clock::now() < until) {
    }
    loop.stop();
  });
  loop.run();
  EXPECT_GT(loop.take_longest_pass(), 1ms);  // processor time: a busy machine gives less than 100 ms
}

}  // namespace
}  // namespace mq::net
