#include "order-service/close_order.hpp"

#include <gmock/gmock.h>

#include "contracts/events.hpp"
#include "order-service/consumers.hpp"
#include "order-service/payments_fixture.hpp"

namespace order {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CloseOrderTest : public PaymentsTest {
 protected:
  void expect_closed_once(const std::string& order_no) {
    EXPECT_EQ(state_of(order_no), State::closed);
    EXPECT_EQ(events(order_no, "OrderClosed"), 1);
    EXPECT_EQ(reserved(), 0);
    EXPECT_EQ(sold(), 0);
  }
  void expect_still_open(const std::string& order_no) {
    EXPECT_EQ(state_of(order_no), State::pending_payment);
    EXPECT_EQ(events(order_no, "OrderClosed"), 0);
    EXPECT_EQ(reserved(), 2);
  }
  // What the deadline's message does, as a consumer of the queue sees it.
  mq::client::Verdict deadline_message(const std::string& order_no) {
    auto verdict = mq::client::Verdict::reject;
    CloseOrder close_order(pool_, *gateway_, outbox_);
    OnPaymentDeadline on_deadline(close_order, clock_, random_);
    contracts::Envelope envelope;
    envelope.order_no = order_no;
    envelope.type = contracts::PaymentDeadline::kType;
    runner_.run([&]() -> Void { verdict = co_await on_deadline(envelope); });
    return verdict;
  }
};

using mq::client::Verdict;

TEST_F(CloseOrderTest, AnOrderNobodyBeganToPayIsClosedWithoutAskingTheGateway) {
  deadline_passes();
  EXPECT_EQ(close("A"), Closed::closed);
  expect_closed_once("A");
  EXPECT_THAT(wire_.calls(), IsEmpty());
}

TEST_F(CloseOrderTest, TheGatewayIsAskedAndClosedBeforeTheOrderIs) {
  open_trade("A");
  deadline_passes();
  bool open_when_asked = false;
  wire_.before("close", [&]() -> Void {
    const auto order = co_await pool_.transact([](Transaction& tx) { return find_order(tx, "A"); });
    open_when_asked = order->state == State::pending_payment;
  });
  EXPECT_EQ(close("A"), Closed::closed);
  EXPECT_THAT(wire_.calls(), ElementsAre("precreate", "query", "close"));
  EXPECT_TRUE(open_when_asked);
  EXPECT_EQ(booked("A", "closed"), 1);
  EXPECT_EQ(number("SELECT count(*) AS n FROM payment_attempt WHERE state = 'CLOSED'"), 1);
  expect_closed_once("A");
}

TEST_F(CloseOrderTest, ADeadlineMessageTwiceClosesOnce) {
  open_trade("A");
  deadline_passes();
  EXPECT_EQ(deadline_message("A"), Verdict::done);
  EXPECT_EQ(deadline_message("A"), Verdict::done);
  EXPECT_EQ(close("A"), Closed::already_settled);
  EXPECT_THAT(wire_.calls(), ElementsAre("precreate", "query", "close")) << "nobody is asked twice";
  expect_closed_once("A");
}

TEST_F(CloseOrderTest, AnEarlyDeadlineMessageComesAgain) {
  open_trade("A");
  clock_.advance(std::chrono::hours{23});
  EXPECT_EQ(deadline_message("A"), Verdict::retry_later);
  EXPECT_THAT(wire_.calls(), ElementsAre("precreate")) << "a trade that can still be paid is left alone";
  expect_still_open("A");
  clock_.advance(std::chrono::hours{1});
  EXPECT_EQ(deadline_message("A"), Verdict::done);
  expect_closed_once("A");
}

TEST_F(CloseOrderTest, ADeadlineOfAnUnknownOrderIsNotTriedForEver) {
  EXPECT_EQ(deadline_message("nobody's"), Verdict::reject);
}

TEST_F(CloseOrderTest, APaidOrderIsLeftAlone) {
  const auto trade = open_trade("A");
  buyer_pays(trade);
  EXPECT_EQ(notification_arrives(trade), Recorded::order_paid);
  const auto calls = wire_.calls();
  deadline_passes();
  EXPECT_EQ(deadline_message("A"), Verdict::done);
  EXPECT_EQ(close("A"), Closed::already_settled);
  EXPECT_EQ(close("A", Event::cancelled_by_user), Closed::refused);
  EXPECT_EQ(wire_.calls(), calls);
  EXPECT_EQ(state_of("A"), State::paid);
  EXPECT_EQ(sold(), 2);
}

// The notification is late or lost: only the gateway knows that the buyer was in time.
TEST_F(CloseOrderTest, MoneyTheGatewayHasSavesTheOrder) {
  const auto trade = open_trade("A");
  buyer_pays(trade);
  deadline_passes();
  EXPECT_EQ(deadline_message("A"), Verdict::done);
  EXPECT_EQ(state_of("A"), State::paid);
  EXPECT_EQ(events("A", "OrderPaid"), 1);
  EXPECT_EQ(notification_arrives(trade), Recorded::repeated);
  EXPECT_EQ(number("SELECT count(*) AS n FROM payment"), 1);
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund"), 0);
  EXPECT_EQ(sold(), 2);
}

TEST_F(CloseOrderTest, ABuyerWhoCancelsWhatIsPaidAtTheGatewayIsToldSo) {
  buyer_pays(open_trade("A"));
  EXPECT_EQ(close("A", Event::cancelled_by_user), Closed::paid_instead);
  EXPECT_EQ(state_of("A"), State::paid);
}

TEST_F(CloseOrderTest, AFailingGatewayKeepsTheOrderOpenUntilItIsBack) {
  open_trade("A");
  deadline_passes();
  set_fault(R"({"mode":"fail"})");
  EXPECT_EQ(deadline_message("A"), Verdict::retry_later);
  EXPECT_EQ(deadline_message("A"), Verdict::retry_later);
  expect_still_open("A");
  set_fault(R"({"mode":"ok"})");
  EXPECT_EQ(deadline_message("A"), Verdict::done);
  expect_closed_once("A");
}

TEST_F(CloseOrderTest, ASilentGatewayKeepsTheOrderOpen) {
  open_trade("A");
  deadline_passes();
  const auto impatient = make_gateway(std::chrono::milliseconds{200});
  for (const std::string mode : {"silent", "done_but_silent"}) {
    set_fault(R"({"mode":")" + mode + R"("})");
    auto closed = Closed::closed;
    runner_.run([&]() -> Void {
      closed = co_await CloseOrder(pool_, *impatient, outbox_)("A", Event::payment_timed_out, cause());
    });
    EXPECT_EQ(closed, Closed::gateway_unknown) << mode;
    expect_still_open("A");
  }
  set_fault(R"({"mode":"ok"})");
  EXPECT_EQ(close("A"), Closed::closed);
  expect_closed_once("A");
}

TEST_F(CloseOrderTest, ASlowGatewayIsWaitedFor) {
  open_trade("A");
  deadline_passes();
  set_fault(R"({"mode":"slow","delay_ms":300})");
  EXPECT_EQ(close("A"), Closed::closed);
  expect_closed_once("A");
}

TEST_F(CloseOrderTest, ACloseThatWasDoneButNotAnsweredIsFoundOut) {
  open_trade("A");
  deadline_passes();
  wire_.lose_answer("close");
  EXPECT_EQ(close("A"), Closed::gateway_unknown);
  expect_still_open("A");
  EXPECT_EQ(booked("A", "closed"), 1) << "the gateway has closed it all the same";
  EXPECT_EQ(close("A"), Closed::closed);
  EXPECT_EQ(booked("A", "closed"), 1);
  expect_closed_once("A");
}

// Whoever sits on the line could have an order closed whose money is already there.
TEST_F(CloseOrderTest, AForgedAnswerClosesNothing) {
  const auto trade = open_trade("A");
  buyer_pays(trade);
  deadline_passes();
  wire_.change_answer("query", [](std::string body) {
    const std::string_view paid = "TRADE_SUCCESS";
    const auto at = body.find(paid);
    EXPECT_NE(at, std::string::npos);
    return body.replace(at, paid.size(), "TRADE_CLOSED");
  });
  EXPECT_EQ(close("A"), Closed::gateway_unknown);
  expect_still_open("A");
  EXPECT_EQ(close("A"), Closed::paid_instead);
}

TEST_F(CloseOrderTest, AnAnswerNobodyDocumentedClosesNothing) {
  open_trade("A");
  deadline_passes();
  for (const std::string content :
       {R"({"code":"10000","trade_status":"TRADE_PENDING_REVIEW"})", R"({"code":"10000"})",
        R"({"code":"40004","sub_code":"ACQ.INVALID_PARAMETER"})",
        R"({"code":"20000","sub_code":"isp.unknow-error"})",
        R"({"code":"10000","trade_status":"TRADE_SUCCESS","trade_no":"T","total_amount":"1e5"})",
        R"({"code":"10000","trade_status":"TRADE_SUCCESS","total_amount":"336.00"})", "[]", "7"}) {
    wire_.answer_with("query", content);
    EXPECT_EQ(close("A"), Closed::gateway_unknown) << content;
    expect_still_open("A");
  }
  EXPECT_EQ(close("A"), Closed::closed);
}

// The process ended between the attempt's row and the call: the gateway has never heard of it.
TEST_F(CloseOrderTest, AnAttemptThatNeverReachedTheGatewayIsNoObstacle) {
  wire_.answer_with("precreate", R"({"code":"20000"})");
  EXPECT_EQ(start_payment("A").started, PaymentStarted::gateway_unknown);
  EXPECT_EQ(number("SELECT count(*) AS n FROM payment_attempt WHERE state = 'INTENT'"), 1);
  deadline_passes();
  EXPECT_EQ(close("A"), Closed::closed);
  EXPECT_THAT(wire_.calls(), ElementsAre("precreate", "query"));
  expect_closed_once("A");
}

// Money of another amount does not pay the order, so it must not keep it open either.
TEST_F(CloseOrderTest, AWrongAmountAtTheGatewayGoesBackAndTheOrderIsClosed) {
  const auto trade = open_trade("A");
  database_.execute("UPDATE order_service.payment_attempt SET amount_fen = amount_fen + 1");
  buyer_pays(trade);
  deadline_passes();
  EXPECT_EQ(deadline_message("A"), Verdict::done);
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund WHERE reason = 'MISMATCH'"), 1);
  expect_closed_once("A");
}

// Rows that become due are known to their loops at once: else the clock could be moved past them.
TEST_F(CloseOrderTest, WhatBecomesDueIsExpected) {
  const auto trade = open_trade("A");
  EXPECT_THAT(queries_expected_, ElementsAre(::testing::Ge(now() - std::chrono::minutes{1})));
  database_.execute("UPDATE order_service.payment_attempt SET amount_fen = amount_fen + 1");
  buyer_pays(trade);
  deadline_passes();
  EXPECT_EQ(close("A"), Closed::closed);
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund"), 1);
  EXPECT_EQ(refunds_expected_.size(), 1U);
}

// The control of the stock's invariants, which every test here ends in: without the reservation's own
// compare-and-set the stock comes back twice, and they notice.
TEST_F(CloseOrderTest, StockThatComesBackTwiceIsNoticed) {
  ASSERT_EQ(place("B", {{"SKU-1001", 5}}), Placed::created);
  deadline_passes();
  EXPECT_EQ(close("A"), Closed::closed);
  const auto release_again = [&] {
    transact([](Transaction& tx) {
      release_reservations(tx, "A");
      return true;
    });
  };
  release_again();
  EXPECT_EQ(reserved(), 5);
  EXPECT_THAT(broken_invariants(), IsEmpty());

  database_.execute("UPDATE order_service.reservation SET state = 'HELD' WHERE order_no = 'A'");
  release_again();
  EXPECT_EQ(reserved(), 3);
  EXPECT_THAT(broken_invariants(), ElementsAre("reserved stock without its reservations"));
  database_.execute("UPDATE order_service.stock SET reserved = 5 WHERE sku = 'SKU-1001'");
}

}  // namespace
}  // namespace order
