#include "mq/broker/stats.hpp"

#include <gtest/gtest.h>

#include "mq/testing/manual_clock.hpp"

namespace mq::broker {
namespace {

using std::chrono::seconds;

class StatsTest : public ::testing::Test {
 protected:
  void pass(seconds time) {
    now_ += time;
    clock_.advance(time);
    stats_.sample(now_);
  }
  mq::testing::ManualClock clock_;
  Stats stats_{clock_};
  Stats::Now now_{};
};

TEST_F(StatsTest, RatesLookBackTenSecondsAMinuteAndTenMinutes) {
  stats_.sample(now_);
  for (int i = 0; i < 60; ++i) {
    stats_.totals.put_messages += i < 54 ? 10 : 100;  // the last minute is ten times as busy
    pass(seconds{10});
  }
  const auto rates = stats_.rate(&Totals::put_messages, now_);
  EXPECT_DOUBLE_EQ(rates.minute, rates.ten_seconds) << "steady for a minute";
  EXPECT_GT(rates.ten_seconds, 5 * rates.ten_minutes / 2);
  EXPECT_GT(rates.ten_minutes, 1.0);
}

TEST_F(StatsTest, WithoutAHistoryTheRateIsZero) {
  stats_.totals.put_messages = 5;
  EXPECT_EQ(stats_.rate(&Totals::put_messages, now_).minute, 0);
}

TEST_F(StatsTest, AtMidnightTheDaysTotalIsKept) {
  stats_.sample(now_);
  stats_.totals.put_messages = 7;
  pass(seconds{86'400});
  EXPECT_EQ(stats_.days().today_morning.put_messages, 7U);
  EXPECT_EQ(stats_.days().yesterday_morning.put_messages, 0U);
  stats_.totals.put_messages = 9;
  pass(seconds{86'400});
  EXPECT_EQ(stats_.days().yesterday_morning.put_messages, 7U);
  EXPECT_EQ(stats_.days().today_morning.put_messages, 9U);
}

}  // namespace
}  // namespace mq::broker
