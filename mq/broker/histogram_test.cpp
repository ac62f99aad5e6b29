#include "mq/broker/histogram.hpp"

#include <gtest/gtest.h>

namespace mq::broker {
namespace {

TEST(HistogramTest, ABoundBelongsToItsBucketAndWhatIsLargerCountsInTheTotalAlone) {
  MessageSizes sizes;
  sizes.add(0);
  sizes.add(1024);
  sizes.add(1025);
  sizes.add(5 * 1024 * 1024.0);
  EXPECT_EQ(sizes.at_most(0), 2U);
  EXPECT_EQ(sizes.at_most(1), 3U);
  EXPECT_EQ(sizes.at_most(MessageSizes::kBuckets - 1), 3U);
  EXPECT_EQ(sizes.count(), 4U);
  EXPECT_EQ(sizes.sum(), 1024 + 1025 + 5 * 1024 * 1024.0);
}

}  // namespace
}  // namespace mq::broker
