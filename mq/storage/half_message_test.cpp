// Half messages: undecided until one entry of the log says otherwise.
#include "mq/storage/store_fixture.hpp"

namespace mq::storage {
namespace {

using HalfMessageTest = StoreTest;

TEST_F(HalfMessageTest, AHalfMessageKeepsItsSegmentUntilItIsDecidedAndThatIsInASnapshot) {
  ASSERT_TRUE(open());
  const auto half = send("halves", 0, "half", {.extra = {.half = true}});
  for (int i = 0; i < 60; ++i) send("t", 0, std::string(200, 'x'));
  tidy();
  store_->retain(kForever, 0);
  EXPECT_EQ(store_->begin().value(), 0);
  ASSERT_TRUE(store_->is_undecided(half.at));
  EXPECT_EQ(append("t", 0, "committed", {.extra = {.half_origin = half.at}}).refused, Refused::none);
  EXPECT_FALSE(store_->is_undecided(half.at));
  flush();
  store_->retain(kForever, 0);
  EXPECT_EQ(store_->begin().value(), 0) << "a crash may take the decision back";
  flush();  // makes the checkpoint that retention has asked for
  tidy();
  store_->retain(kForever, 0);
  EXPECT_GT(store_->begin().value(), 0);
}

TEST_F(HalfMessageTest, AHalfMessageIsUndecidedOnlyOnceItIsDurable) {
  ASSERT_TRUE(open());
  const auto half = append("halves", 0, "half", {.extra = {.half = true}});
  EXPECT_FALSE(store_->is_undecided(half.at));
  flush();
  EXPECT_TRUE(store_->is_undecided(half.at));
  EXPECT_FALSE(store_->is_undecided(send("t", 0, "whole").at));
}

TEST_F(HalfMessageTest, ADecisionThatACrashTookBackCanBeMadeAgain) {
  ASSERT_TRUE(open());
  const auto half = send("halves", 0, "half", {.extra = {.half = true}});
  EXPECT_EQ(append("t", 0, "committed", {.extra = {.half_origin = half.at}}).refused, Refused::none);
  EXPECT_FALSE(store_->is_undecided(half.at));
  cut_power();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_EQ(store_->undecided_halves(), std::vector{half.at});
  ASSERT_TRUE(store_->roll_back(half.at));
  flush();
  cut_power();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_TRUE(store_->undecided_halves().empty());
}

}  // namespace
}  // namespace mq::storage
