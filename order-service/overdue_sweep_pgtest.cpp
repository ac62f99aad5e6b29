#include "order-service/overdue_sweep.hpp"

#include "order-service/payments_fixture.hpp"

namespace order {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class OverdueSweepTest : public PaymentsTest {
 protected:
  // Closes what is due, `limit` orders at most, as the loop does; the orders it looked at.
  std::vector<std::string> sweep(std::size_t limit = 8) {
    std::vector<std::string> looked_at;
    runner_.run([&]() -> Void {
      for (const auto& job : co_await sweep_->due(clock_.now(), limit)) {
        looked_at.push_back(job.key);
        co_await job.run();
      }
    });
    return looked_at;
  }
  void SetUp() override {
    PaymentsTest::SetUp();
    close_order_.emplace(pool_, *gateway_, outbox_);
    sweep_.emplace(pool_, *close_order_, metrics_, clock_, random_);
  }

  std::optional<CloseOrder> close_order_;
  std::optional<OverdueSweep> sweep_;
};

TEST_F(OverdueSweepTest, AnOrderWhoseMessageNeverCameIsClosedAMinuteLate) {
  open_trade("A");
  deadline_passes();
  EXPECT_THAT(sweep(), IsEmpty()) << "its message has a minute";
  clock_.advance(std::chrono::minutes{1} + std::chrono::milliseconds{1});
  EXPECT_THAT(sweep(), ElementsAre("A"));
  EXPECT_EQ(state_of("A"), State::closed);
  EXPECT_THAT(metrics_.text(), HasSubstr("order_closed_by_sweep_total 1"));
  EXPECT_THAT(sweep(), IsEmpty());
}

TEST_F(OverdueSweepTest, WhatTheMessageClosedIsNotCounted) {
  deadline_passes();
  EXPECT_EQ(close("A"), Closed::closed);
  clock_.advance(std::chrono::hours{1});
  EXPECT_THAT(sweep(), IsEmpty());
  EXPECT_THAT(metrics_.text(), Not(HasSubstr("order_closed_by_sweep_total")));
}

// The longest overdue come first: a few that the gateway has no word for would be all it ever looks at.
TEST_F(OverdueSweepTest, AnOrderThatCannotBeClosedHoldsNobodyElseUp) {
  open_trade("A");
  clock_.advance(std::chrono::seconds{1});
  ASSERT_EQ(place("B", {{"SKU-1002", 1}}), Placed::created);
  deadline_passes();
  clock_.advance(std::chrono::minutes{2});
  wire_.answer_with("query", R"({"code":"10000","trade_status":"TRADE_PENDING_REVIEW"})");
  EXPECT_THAT(sweep(1), ElementsAre("A"));
  EXPECT_THAT(sweep(1), ElementsAre("B"));
  EXPECT_THAT(sweep(1), IsEmpty()) << "A is left alone for a while";
  EXPECT_EQ(state_of("A"), State::pending_payment);
  EXPECT_EQ(state_of("B"), State::closed);
}

}  // namespace
}  // namespace order
