#pragma once
#include <set>

#include "order-service/payments_fixture.hpp"
#include "order-service/refund_worker.hpp"

namespace order {

// Words for money that has to go back, and the check that it went back exactly once: our rows against
// the gateway's own book.
class RefundsTest : public PaymentsTest {
 protected:
  // Order A is closed, and its buyer pays all the same. The trade's number.
  std::string paid_after_the_close() {
    const auto trade = open_trade("A");
    deadline_passes();
    EXPECT_EQ(close("A"), Closed::closed);
    set_fault(R"({"late_pay":true})");
    buyer_pays(trade);
    set_fault(R"({"mode":"ok"})");
    return trade;
  }
  void late_payment() { EXPECT_EQ(notification_arrives(paid_after_the_close()), Recorded::late_payment); }

  // A worker as a process has it after each start: drives what is due, once. Returns how many rows.
  boost::asio::awaitable<int> work_now(AlipayGateway& gateway) {
    RefundWorker worker(pool_, gateway, outbox_, clock_, random_);
    const auto jobs = co_await worker.due(clock_.now(), 10);
    for (const auto& job : jobs) co_await job.run();
    co_return static_cast<int>(jobs.size());
  }
  int work(AlipayGateway& gateway) {
    int driven = 0;
    runner_.run([&]() -> Void { driven = co_await work_now(gateway); });
    return driven;
  }
  int work() { return work(*gateway_); }

  // Kills a worker while its call is held on the wire; the call itself stays there until let_go().
  void kill_worker_at(const std::function<void(Wire::Act hold)>& point) {
    held_ = true;
    bool reached = false;
    point([this, &reached]() -> Void {
      reached = true;
      while (held_) co_await base::sleep_for(std::chrono::milliseconds{2});
    });
    runner_.run([&]() -> Void {
      base::TaskGroup process(executor());
      process.spawn("worker",
                    [](RefundsTest& test) -> Void { co_await test.work_now(*test.gateway_); }(*this));
      while (!reached) co_await base::sleep_for(std::chrono::milliseconds{2});
      co_await process.stop();
    });
  }
  void let_go() {
    held_ = false;
    runner_.run([this]() -> Void {
      while (wire_.in_flight() > 0) co_await base::sleep_for(std::chrono::milliseconds{2});
    });
  }

  std::string state_of_refund() { return database_.query("SELECT state FROM refund").front().text("state"); }

  // What disagrees between the payments, the refunds, the events and the gateway's book.
  std::vector<std::string> broken_books() {
    std::vector<std::string> broken;
    const auto expect = [&](bool holds, const std::string& what) {
      if (!holds) broken.push_back(what);
    };
    expect(
        number("SELECT count(*) AS n FROM payment p WHERE kind <> 'ORDER' AND (SELECT count(*) FROM refund r "
               "WHERE r.trade_no = p.trade_no) <> 1 OR kind <> 'ORDER' AND NOT EXISTS (SELECT FROM refund r "
               "WHERE r.trade_no = p.trade_no AND r.amount_fen = p.amount_fen AND state = 'SUCCEEDED')") == 0,
        "payments without exactly one refund that succeeded");
    const auto owed = number("SELECT coalesce(sum(amount_fen), 0) AS n FROM payment WHERE kind <> 'ORDER'");
    std::int64_t went_back = 0;
    std::set<std::string> numbers;
    const auto ledger = ask_sandbox("/ledger/gateway?order_no=A");
    for (const auto& entry : ledger.at("entries").as_array()) {
      if (entry.at("type").as_string() != "refunded") continue;
      went_back += entry.at("amount_fen").as_int64();
      numbers.insert(entry.at("out_request_no").as_string().c_str());
    }
    expect(went_back == owed, "money that the gateway has sent back, and money that had to go back");
    std::int64_t unknown = 0;
    for (const auto& row : database_.query("SELECT refund_no FROM refund WHERE state <> 'REQUESTED'").rows) {
      unknown += numbers.contains(row.text("refund_no")) ? 0 : 1;
    }
    expect(unknown == 0, "refunds that the gateway does not know by their number");
    expect(
        number("SELECT count(*) AS n FROM refund r WHERE (SELECT count(*) FROM outbox WHERE "
               "tag = 'PaymentRefunded' AND body::jsonb -> 'data' ->> 'refund_no' = r.refund_no) <> 1") == 0,
        "refunds that were told other than once");
    return broken;
  }

  bool held_ = false;
};

}  // namespace order
