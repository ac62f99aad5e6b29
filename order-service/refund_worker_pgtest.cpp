#include "order-service/refund_worker.hpp"

#include "order-service/refunds_fixture.hpp"

namespace order {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RefundWorkerTest : public RefundsTest {};

TEST_F(RefundWorkerTest, MoneyForAClosedOrderGoesBackOnce) {
  late_payment();
  EXPECT_EQ(state_of_refund(), "REQUESTED");
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(state_of_refund(), "SUCCEEDED");
  EXPECT_EQ(work(), 0);
  EXPECT_THAT(broken_books(), IsEmpty());
  EXPECT_EQ(state_of("A"), State::closed);
}

TEST_F(RefundWorkerTest, MoneyForAPaidOrderGoesBackOnce) {
  const auto first = open_trade("A");
  transact([&](Transaction& tx) { return settle_attempt(tx, first, "CLOSED", std::nullopt); });
  const auto second = open_trade("A");
  ASSERT_NE(first, second);
  buyer_pays(second);
  EXPECT_EQ(notification_arrives(second), Recorded::order_paid);
  buyer_pays(first);
  EXPECT_EQ(notification_arrives(first), Recorded::duplicate_payment);
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
  EXPECT_EQ(state_of("A"), State::paid);
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund WHERE reason = 'DUPLICATE_PAYMENT' AND trade_no = "
                   "(SELECT trade_no FROM payment WHERE out_trade_no = '" +
                   first + "')"),
            1)
      << "the second money goes back, not the first";
}

TEST_F(RefundWorkerTest, MoneyOfAWrongAmountGoesBackInFull) {
  const auto trade = open_trade("A");
  database_.execute("UPDATE order_service.payment_attempt SET amount_fen = amount_fen + 1");
  buyer_pays(trade);
  EXPECT_EQ(notification_arrives(trade), Recorded::mismatch);
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
  EXPECT_EQ(number("SELECT amount_fen AS n FROM refund"), 2 * 16800)
      << "what was received, not what was asked";
  EXPECT_EQ(state_of("A"), State::pending_payment);
}

TEST_F(RefundWorkerTest, TheWayBackBelongsToTheOrdersTrace) {
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  database_.execute("UPDATE order_service.orders SET traceparent = '" + trace + "'");
  late_payment();
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(number("SELECT count(*) AS n FROM outbox WHERE tag IN ('OrderClosed', 'LatePayment', "
                   "'PaymentRefunded') AND body::jsonb ->> 'traceparent' = '" +
                   trace + "'"),
            3);
}

