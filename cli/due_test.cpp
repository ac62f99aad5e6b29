#include "cli/due.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <set>

namespace cli {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

base::Time at(std::int64_t ms) { return base::from_millis(ms); }

// A world with a list of due times. Each takes a few looks to happen, and may set off another.
class TimeTravelTest : public testing::Test {
 protected:
  TimeTravel::World world() {
    return {[this] { return now_; }, [this](std::chrono::milliseconds by) { now_ += by; },
            [this]() -> boost::asio::awaitable<Due> { co_return look(); },
            [this](base::Time stop) { stops_.push_back(base::to_millis(stop)); }};
  }

  Due look() {
    if (busy_looks_ > 0 && --busy_looks_ == 0) happen();
    if (busy_looks_ == 0 && !due_.empty() && at(*due_.begin()) <= now_ && !stuck_) busy_looks_ = 3;
    Due due{busy_looks_ == 0 && !stuck_, {}, {}};
    if (!due.idle) due.busy.emplace_back("order-service: outbox: 1 unsent");
    if (!due_.empty()) due.next = at(*due_.begin());
    return due;
  }

  void happen() {
    const auto when = *due_.begin();
    due_.erase(due_.begin());
    happened_.push_back(when);
    if (when == 200) due_.insert(250);
  }

  void run(boost::asio::awaitable<void> body) {
    boost::asio::io_context context;
    std::exception_ptr failed;
    boost::asio::co_spawn(context, std::move(body), [&](std::exception_ptr error) { failed = error; });
    context.run();
    if (failed) std::rethrow_exception(failed);
  }

  base::Time now_ = at(100);
  std::multiset<std::int64_t> due_{200, 300, 900};
  std::vector<std::int64_t> happened_, stops_;
  int busy_looks_ = 0;
  bool stuck_ = false;
};

TEST_F(TimeTravelTest, StepsStopAtEveryDueTimeAndAtWhatItSetsOff) {
  TimeTravel travel(world(), {5000ms, 1ms});
  run(travel.step_to(at(500)));
  EXPECT_THAT(stops_, ElementsAre(200, 250, 300, 500));
  EXPECT_THAT(happened_, ElementsAre(200, 250, 300));
  EXPECT_EQ(now_, at(500));
}

TEST_F(TimeTravelTest, WhatIsDueExactlyAtTheTargetHappens) {
  TimeTravel travel(world(), {5000ms, 1ms});
  run(travel.step_to(at(300)));
  EXPECT_THAT(happened_, ElementsAre(200, 250, 300));
}

TEST_F(TimeTravelTest, AJumpStopsOnce) {
  TimeTravel travel(world(), {5000ms, 1ms});
  run(travel.jump_to(at(500)));
  EXPECT_THAT(stops_, ElementsAre(500));
  EXPECT_THAT(happened_, ElementsAre(200, 250, 300));
}

TEST_F(TimeTravelTest, WhatStaysBusyIsNamedAndTheClockStands) {
  stuck_ = true;
  TimeTravel travel(world(), {20ms, 1ms});
  try {
    run(travel.step_to(at(500)));
    FAIL() << "went on while busy";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("outbox: 1 unsent"));
  }
  EXPECT_EQ(now_, at(100));
}

TEST(DuePage, IsReadWithItsReasons) {
  const auto due =
      parse_due("order-service", R"({"idle":false,"busy":["outbox: 3 unsent"],"next_due_ms":1234})");
  EXPECT_FALSE(due.idle);
  EXPECT_THAT(due.busy, ElementsAre("order-service: outbox: 3 unsent"));
  EXPECT_EQ(due.next, at(1234));
}

TEST(DuePage, MayHaveNothingAhead) {
  EXPECT_EQ(parse_due("a", R"({"idle":true,"busy":[],"next_due_ms":null})").next, std::nullopt);
  EXPECT_EQ(parse_due("a", R"({"idle":true})").next, std::nullopt);
}

TEST(DuePage, ThatSaysNothingIsRefused) {
  for (const auto* text : {"", "{}", "[]", "idle", R"({"idle":1})"}) {
    EXPECT_THROW(parse_due("a", text), std::runtime_error) << text;
  }
}

TEST(DuePage, TogetherTheEarliestCountsAndAllMustBeIdle) {
  const auto whole = together({{true, {}, at(30)}, {false, {"b: busy"}, {}}, {true, {}, at(20)}});
  EXPECT_FALSE(whole.idle);
  EXPECT_EQ(whole.next, at(20));
  EXPECT_THAT(whole.busy, ElementsAre("b: busy"));
  EXPECT_TRUE(together({}).idle);
}

}  // namespace
}  // namespace cli
