#include "mq/broker/pop/in_flight.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace mq::broker {
namespace {

std::vector<QueueOffset> offsets(std::initializer_list<std::int64_t> numbers) {
  std::vector<QueueOffset> all;
  for (const auto number : numbers) all.emplace_back(number);
  return all;
}

class PopInFlightTest : public ::testing::Test {
 protected:
  PopInFlightTest() { state_.take(offsets({10, 11, 13}), QueueOffset{14}, 100, 500); }
  PopInFlight state_{QueueOffset{10}};
};

TEST_F(PopInFlightTest, TheGroupStandsAtTheFirstMessageThatIsNotAcknowledged) {
  EXPECT_EQ(state_.head(), QueueOffset{14});
  EXPECT_EQ(state_.low(), QueueOffset{10});
  EXPECT_TRUE(state_.acknowledge(QueueOffset{11}, 100));
  EXPECT_EQ(state_.low(), QueueOffset{10});
  EXPECT_TRUE(state_.acknowledge(QueueOffset{10}, 100));
  EXPECT_EQ(state_.low(), QueueOffset{13});
  EXPECT_TRUE(state_.acknowledge(QueueOffset{13}, 100));
  EXPECT_EQ(state_.low(), QueueOffset{14});
  EXPECT_TRUE(state_.empty());
  EXPECT_FALSE(state_.first());
}

TEST_F(PopInFlightTest, AReceiptIsGoodOnceAndForItsOwnPopOnly) {
  EXPECT_FALSE(state_.acknowledge(QueueOffset{10}, 99)) << "another pop's";
  EXPECT_FALSE(state_.acknowledge(QueueOffset{12}, 100)) << "the filter passed over it";
  EXPECT_TRUE(state_.acknowledge(QueueOffset{10}, 100));
  EXPECT_FALSE(state_.acknowledge(QueueOffset{10}, 100));
}

TEST_F(PopInFlightTest, AChangeOfTimeMakesANewReceipt) {
  ASSERT_TRUE(state_.change(QueueOffset{10}, 100, 200, 900));
  EXPECT_FALSE(state_.acknowledge(QueueOffset{10}, 100)) << "the old one means nothing";
  EXPECT_EQ(state_.first()->offset, QueueOffset{11}) << "now the first to become visible";
  EXPECT_TRUE(state_.acknowledge(QueueOffset{10}, 200));
  EXPECT_FALSE(state_.change(QueueOffset{10}, 200, 300, 900));
}

TEST_F(PopInFlightTest, TheFirstToBecomeVisibleComesFirst) {
  state_.take(offsets({20}), QueueOffset{21}, 150, 400);
  EXPECT_EQ(state_.first()->offset, QueueOffset{20});
  EXPECT_EQ(state_.first()->visible_ms, 400);
  EXPECT_EQ(state_.first()->pop_ms, 150);
}

std::string same_again(const PopInFlight& state) {
  const auto again = PopInFlight::decode(state.encode());
  return again ? again->encode() : "does not decode";
}

TEST_F(PopInFlightTest, ComesBackFromItsText) {
  EXPECT_EQ(state_.encode(), "14 100 500 3 10 1 2");
  state_.acknowledge(QueueOffset{11}, 100);
  state_.change(QueueOffset{13}, 100, 200, 700);
  EXPECT_EQ(state_.encode(), "14 100 500 1 10 200 700 1 13");
  EXPECT_EQ(same_again(state_), state_.encode());
  const auto again = PopInFlight::decode(state_.encode());
  EXPECT_EQ(again->low(), QueueOffset{10});
  EXPECT_EQ(again->first()->visible_ms, 500);
  EXPECT_EQ(PopInFlight::decode("7")->head(), QueueOffset{7});
}

TEST_F(PopInFlightTest, RefusesTextsThatMakeNoSense) {
  for (const auto* text :
       {"", "x", "-1", "14 100", "14 100 500", "14 100 500 2 10", "14 100 500 1 14", "14 100 500 1 -1",
        "14 100 500 2 10 0", "14 100 500 1 10 100 600 1 9", "14 100 500 1 9223372036854775807"}) {
    EXPECT_FALSE(PopInFlight::decode(text)) << text;
  }
}

TEST(PopInFlight, ComesBackAfterAnythingThatMayHappenToIt) {
  std::mt19937 random(7);
  const auto below = [&](std::int64_t bound) { return static_cast<std::int64_t>(random()) % bound; };
  PopInFlight state(QueueOffset{0});
  std::int64_t now = 1;
  for (int step = 0; step < 5000; ++step, ++now) {
    std::vector<QueueOffset> some;
    auto at = state.head().value();
    switch (below(3)) {
      case 0:
        for (auto n = below(5); n > 0; --n) some.emplace_back(at += 1 + below(3));
        state.take(some, QueueOffset{at + 1}, now, now + below(1000));
        break;
      case 1:
        if (const auto first = state.first()) state.acknowledge(first->offset, first->pop_ms);
        break;
      default:
        if (const auto first = state.first())
          state.change(first->offset, first->pop_ms, now, now + below(1000));
    }
    ASSERT_LE(state.low(), state.head());
    ASSERT_EQ(same_again(state), state.encode());
  }
}

}  // namespace
}  // namespace mq::broker
