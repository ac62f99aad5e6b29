#include "bench/mq/result.hpp"

#include <gtest/gtest.h>

namespace bench {
namespace {

TEST(Result, ARatioIsTakenPairByPair) {
  // In the second pair the machine was three times as slow, on both sides.
  const auto ratio = ratio_of({50, 20, 60}, {100, 33, 120});
  EXPECT_DOUBLE_EQ(ratio.median, 0.5);
  EXPECT_DOUBLE_EQ(ratio.lowest, 0.5);
  EXPECT_NEAR(ratio.highest, 0.606, 0.001);
}

TEST(Result, APairWithoutAProbeSaysNothing) {
  EXPECT_DOUBLE_EQ(ratio_of({50, 10}, {100, 0}).lowest, 0.5);
  EXPECT_DOUBLE_EQ(ratio_of({}, {}).median, 0);
}

TEST(Result, TheMedianOfAnEvenNumberLiesBetweenTheMiddleOnes) {
  EXPECT_DOUBLE_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_DOUBLE_EQ(median({9, 1, 5}), 5);
}

TEST(Result, AFloorIsHeldFromItsOwnSide) {
  EXPECT_TRUE((Floor{"of the echo", 0.4, 0.4, true}).holds());
  EXPECT_FALSE((Floor{"of the echo", 0.4, 0.39, true}).holds());
  EXPECT_TRUE((Floor{"processor", 1.3, 1.2, false}).holds());
  EXPECT_FALSE((Floor{"processor", 1.3, 1.4, false}).holds());
}

TEST(Result, ProcessorTimeIsCountedOverAllSlices) {
  Side side;
  Slice slice;
  slice.seconds = 1;
  slice.brought.messages = 500'000;
  side.add(slice, {0.4, 0.1});
  side.add(slice, {0.8, 0.3});
  EXPECT_DOUBLE_EQ(side.cpu_per_million().all_seconds, 1.2);
  EXPECT_DOUBLE_EQ(side.cpu_per_million().first_thread_seconds, 0.4);
  EXPECT_EQ(side.rates().size(), 2U);
}

}  // namespace
}  // namespace bench
