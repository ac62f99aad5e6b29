#include "mq/broker/stats.hpp"

#include <gtest/gtest.h>

#include <string>

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

TEST_F(StatsTest, EachTopicAndGroupHasARecentHistoryAndForgetsIt) {
  stats_.sample(now_);
  for (int i = 0; i < 20; ++i) stats_.put("T", 100);
  stats_.got("g", "T", 8, 800);
  EXPECT_DOUBLE_EQ(stats_.topic_put_tps("T"), 2) << "20 in the first 10 seconds";
  EXPECT_DOUBLE_EQ(stats_.group_get_tps("g", "T"), 0.8);
  EXPECT_EQ(stats_.topic_put_tps("elsewhere"), 0);
  EXPECT_EQ(stats_.group_get_tps("g", "elsewhere"), 0);
  pass(seconds{60});
  EXPECT_EQ(stats_.topic_put_tps("T"), 0);
  EXPECT_EQ(stats_.find_topic("T")->traffic->hour(stats_.tick()).messages, 20U);
  stats_.forget_topic("T");
  EXPECT_EQ(stats_.find_topic("T"), nullptr);
  EXPECT_EQ(stats_.find_group("g", "T"), nullptr);
}

TEST_F(StatsTest, HistoriesAreBoundedAndForgottenOnesMakeRoom) {
  for (std::size_t i = 0; i < Stats::kHistoriesMax; ++i) stats_.put("t" + std::to_string(i), 1);
  stats_.put("one more", 1);
  ASSERT_NE(stats_.find_topic("one more"), nullptr);
  EXPECT_EQ(stats_.find_topic("one more")->counts.messages_in, 1U) << "counted all the same";
  EXPECT_EQ(stats_.find_topic("one more")->traffic, nullptr);
  stats_.forget_topic("t0");
  stats_.put("one more", 1);
  EXPECT_NE(stats_.find_topic("one more")->traffic, nullptr);
}

}  // namespace
}  // namespace mq::broker
