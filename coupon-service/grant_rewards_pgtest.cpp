#include "coupon-service/grant_rewards.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "coupon-service/reward_view.hpp"
#include "coupon-service/testing_rewards.hpp"

namespace coupon {
namespace {

using mq::client::Verdict;
using ::testing::Each;

class GrantRewardsTest : public RewardsTest {
 protected:
  std::vector<contracts::RewardGranted> grant(const std::string& order_no, std::int64_t paid_fen) {
    const Grant one{.order_no = order_no,
                    .user_id = "buyer",
                    .traceparent = {},
                    .paid_fen = paid_fen,
                    .now = base::from_millis(1'772'355'723'045),
                    .random = host_.service().random()};
    return host_.call([&]() -> boost::asio::awaitable<std::vector<contracts::RewardGranted>> {
      co_return co_await pool_.transact([&](chassis::Transaction& tx) { return grant_rewards(tx, one); });
    });
  }
  static std::vector<std::string> kinds(const std::vector<contracts::RewardGranted>& rewards) {
    std::vector<std::string> kinds;
    for (const auto& reward : rewards) kinds.push_back(reward.kind);
    return kinds;
  }
  std::vector<contracts::Envelope> paid_orders(int orders) {
    std::vector<contracts::Envelope> events;
    for (int i = 0; i < orders; ++i) events.push_back(paid("A" + std::to_string(i)));
    return events;
  }
};

TEST_F(GrantRewardsTest, SaysWhatWasNew) {
  EXPECT_THAT(kinds(grant("A", 10'000)), ::testing::ElementsAre("COUPON", "POINTS", "RED_PACKET"));
  EXPECT_THAT(grant("A", 10'000), ::testing::IsEmpty());
}

TEST_F(GrantRewardsTest, BelowOneYuanThereAreNoPoints) {
  EXPECT_THAT(kinds(grant("A", 99)), ::testing::ElementsAre("COUPON", "RED_PACKET"));
  EXPECT_EQ(number("SELECT amount_fen AS n FROM red_packet"), 1) << "at least one fen";
}

TEST_F(GrantRewardsTest, TheLargestPaymentThereCanBeIsGranted) {
  EXPECT_EQ(grant("A", std::numeric_limits<std::int64_t>::max()).size(), 3U);
  EXPECT_EQ(number("SELECT amount_fen AS n FROM red_packet"), 2000) << "at most twenty yuan";
}

// An older version of this service, or a half that a person booked by hand.
TEST_F(GrantRewardsTest, WhatIsMissingIsAddedToWhatIsThere) {
  grant("A", 10'000);
  database_.execute("DELETE FROM points_entry; DELETE FROM outbox WHERE body LIKE '%POINTS%'");
  EXPECT_THAT(kinds(grant("A", 10'000)), ::testing::ElementsAre("POINTS"));
  EXPECT_EQ(outgoing().back().sequence, 4);
  forget("coupon, points_entry, red_packet, reward_sequence, outbox");
  set_budget(kBudget);
}

TEST_F(GrantRewardsTest, AUsedUpCampaignGivesNoCouponAndAllTheRest) {
  set_budget(0);
  EXPECT_THAT(kinds(grant("A", 10'000)), ::testing::ElementsAre("POINTS", "RED_PACKET"));
}

TEST_F(GrantRewardsTest, TheBudgetEndsAmongManyGrantsAtOnceAndIsSpentExactly) {
  set_budget(7);
  EXPECT_THAT(group_.deliver_at_once(paid_orders(40)), Each(Verdict::done));
  EXPECT_EQ(count("coupon"), 7);
  EXPECT_EQ(number("SELECT budget AS n FROM campaign"), 0);
  EXPECT_EQ(count("points_entry"), 40);
  EXPECT_EQ(count("red_packet"), 40);
}

TEST_F(GrantRewardsTest, ARepeatTakesNothingFromTheBudget) {
  set_budget(2);
  grant("A", 10'000);
  for (int i = 0; i < 3; ++i) grant("A", 10'000);
  EXPECT_EQ(number("SELECT budget AS n FROM campaign"), 1);
}

// The control of the budget's rule.
TEST_F(GrantRewardsTest, ACouponThatNobodyPaidForIsNoticed) {
  grant("A", 10'000);
  database_.execute("UPDATE campaign SET budget = budget + 1");
  EXPECT_THAT(audit(), ::testing::ElementsAre("1 × coupons that the budget does not know of"));
  database_.execute("UPDATE campaign SET budget = budget - 1");
}

TEST_F(GrantRewardsTest, TheViewShowsWhatAnOrderEarned) {
  grant("A", 12'345);
  grant("B", 500);
  const auto view = host_.call([&]() -> boost::asio::awaitable<boost::json::value> {
    co_return co_await pool_.transact([](chassis::Transaction& tx) { return rewards_of(tx, "A"); });
  });
  EXPECT_EQ(view, boost::json::parse(R"({"order_no":"A",
    "coupons":[{"coupon_id":"CA","value_fen":1000,"state":"UNUSED","expires_at":"2026-03-31T09:02:03.045Z"}],
    "points":[{"kind":"EARNED","points":123}],
    "red_packets":[{"amount_fen":123,"state":"CLAIMABLE","expires_at":"2026-03-02T09:02:03.045Z"}]})"));
}

TEST_F(GrantRewardsTest, AnOrderThatEarnedNothingHasAnEmptyView) {
  const auto view = host_.call([&]() -> boost::asio::awaitable<boost::json::value> {
    co_return co_await pool_.transact([](chassis::Transaction& tx) { return rewards_of(tx, "none"); });
  });
  EXPECT_EQ(view, boost::json::parse(R"({"order_no":"none","coupons":[],"points":[],"red_packets":[]})"));
}

}  // namespace
}  // namespace coupon
