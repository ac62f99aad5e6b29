#include "chassis/idempotency.hpp"
#include "chassis/testing_proxy.hpp"
#include "order-service/refunds_fixture.hpp"

// A connection that breaks at COMMIT: nobody can tell whether the order was placed, paid, closed or
// refunded. The transaction runs again and meets what the first run left, if it left anything.
namespace order {
namespace {

using Cut = chassis::testing::CuttingProxy::Cut;

class InDoubtTest : public RefundsTest, public ::testing::WithParamInterface<Cut> {
 protected:
  chassis::DatabaseOptions through_proxy() {
    auto options = database_.options();
    options.dsn = proxy_.dsn();
    options.statement_timeout = std::chrono::seconds{1};
    options.lock_timeout = std::chrono::milliseconds{300};
    options.connections = 1;
    return options;
  }
  void break_commits() { proxy_.cut_next_commits(GetParam(), 3); }
  void TearDown() override {
    EXPECT_GE(doubtful_.stats().in_doubt, 1U) << "nothing was in doubt here";
    RefundsTest::TearDown();
  }

  chassis::testing::CuttingProxy proxy_{database_.dsn()};
  chassis::Database doubtful_{executor(), through_proxy()};
};

TEST_P(InDoubtTest, AnOrderIsPlacedOnce) {
  chassis::Idempotency idempotency(doubtful_);
  const auto command = basket("B", {{"SKU-1002", 3}});
  mq::net::HttpResponse answer;
  break_commits();
  runner_.run([&]() -> Void {
    answer = co_await idempotency.run(
        {.principal = "buyer", .route = "POST /orders", .key = "key", .request_hash = "hash"},
        [&](Transaction& tx) {
          const auto outcome = place_order(tx, command, cause());
          return mq::net::text_response(outcome.placed == Placed::created ? 201 : 409,
                                        outcome.order.order_no);
        });
  });
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "B");
  EXPECT_EQ(number("SELECT reserved AS n FROM stock WHERE sku = 'SKU-1002'"), 3);
  EXPECT_EQ(events("B", "OrderCreated"), 1);
}

TEST_P(InDoubtTest, APaymentIsRecordedOnce) {
  const auto money = report(start_attempt("A"), "N");
  break_commits();
  runner_.run([&]() -> Void {
    co_await doubtful_.transact([&](Transaction& tx) { record_payment(tx, money, cause()); });
  });
  EXPECT_EQ(state_of("A"), State::paid);
  EXPECT_EQ(events("A", "OrderPaid"), 1);
  EXPECT_EQ(sold(), 2);
}

TEST_P(InDoubtTest, AnOrderIsClosedOnce) {
  deadline_passes();
  break_commits();
  runner_.run([&]() -> Void {
    co_await CloseOrder(doubtful_, *gateway_, outbox_)("A", Event::payment_timed_out, cause());
  });
  EXPECT_EQ(state_of("A"), State::closed);
  EXPECT_EQ(events("A", "OrderClosed"), 1);
  EXPECT_EQ(reserved(), 0);
}

TEST_P(InDoubtTest, ARefundIsToldOnce) {
  late_payment();
  break_commits();
  runner_.run([&]() -> Void {
    RefundWorker worker(doubtful_, *gateway_, outbox_, clock_, random_);
    const auto jobs = co_await worker.due(clock_.now(), 10);
    for (const auto& job : jobs) co_await job.run();
  });
  EXPECT_THAT(broken_books(), ::testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Cuts, InDoubtTest, ::testing::Values(Cut::before, Cut::after, Cut::late),
                         [](const auto& cut) {
                           return cut.param == Cut::before  ? "before"
                                  : cut.param == Cut::after ? "after"
                                                            : "late";
                         });

}  // namespace
}  // namespace order