// The refund's row stands or falls with the payment's.
TEST_F(RefundWorkerTest, APaymentWithoutItsRefundRowIsNotCommitted) {
  const auto trade = paid_after_the_close();
  refuse_inserts("refund");
  EXPECT_THROW(notification_arrives(trade), chassis::SqlError);
  EXPECT_EQ(number("SELECT count(*) AS n FROM payment"), 0);
  EXPECT_EQ(number("SELECT count(*) AS n FROM payment_notify"), 0);
  allow_inserts("refund");
  EXPECT_EQ(notification_arrives(trade), Recorded::late_payment) << "the gateway sends it again";
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, AWorkerKilledBeforeTheGatewayHeardOfItIsReplaced) {
  late_payment();
  kill_worker_at([this](Wire::Act hold) { wire_.before("refund", std::move(hold)); });
  EXPECT_EQ(booked("A", "refunded"), 0);
  EXPECT_EQ(state_of_refund(), "REQUESTED");
  EXPECT_EQ(work(), 1) << "due at once: a restart is no reason to wait";
  EXPECT_THAT(broken_books(), IsEmpty());
  // What the dead one had sent arrives after all.
  let_go();
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, AWorkerKilledBeforeItHeardTheAnswerIsReplaced) {
  late_payment();
  kill_worker_at([this](Wire::Act hold) { wire_.after("refund", std::move(hold)); });
  EXPECT_EQ(booked("A", "refunded"), 1) << "the money is gone, and the row does not know";
  EXPECT_EQ(state_of_refund(), "REQUESTED");
  let_go();
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(state_of_refund(), "SUCCEEDED");
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, AWorkerKilledAgainAndAgainPaysOnce) {
  late_payment();
  for (int i = 0; i < 5; ++i) {
    kill_worker_at([this, i](Wire::Act hold) {
      if (i % 2 == 0) wire_.before("refund", std::move(hold));
      if (i % 2 == 1) wire_.after("refund", std::move(hold));
    });
    let_go();
  }
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, AResultThatCannotBeWrittenIsAskedForAgain) {
  late_payment();
  refuse_inserts("outbox");
  EXPECT_THROW(work(), chassis::SqlError);
  EXPECT_EQ(state_of_refund(), "REQUESTED") << "never SUCCEEDED without its event";
  allow_inserts("outbox");
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, TwoWorkersOnOneRowPayAndTellOnce) {
  late_payment();
  // The second begins and ends while the first waits for its answer.
  wire_.after("refund", [this]() -> Void { EXPECT_EQ(co_await work_now(*gateway_), 1); });
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, AGatewayThatDoesItAndIsSilentIsAskedWithTheSameNumber) {
  late_payment();
  set_fault(R"({"mode":"done_but_silent"})");
  const auto impatient = make_gateway(std::chrono::milliseconds{200});
  EXPECT_EQ(work(*impatient), 1);
  EXPECT_EQ(booked("A", "refunded"), 1);
  EXPECT_EQ(state_of_refund(), "REQUESTED");
  set_fault(R"({"mode":"ok"})");
  EXPECT_EQ(work(), 0) << "not before its pause is over";
  clock_.advance(*refund_pause(0));
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, AnAcceptedRefundThatMovedNothingIsNotDone) {
  late_payment();
  wire_.answer_with("refund", R"({"code":"10000","fund_change":"N"})");
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(state_of_refund(), "REQUESTED");
  EXPECT_EQ(booked("A", "refunded"), 0);
  clock_.advance(*refund_pause(0));
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, AForgedAnswerFinishesNothing) {
  late_payment();
  wire_.forge("refund", R"({"code":"10000","fund_change":"Y"})");
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(state_of_refund(), "REQUESTED");
  wire_.forge("refund", R"({"code":"40004","sub_code":"ACQ.TRADE_STATUS_ERROR"})");
  clock_.advance(*refund_pause(0));
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(state_of_refund(), "REQUESTED") << "nor is it given up";
  clock_.advance(*refund_pause(1));
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, AFailingGatewayIsTriedOnItsScheduleUntilAPersonHasToLook) {
  late_payment();
  set_fault(R"({"mode":"fail"})");
  for (std::int64_t tries = 0; const auto pause = refund_pause(tries); ++tries) {
    ASSERT_EQ(work(), 1) << tries;
    ASSERT_EQ(state_of_refund(), "REQUESTED") << tries;
    if (*pause >= std::chrono::hours{1}) EXPECT_EQ(work(), 0) << "not before its pause is over";
    clock_.advance(*pause);
  }
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(state_of_refund(), "STUCK");
  EXPECT_EQ(number("SELECT attempts AS n FROM refund"), 17);
  set_fault(R"({"mode":"ok"})");
  clock_.advance(std::chrono::days{7});
  EXPECT_EQ(work(), 0);
  EXPECT_THAT(broken_books(), ::testing::Not(IsEmpty())) << "money that is still owed stays visible";

  // A person has looked. The number is the same, so it is safe.
  database_.execute("UPDATE order_service.refund SET state = 'REQUESTED', next_try_at = created_at");
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, AnEmptyMerchantAccountIsWaitedFor) {
  late_payment();
  wire_.answer_with("refund", R"({"code":"40004","sub_code":"ACQ.SELLER_BALANCE_NOT_ENOUGH"})");
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(state_of_refund(), "REQUESTED");
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund WHERE last_error = 'ACQ.SELLER_BALANCE_NOT_ENOUGH'"), 1);
  clock_.advance(*refund_pause(0));
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, AnErrorOfTheGatewaysOwnSystemIsNoRefusal) {
  late_payment();
  wire_.answer_with("refund", R"({"code":"40004","sub_code":"ACQ.SYSTEM_ERROR"})");
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(state_of_refund(), "REQUESTED");
  clock_.advance(*refund_pause(0));
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(broken_books(), IsEmpty());
}

TEST_F(RefundWorkerTest, ARefusalThatTimeCannotCureIsNotRepeated) {
  late_payment();
  wire_.answer_with("refund", R"({"code":"40004","sub_code":"ACQ.BUYER_NOT_EXIST"})");
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(state_of_refund(), "STUCK");
  clock_.advance(std::chrono::days{7});
  EXPECT_EQ(work(), 0);
}

// The control of the derived number: the database refuses a second refund of one payment. With the
// constraint dropped it is written, and the books no longer agree.
TEST_F(RefundWorkerTest, ASecondRefundOfAPaymentIsImpossible) {
  late_payment();
  const std::string second =
      "INSERT INTO order_service.refund SELECT refund_no || '-2', trade_no, order_no, amount_fen, reason, "
      "state, 0, next_try_at, '', created_at FROM order_service.refund";
  EXPECT_THROW(database_.execute(second), chassis::SqlError);

  database_.execute("ALTER TABLE order_service.refund DROP CONSTRAINT refund_trade_no_key");
  database_.execute(second);
  EXPECT_EQ(work(), 2);
  EXPECT_THAT(broken_books(), Contains("payments without exactly one refund that succeeded"));
}

// The control of the number that stays: a try in doubt repeated under another number is another refund.
// This gateway refuses what is more than was paid; the row ends stuck though the money is back.
TEST_F(RefundWorkerTest, ANewNumberForATryInDoubtIsNoticed) {
  late_payment();
  wire_.lose_answer("refund");
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(booked("A", "refunded"), 1);
  database_.execute("UPDATE order_service.refund SET refund_no = refund_no || '-2'");
  clock_.advance(*refund_pause(0));
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(state_of_refund(), "STUCK");
  EXPECT_THAT(broken_books(), ElementsAre("payments without exactly one refund that succeeded",
                                          "refunds that the gateway does not know by their number",
                                          "refunds that were told other than once"));
}

}  // namespace
}  // namespace order
