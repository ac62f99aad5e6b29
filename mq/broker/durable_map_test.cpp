#include "mq/broker/durable_map.hpp"

#include <gtest/gtest.h>

#include "mq/broker/testing_store.hpp"
#include "mq/testing/faulty_disk.hpp"

namespace mq::broker {
namespace {

struct Text {
  static std::string encode(const std::string& text) { return text; }
  static std::optional<std::string> decode(std::string_view text) {
    if (text == "broken") return std::nullopt;
    return std::string(text);
  }
};

class DurableMapTest : public ::testing::Test {
 protected:
  testing::StoreOn<mq::testing::FaultyDisk> store_;
  DurableMap<std::string, Text> map_{*store_, "thing/"};
};

TEST_F(DurableMapTest, TheBrokerActsOnAChangeAtOnceAndOthersSeeItWhenItIsDurable) {
  ASSERT_TRUE(map_.put("a", "1"));
  ASSERT_NE(map_.find("a"), nullptr);
  EXPECT_EQ(map_.find_durable("a"), nullptr);
  EXPECT_TRUE(map_.durable().empty());
  store_.sync();
  ASSERT_NE(map_.find_durable("a"), nullptr);
  EXPECT_EQ(*map_.find_durable("a"), "1");
}

TEST_F(DurableMapTest, UntilAnUpdateIsDurableOthersSeeTheOldValue) {
  ASSERT_TRUE(map_.put("a", "1"));
  store_.sync();
  ASSERT_TRUE(map_.put("a", "2"));
  ASSERT_TRUE(map_.put("a", "3"));
  EXPECT_EQ(*map_.find("a"), "3");
  EXPECT_EQ(*map_.find_durable("a"), "1");
  ASSERT_TRUE(map_.erase("a"));
  EXPECT_EQ(map_.find("a"), nullptr);
  EXPECT_EQ(*map_.find_durable("a"), "1");
  store_.sync();
  EXPECT_EQ(map_.find_durable("a"), nullptr);
}

TEST_F(DurableMapTest, WhoRemovesItOnceMoreWaitsForTheFirstRemoval) {
  ASSERT_TRUE(map_.put("a", "1"));
  store_.sync();
  const auto first = map_.erase("a");
  const auto again = map_.erase("a");
  ASSERT_TRUE(first && again);
  EXPECT_EQ(*again, *first);
  EXPECT_GT(*again, store_->durable());
  EXPECT_EQ(map_.erase("never there").value(), store_->durable());
}

TEST_F(DurableMapTest, AWalkSeesTheDurableOnesInOrderWhateverChangesMeanwhile) {
  for (const auto* name : {"b", "d", "a"}) ASSERT_TRUE(map_.put(name, name));
  EXPECT_FALSE(map_.next(""));
  store_.sync();
  EXPECT_EQ(map_.next("")->first, "a");
  ASSERT_TRUE(map_.erase("b"));
  EXPECT_EQ(map_.next("a")->first, "b") << "the removal is not durable";
  store_.sync();
  ASSERT_TRUE(map_.erase("a"));  // forgets b
  EXPECT_EQ(map_.next("a")->first, "d");
  ASSERT_TRUE(map_.put("b", "again"));
  store_.sync();
  EXPECT_EQ(*map_.next("a")->second, "again");
  EXPECT_FALSE(map_.next("d"));
}

TEST_F(DurableMapTest, NothingIsWrittenWhenNothingChanges) {
  const auto first = map_.put("a", "1");
  const auto end = store_->end();
  const auto again = map_.put("a", "1");
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *first) << "still to be waited for";
  EXPECT_EQ(store_->end(), end);
}

TEST_F(DurableMapTest, WhatWasShownSurvivesAPowerCutAndOnlyThat) {
  ASSERT_TRUE(map_.put("kept", "1"));
  ASSERT_TRUE(map_.put("removed", "1"));
  ASSERT_TRUE(map_.erase("removed"));
  store_.sync();
  ASSERT_TRUE(map_.put("lost", "1"));
  store_.crash();
  DurableMap<std::string, Text> after(*store_, "thing/");
  EXPECT_TRUE(after.load(store_->metadata()).empty());
  EXPECT_NE(after.find("kept"), nullptr);
  EXPECT_EQ(after.find("removed"), nullptr);
  EXPECT_EQ(after.find("lost"), nullptr);
  EXPECT_EQ(after.durable().size(), 1U);
}

TEST_F(DurableMapTest, AValueThatMakesNoSenseIsReportedAndOthersPrefixesAreLeftAlone) {
  const auto broken = map_.load({{"thing/a", "broken"}, {"other/b", "1"}, {"thing/c", "1"}});
  EXPECT_EQ(broken, (std::vector<std::string>{"thing/a"}));
  EXPECT_EQ(map_.size(), 1U);
}

}  // namespace
}  // namespace mq::broker
