#include "mq/load/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace mq::load {
namespace {

TEST(Histogram, QuantilesAreWithinABucketOfThoseOfTheSortedList) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> durations(11, 2);
  Histogram histogram;
  std::vector<std::int64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(static_cast<std::int64_t>(durations(random)));
    histogram.add(all.back());
  }
  std::ranges::sort(all);
  for (const double q : {0.0, 0.25, 0.5, 0.99, 0.999, 1.0}) {
    const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(q * 20'000 + 0.999'999));
    const auto exact = static_cast<double>(all[rank - 1]);
    EXPECT_GE(histogram.quantile(q), exact) << q;
    EXPECT_LE(histogram.quantile(q), exact * 1.016 + 1) << q;
  }
}

TEST(Histogram, TheLargestDurationIsExact) {
  Histogram histogram;
  histogram.add(1'234'567);
  EXPECT_EQ(histogram.quantile(1), 1'234'567);
}

TEST(Histogram, TwoAddUpToOne) {
  Histogram first, second;
  for (int i = 0; i < 99; ++i) first.add(10);
  second.add(1'000);
  first.add(second);
  EXPECT_EQ(first.count(), 100U);
  EXPECT_EQ(first.quantile(0.99), 10);
  EXPECT_EQ(first.quantile(1), 1'000);
}

TEST(Histogram, WithoutDurationsEveryQuantileIsZero) { EXPECT_EQ(Histogram().quantile(0.5), 0); }

TEST(Histogram, AClockThatWentBackCountsAsNoTime) {
  Histogram histogram;
  histogram.add(-5);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.quantile(1), 0);
}

}  // namespace
}  // namespace mq::load
