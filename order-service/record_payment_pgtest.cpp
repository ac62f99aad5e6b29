#include "order-service/record_payment.hpp"

#include <map>

#include "mq/base/aio/task_group.hpp"
#include "order-service/orders_fixture.hpp"

namespace order {
namespace {

class RecordPaymentTest : public OrdersTest {
 protected:
  void SetUp() override { ASSERT_EQ(place("A", {{"SKU-1001", 2}}), Placed::created); }

  // What close_order does once the gateway is settled.
  void close() {
    transact([&](Transaction& tx) {
      const auto order = lock_order(tx, "A");
      const auto next = step(order->state, Event::payment_timed_out);
      if (next.effect != Effect::move) return false;
      move_order(tx, "A", next, "TIMEOUT", std::nullopt);
      release_reservations(tx, "A");
      append_timeline(tx, "A",
                      {.sequence = order->version + 1,
                       .type = "OrderClosed",
                       .actor = "t",
                       .detail = "",
                       .at = cause().now});
      return true;
    });
  }
};

TEST_F(RecordPaymentTest, MoneyTurnsTheOrderToPaidAndSellsTheStock) {
  EXPECT_EQ(pay(report(start_attempt("A"), "n1")), Recorded::order_paid);
  EXPECT_EQ(state_of("A"), State::paid);
  EXPECT_EQ(number("SELECT sold AS n FROM stock WHERE sku = 'SKU-1001'"), 2);
  EXPECT_EQ(number("SELECT count(*) AS n FROM outbox WHERE tag = 'OrderPaid'"), 1);
}

// The gateway knows nothing of traces: one id follows the order all the same.
TEST_F(RecordPaymentTest, ThePaymentBelongsToTheOrdersTrace) {
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  auto placing = cause();
  placing.traceparent = trace;
  transact([&](Transaction& tx) { return place_order(tx, basket("B", {{"SKU-1002", 1}}), placing); });
  EXPECT_EQ(pay(report(start_attempt("B"), "n1")), Recorded::order_paid);
  EXPECT_EQ(number("SELECT count(*) AS n FROM outbox WHERE key = 'B' AND tag = 'OrderPaid' AND "
                   "body::jsonb ->> 'traceparent' = '" +
                   trace + "'"),
            1);
}

TEST_F(RecordPaymentTest, TheSameNotificationAgainChangesNothing) {
  const auto money = report(start_attempt("A"), "n1");
  EXPECT_EQ(pay(money), Recorded::order_paid);
  EXPECT_EQ(pay(money), Recorded::repeated);
  auto other = money;
  other.notify_id = "n2";
  EXPECT_EQ(pay(other), Recorded::repeated) << "another notification of the same trade";
  other.notify_id = std::nullopt;
  EXPECT_EQ(pay(other), Recorded::repeated) << "a query that finds the same trade";
  EXPECT_EQ(number("SELECT count(*) AS n FROM payment"), 1);
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund"), 0);
}

TEST_F(RecordPaymentTest, ThirtyCopiesAtOnceAreOnePayment) {
  const auto money = report(start_attempt("A"), "n1");
  std::map<Recorded, int> outcomes;
  runner_.run([&]() -> boost::asio::awaitable<void> {
    base::TaskGroup copies(runner_.context.get_executor());
    int left = 30;
    const auto deliver = [&](int i) -> boost::asio::awaitable<void> {
      auto copy = money;
      if (i % 2 == 0) copy.notify_id = "n" + std::to_string(i);
      const auto recorded =
          co_await pool_.transact([&](Transaction& tx) { return record_payment(tx, copy, cause()); });
      ++outcomes[recorded];
      --left;
    };
    for (int i = 0; i < 30; ++i) copies.spawn("copy", deliver(i));
    while (left > 0) co_await base::sleep_for(std::chrono::milliseconds{5});
    co_await copies.stop();
  });
  EXPECT_EQ(outcomes[Recorded::order_paid], 1);
  EXPECT_EQ(outcomes[Recorded::repeated], 29);
}

TEST_F(RecordPaymentTest, AWrongAmountGoesBackAndTheOrderStaysUnpaid) {
  for (const std::int64_t off : {-1, 1}) {
    const auto attempt = off < 0 ? start_attempt("A") : start_attempt("A", 2);
    auto money = report(attempt, "n" + attempt);
    money.received = *Money::of_fen(money.received.fen() + off);
    EXPECT_EQ(pay(money), Recorded::mismatch);
    EXPECT_EQ(pay(money), Recorded::repeated);
  }
  EXPECT_EQ(state_of("A"), State::pending_payment);
  EXPECT_EQ(number("SELECT count(*) AS n FROM payment_anomaly"), 2);
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund WHERE reason = 'MISMATCH' AND state = 'REQUESTED'"), 2);
}

TEST_F(RecordPaymentTest, MoneyAfterTheCloseGoesBack) {
  const auto attempt = start_attempt("A");
  close();
  EXPECT_EQ(pay(report(attempt, "n1")), Recorded::late_payment);
  EXPECT_EQ(state_of("A"), State::closed);
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund WHERE refund_no = 'RT" + attempt + "'"), 1);
  EXPECT_EQ(number("SELECT sold + reserved AS n FROM stock WHERE sku = 'SKU-1001'"), 0);
}

TEST_F(RecordPaymentTest, ASecondAttemptThatIsPaidTooGoesBack) {
  const auto first = start_attempt("A");
  const auto one = report(first, "n1");
  transact([&](Transaction& tx) { return settle_attempt(tx, first, "CLOSED", std::nullopt); });
  const auto two = report(start_attempt("A", 2), "n2");
  EXPECT_EQ(pay(two), Recorded::order_paid);
  EXPECT_EQ(pay(one), Recorded::duplicate_payment);
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund WHERE reason = 'DUPLICATE_PAYMENT'"), 1);
}

TEST_F(RecordPaymentTest, AnUnknownTradeIsLeftForTheNextTry) {
  PaymentReport money{.out_trade_no = "B-1",
                      .trade_no = "T",
                      .trade_status = "TRADE_SUCCESS",
                      .received = {},
                      .notify_id = "n"};
  EXPECT_EQ(pay(money), Recorded::trade_unknown);
  EXPECT_EQ(number("SELECT count(*) AS n FROM payment_notify"), 0);
}

// The control of the invariants above: take a row away, and they notice.
TEST_F(RecordPaymentTest, ALostRefundIsNoticed) {
  const auto attempt = start_attempt("A");
  close();
  pay(report(attempt, "n1"));
  database_.execute("DELETE FROM order_service.refund");
  EXPECT_EQ(number("SELECT count(*) AS n FROM payment p WHERE kind <> 'ORDER' AND NOT EXISTS "
                   "(SELECT FROM refund r WHERE r.trade_no = p.trade_no)"),
            1);
  database_.execute(
      "INSERT INTO order_service.refund SELECT 'R' || trade_no, trade_no, order_no, amount_fen, kind, "
      "'SUCCEEDED', 1, "
      "NULL, '', paid_at FROM order_service.payment");
}

}  // namespace
}  // namespace order
