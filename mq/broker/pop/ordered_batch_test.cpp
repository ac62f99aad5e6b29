#include "mq/broker/pop/ordered_batch.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mq::broker {
namespace {

const std::vector<QueueOffset> kThree{QueueOffset{5}, QueueOffset{6}, QueueOffset{8}};

class OrderedBatchTest : public ::testing::Test {
 protected:
  OrderedBatchTest() { batch_.take("attempt 1", kThree, 100, 500); }
  std::vector<std::int32_t> times() const {
    std::vector<std::int32_t> all;
    for (const auto& item : batch_.items()) all.push_back(item.times);
    return all;
  }
  OrderedBatch batch_;
};

TEST_F(OrderedBatchTest, BlocksUntilAllAreAcknowledgedOrTheirTimeIsOver) {
  EXPECT_TRUE(batch_.blocks("attempt 2", 499));
  EXPECT_FALSE(batch_.blocks("attempt 2", 500));
  EXPECT_EQ(batch_.acknowledge(QueueOffset{5}, 100), QueueOffset{6});
  EXPECT_EQ(batch_.acknowledge(QueueOffset{8}, 100), QueueOffset{6}) << "not beyond the one that is left";
  EXPECT_TRUE(batch_.blocks("attempt 2", 499));
  EXPECT_EQ(batch_.acknowledge(QueueOffset{6}, 100), QueueOffset{9});
  EXPECT_FALSE(batch_.blocks("attempt 2", 499));
  EXPECT_FALSE(batch_.blocked_until());
}

TEST_F(OrderedBatchTest, DoesNotBlockAnAttemptThatComesAgain) {
  EXPECT_FALSE(batch_.blocks("attempt 1", 200));
  OrderedBatch nameless;
  nameless.take("", kThree, 100, 500);
  EXPECT_TRUE(nameless.blocks("", 200));
}

TEST_F(OrderedBatchTest, AMessageThatIsKeptLongerBlocksLonger) {
  EXPECT_FALSE(batch_.change(QueueOffset{6}, 99, 800));
  ASSERT_TRUE(batch_.change(QueueOffset{6}, 100, 800));
  EXPECT_TRUE(batch_.blocks("attempt 2", 700));
  EXPECT_EQ(batch_.blocked_until(), 800);
}

TEST_F(OrderedBatchTest, CountsHowOftenAMessageWasPopped) {
  EXPECT_EQ(times(), (std::vector<std::int32_t>{0, 0, 0}));
  batch_.take("attempt 2", std::vector{QueueOffset{6}, QueueOffset{8}, QueueOffset{9}}, 600, 900);
  EXPECT_EQ(times(), (std::vector<std::int32_t>{1, 1, 0}));
  batch_.take("attempt 2", std::vector{QueueOffset{6}, QueueOffset{8}, QueueOffset{9}}, 601, 900);
  EXPECT_EQ(times(), (std::vector<std::int32_t>{1, 1, 0})) << "the same attempt";
}

TEST_F(OrderedBatchTest, AReceiptOfAnEarlierPopMeansNothing) {
  batch_.take("attempt 2", kThree, 600, 900);
  EXPECT_FALSE(batch_.acknowledge(QueueOffset{5}, 100));
  EXPECT_TRUE(batch_.acknowledge(QueueOffset{5}, 600));
}

TEST_F(OrderedBatchTest, ComesBackFromItsText) {
  batch_.acknowledge(QueueOffset{6}, 100);
  const auto again = OrderedBatch::decode(batch_.encode());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->encode(), batch_.encode());
  EXPECT_FALSE(again->blocks("attempt 1", 200)) << "a blank in the attempt's name";
  EXPECT_EQ(again->blocked_until(), 500);
  for (const auto* text : {"", "x", "100", "100 1", "100 1 5 500 0", "100 1 5 500 0 0", "100 0 "}) {
    EXPECT_FALSE(OrderedBatch::decode(text)) << text;
  }
}

}  // namespace
}  // namespace mq::broker
