#include "mq/broker/traffic.hpp"

#include <gtest/gtest.h>

namespace mq::broker {
namespace {

TEST(TrafficTest, AMinuteForgetsWhatAnHourAndADayRemember) {
  Traffic traffic(0);
  traffic.add(0, 5, 500);
  traffic.add(3, 1, 100);
  EXPECT_EQ(traffic.minute(5).messages, 6U);
  EXPECT_EQ(traffic.minute(6).messages, 1U) << "the first slot is a minute old";
  EXPECT_EQ(traffic.minute(9).messages, 0U);
  EXPECT_EQ(traffic.hour(359).messages, 6U);
  EXPECT_EQ(traffic.hour(360).messages, 0U);
  EXPECT_EQ(traffic.day(8639).bytes, 600U);
  EXPECT_EQ(traffic.day(8640).bytes, 0U);
}

TEST(TrafficTest, ASlotThatComesRoundAgainBeginsAtNothing) {
  Traffic traffic(0);
  traffic.add(2, 7, 70);
  traffic.add(8, 1, 10);  // the same place in the ring
  EXPECT_EQ(traffic.minute(8).messages, 1U);
  EXPECT_EQ(traffic.hour(8).messages, 8U);
}

TEST(TrafficTest, TheRateIsOverTheTimeThatWasCountedAndNotMore) {
  Traffic traffic(100);
  traffic.add(100, 30, 300);
  EXPECT_DOUBLE_EQ(traffic.minute(100).seconds, 10) << "just begun";
  EXPECT_DOUBLE_EQ(traffic.day(100).seconds, 10);
  EXPECT_DOUBLE_EQ(traffic.minute(102).seconds, 30);
  EXPECT_DOUBLE_EQ(traffic.minute(1000).seconds, 60);
  EXPECT_DOUBLE_EQ(traffic.hour(659).seconds, 3600);
}

TEST(TrafficTest, CallsAreCountedBesideWhatTheyBrought) {
  Traffic traffic(0);
  traffic.add(0, 32, 320);
  traffic.add(0, 0, 0);
  const auto sum = traffic.minute(0);
  EXPECT_EQ(sum.messages, 32U);
  EXPECT_EQ(sum.calls, 2U);
}

}  // namespace
}  // namespace mq::broker
