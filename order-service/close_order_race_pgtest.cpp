#include <map>

#include "order-service/payments_fixture.hpp"

// A deadline and a payment that come at the same time, in every order that makes a difference. The wire
// says where in the close the other thing happens; nothing here depends on luck.
namespace order {
namespace {

class CloseOrderRaceTest : public PaymentsTest {
 protected:
  void SetUp() override {
    PaymentsTest::SetUp();
    trade_ = open_trade("A");
    deadline_passes();
  }
  void expect_paid_once() {
    EXPECT_EQ(state_of("A"), State::paid);
    EXPECT_EQ(events("A", "OrderPaid"), 1);
    EXPECT_EQ(events("A", "OrderClosed"), 0);
    EXPECT_EQ(number("SELECT count(*) AS n FROM payment"), 1);
    EXPECT_EQ(number("SELECT count(*) AS n FROM refund"), 0);
    EXPECT_EQ(sold(), 2);
    EXPECT_EQ(reserved(), 0);
  }
  // Closed, and what came goes back.
  void expect_closed_with_refund() {
    EXPECT_EQ(state_of("A"), State::closed);
    EXPECT_EQ(events("A", "OrderPaid"), 0);
    EXPECT_EQ(events("A", "OrderClosed"), 1);
    EXPECT_EQ(number("SELECT count(*) AS n FROM refund WHERE reason = 'LATE_PAYMENT'"), 1);
    EXPECT_EQ(sold() + reserved(), 0);
  }
  // The buyer pays at the gateway, and its notification is recorded at once.
  Void pay_and_record() {
    co_await pay_at_gateway(trade_);
    co_await record_now(trade_, "N-" + trade_);
  }
  // A gateway that takes money for a trade it has closed, as a bank that books late makes it do.
  Void pay_late() {
    co_await set_fault_now(R"({"late_pay":true})");
    co_await pay_at_gateway(trade_);
  }

