#include "mq/broker/pop/receipt.hpp"

#include <gtest/gtest.h>

namespace mq::broker {
namespace {

TEST(PopReceipt, IsEightFieldsWithABlankBetween) {
  const PopReceipt receipt{QueueOffset{40}, 1700000000000, 30000, 0, '1', "broker-a", 3, QueueOffset{42}};
  EXPECT_EQ(format_pop_receipt(receipt), "40 1700000000000 30000 0 1 broker-a 3 42");
  EXPECT_EQ(parse_pop_receipt(format_pop_receipt(receipt)), receipt);
  EXPECT_FALSE(receipt.in_order());
  EXPECT_TRUE(parse_pop_receipt("40 1 2 999 0 b 3 42")->in_order());
}

TEST(PopReceipt, MayLackTheOffsetAndCarryAProxysOwnFields) {
  EXPECT_EQ(parse_pop_receipt("40 1 2 0 0 b 3")->offset, QueueOffset{40});
  EXPECT_EQ(parse_pop_receipt("40 1 2 0 0 b 3 42 123456")->offset, QueueOffset{42});
}

TEST(PopReceipt, IsNothingElse) {
  for (const auto* text :
       {"", "40", "40 1 2 0 0 b", "x 1 2 0 0 b 3 42", "40 1 2 0 00 b 3 42", "40 1 2 0  b 3 42",
        "40 1 2 0 0 b 3 4x", "40 1 2 0 0 b 3 ", "99999999999999999999 1 2 0 0 b 3 4"}) {
    EXPECT_FALSE(parse_pop_receipt(text)) << text;
  }
}

TEST(PopRetryTopic, IsNamedByGroupAndTopic) {
  EXPECT_EQ(pop_retry_topic("g", "T"), "%RETRY%g_T");
  EXPECT_EQ(pop_retry_flag("T"), '0');
  EXPECT_EQ(pop_retry_flag("%RETRY%g_T"), '1');
  EXPECT_EQ(pop_retry_flag("%RETRY%g+T"), '2');
  EXPECT_EQ(pop_real_topic("0", "g", "T"), "T");
  EXPECT_EQ(pop_real_topic("1", "g", "T"), "%RETRY%g_T");
  EXPECT_EQ(pop_real_topic("2", "g", "T"), "%RETRY%g+T");
  EXPECT_FALSE(pop_real_topic("3", "g", "T"));
}

}  // namespace
}  // namespace mq::broker