  std::string trade_;
};

TEST_F(CloseOrderRaceTest, PaidBeforeTheGatewayIsAsked) {
  wire_.before("query", [this] { return pay_at_gateway(trade_); });
  EXPECT_EQ(close("A"), Closed::paid_instead);
  EXPECT_EQ(notification_arrives(trade_), Recorded::repeated);
  expect_paid_once();
}

TEST_F(CloseOrderRaceTest, PaidAndRecordedBeforeTheGatewayIsAsked) {
  wire_.before("query", [this] { return pay_and_record(); });
  EXPECT_EQ(close("A"), Closed::already_settled);
  expect_paid_once();
}

TEST_F(CloseOrderRaceTest, PaidBetweenTheQuestionAndTheClose) {
  wire_.after("query", [this] { return pay_at_gateway(trade_); });
  EXPECT_EQ(close("A"), Closed::paid_instead) << "the gateway refuses to close, and is asked again";
  EXPECT_EQ(notification_arrives(trade_), Recorded::repeated);
  expect_paid_once();
}

TEST_F(CloseOrderRaceTest, PaidAndRecordedBetweenTheQuestionAndTheClose) {
  wire_.before("close", [this] { return pay_and_record(); });
  EXPECT_EQ(close("A"), Closed::already_settled);
  expect_paid_once();
}

// The gateway's book says paid after it said closed: whoever commits first decides, and nothing is lost.
TEST_F(CloseOrderRaceTest, PaidLateAndRecordedBeforeTheOrderIsClosed) {
  wire_.after("close", [this]() -> Void {
    co_await pay_late();
    co_await record_now(trade_, "N");
  });
  EXPECT_EQ(close("A"), Closed::already_settled);
  expect_paid_once();
}

TEST_F(CloseOrderRaceTest, PaidLateAndRecordedAfterTheOrderIsClosed) {
  wire_.after("close", [this] { return pay_late(); });
  EXPECT_EQ(close("A"), Closed::closed);
  EXPECT_EQ(notification_arrives(trade_), Recorded::late_payment);
  EXPECT_EQ(notification_arrives(trade_), Recorded::repeated);
  expect_closed_with_refund();
}

// The control: asking and closing first is what keeps money in time from being sent back. A gateway that
// says "no such trade" is that protection taken away, and the buyer who was in time loses the order.
TEST_F(CloseOrderRaceTest, WithoutAskingAPaidOrderIsClosedAndOnlyTheRefundIsLeft) {
  buyer_pays(trade_);
  wire_.answer_with("query", R"({"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"})");
  EXPECT_EQ(close("A"), Closed::closed);
  EXPECT_EQ(notification_arrives(trade_), Recorded::late_payment);
  expect_closed_with_refund();
}

TEST_F(CloseOrderRaceTest, AnAttemptBegunMeanwhileIsAskedForToo) {
  std::string second;
  wire_.after("close", [&]() -> Void {
    co_await pool_.transact([&](Transaction& tx) { settle_attempt(tx, trade_, "CLOSED", std::nullopt); });
    Attempt attempt;
    attempt.out_trade_no = second = "A-2";
    attempt.order_no = "A";
    attempt.attempt_no = 2;
    attempt.channel = "alipay";
    attempt.amount = *Money::of_fen(2 * 16800);
    attempt.expires_at = now() + std::chrono::hours{1};
    co_await pool_.transact([&](Transaction& tx) { insert_attempt(tx, attempt, now()); });
    co_await gateway_->precreate(second, attempt.amount, "Order A", attempt.expires_at);
    co_await pay_at_gateway(second);
  });
  EXPECT_EQ(close("A"), Closed::gateway_unknown);
  EXPECT_EQ(state_of("A"), State::pending_payment);
  EXPECT_EQ(close("A"), Closed::paid_instead);
  EXPECT_EQ(state_of("A"), State::paid);
  EXPECT_EQ(sold(), 2);
}

// A buyer presses "pay" while the order is being closed: no page for an order that is gone.
TEST_F(CloseOrderRaceTest, APageThatComesAfterTheCloseIsNotShown) {
  ASSERT_EQ(place("B", {{"SKU-1001", 1}}), Placed::created);
  wire_.before("precreate", [this]() -> Void {
    EXPECT_EQ(co_await close_now("B", Event::cancelled_by_user), Closed::closed);
  });
  const auto outcome = start_payment("B");
  EXPECT_EQ(outcome.started, PaymentStarted::not_payable);
  EXPECT_EQ(state_of("B"), State::closed);
  EXPECT_EQ(booked("B", "closed"), 1) << "and the gateway takes no money for it";
}

TEST_F(CloseOrderRaceTest, ManyDeadlineMessagesAtOnceCloseOnce) {
  std::map<Closed, int> outcomes;
  run_at_once(12, [&](int) -> Void { ++outcomes[co_await close_now("A")]; });
  EXPECT_EQ(outcomes[Closed::closed], 1);
  EXPECT_EQ(outcomes[Closed::closed] + outcomes[Closed::already_settled], 12);
  EXPECT_EQ(events("A", "OrderClosed"), 1);
  EXPECT_EQ(sold() + reserved(), 0);
}

// No wire tricks: thirty orders, and for each a close, a payment and its notification start together.
TEST_F(CloseOrderRaceTest, WhateverWinsEveryOrderIsEitherPaidOrClosed) {
  constexpr int kOrders = 30;
  std::vector<std::string> trades;
  for (int i = 0; i < kOrders; ++i) {
    const auto order_no = "B" + std::to_string(100 + i);
    ASSERT_EQ(place(order_no, {{"SKU-1002", 1}}), Placed::created);
    trades.push_back(open_trade(order_no));
  }
  const auto order_of = [](const std::string& trade) { return trade.substr(0, 4); };
  run_at_once(2 * kOrders, [&](int i) -> Void {
    const auto trade = trades[static_cast<std::size_t>(i / 2)];
    if (i % 2 == 0) {
      co_await close_now(order_of(trade), Event::cancelled_by_user);
    } else {
      const auto page = co_await http_.send("POST", sandbox_.url() + "/alipay/pay/" + trade, {}, "",
                                            base::deadline_in(std::chrono::seconds{60}));
      if (page.status == 303) co_await record_now(trade, "N-" + trade);
    }
  });
  EXPECT_EQ(number("SELECT count(*) AS n FROM orders WHERE state = 'PENDING_PAYMENT'"), 1) << "A";
  for (const auto& trade : trades) {
    const bool paid = state_of(order_of(trade)) == State::paid;
    EXPECT_EQ(booked(order_of(trade), "paid"), paid ? 1 : 0) << trade;
  }
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund"), 0) << "an honest gateway never takes late money";
}

}  // namespace
}  // namespace order
