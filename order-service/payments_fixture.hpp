#pragma once
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <memory>

#include "chassis/metrics.hpp"
#include "mq/base/aio/task_group.hpp"
#include "mq/base/clock_page.hpp"
#include "order-service/callback_api.hpp"
#include "order-service/close_order.hpp"
#include "order-service/orders_fixture.hpp"
#include "order-service/sandbox_fixture.hpp"
#include "order-service/start_payment.hpp"
#include "order-service/trade_state.hpp"

namespace order {

// An order service's parts around payments, with a real database and the sandbox's gateway at the other
// end of a wire the test holds. The gateway's notifications reach the receiver while `take_notifications_`.
//
// Order "A" of two SKU-1001 is there at the beginning.
class PaymentsTest : public OrdersTest {
 protected:
  using Void = boost::asio::awaitable<void>;

  void SetUp() override {
    server_ = std::make_unique<mq::net::HttpServer>(
        executor(), mq::net::HttpServerOptions{.ip = SandboxGateway::ip(),
                                               .body_max = CallbackApi::kBodyMax,
                                               .read_max = CallbackApi::kReadMax});
    server_->filter([this](mq::net::HttpRequest&, std::string_view route) {
      const bool heard = route != "/callbacks/alipay" || take_notifications_;
      return heard ? std::nullopt : std::optional(mq::net::text_response(503, "failure"));
    });
    wire_.add_routes(*server_);
    url_ = "http://" + SandboxGateway::ip() + ":" + std::to_string(server_->listen());
    gateway_ = make_gateway(std::chrono::seconds{30});
    callbacks_ =
        std::make_unique<CallbackApi>(pool_, outbox_, *gateway_, metrics_, clock_, random_, refund_at());
    callbacks_->add_routes(*server_);
    tasks_.spawn("server", server_->run());
    // The gateway stops taking money before the order's deadline; these tests want it at the deadline.
    set_fault(R"({"ignore_expiry":true})");
    ASSERT_EQ(place("A", {{"SKU-1001", 2}}), Placed::created);
  }

  void TearDown() override {
    runner_.run([this]() -> Void {
      co_await server_->stop(std::chrono::steady_clock::now());
      co_await tasks_.stop();
    });
    OrdersTest::TearDown();
  }

  [[nodiscard]] base::Time now() const override { return clock_.now(); }
  boost::asio::any_io_executor executor() { return runner_.context.get_executor(); }

  std::unique_ptr<AlipayGateway> make_gateway(std::chrono::milliseconds timeout) {
    return std::make_unique<AlipayGateway>(http_,
                                           AlipayConfig{.url = url_,
                                                        .notify_url = url_ + "/callbacks/alipay",
                                                        .merchant_key = keys_ / "merchant.pem",
                                                        .gateway_key = keys_ / "gateway.pub",
                                                        .timeout = timeout},
                                           clock_);
  }

  // --- the buyer ---
  StartPaymentOutcome start_payment(const std::string& order_no) {
    StartPaymentOutcome outcome;
    runner_.run([&]() -> Void {
      StartPayment start(pool_, *gateway_, [this](base::Time due) { queries_expected_.push_back(due); });
      outcome = co_await start(order_no, "buyer", cause());
    });
    return outcome;
  }
  // A trade the buyer can pay: the attempt's number.
  std::string open_trade(const std::string& order_no) {
    const auto outcome = start_payment(order_no);
    EXPECT_EQ(outcome.started, PaymentStarted::ready) << outcome.reason;
    return outcome.out_trade_no;
  }
  Void pay_at_gateway(std::string out_trade_no) {
    const auto page = co_await http_.send("POST", sandbox_.url() + "/alipay/pay/" + out_trade_no, {}, "",
                                          base::deadline_in(std::chrono::seconds{60}));
    EXPECT_EQ(page.status, 303) << page.body;
  }
  void buyer_pays(const std::string& out_trade_no) {
    runner_.run([&]() -> Void { co_await pay_at_gateway(out_trade_no); });
  }

  // --- the gateway ---
  Void set_fault_now(std::string fault) {
    const auto answer = co_await http_.send("PUT", sandbox_.url() + "/faults/gateway", {}, std::move(fault),
                                            base::deadline_in(std::chrono::seconds{60}));
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  void set_fault(const std::string& fault) {
    runner_.run([&]() -> Void { co_await set_fault_now(fault); });
  }
  boost::json::value ask_sandbox(const std::string& path) {
    mq::net::HttpResponse answer;
    runner_.run([&]() -> Void {
      answer = co_await http_.send("GET", sandbox_.url() + path, {}, "",
                                   base::deadline_in(std::chrono::seconds{60}));
    });
    return boost::json::parse(answer.body);
  }
  // How many entries of this type the gateway's own book has for an order.
  int booked(const std::string& order_no, std::string_view type) {
    int count = 0;
    const auto ledger = ask_sandbox("/ledger/gateway?order_no=" + order_no);
    for (const auto& entry : ledger.at("entries").as_array()) {
      count += entry.at("type").as_string() == type ? 1 : 0;
    }
    return count;
  }
  // The gateway's word about a trade's money, as its notification or its answer brings it.
  Void record_now(std::string out_trade_no, std::optional<std::string> notify_id) {
    const auto trade = co_await ask_trade(*gateway_, out_trade_no);
    if (!trade.payment) {
      ADD_FAILURE() << "not paid: " << out_trade_no;
      co_return;
    }
    auto money = *trade.payment;
    money.notify_id = notify_id;
    co_await pool_.transact([&](Transaction& tx) { last_recorded_ = record_payment(tx, money, cause()); });
  }
  Recorded notification_arrives(const std::string& out_trade_no) {
    runner_.run([&]() -> Void { co_await record_now(out_trade_no, "N-" + out_trade_no); });
    return last_recorded_;
  }

  // --- the deadline ---
  void deadline_passes() { clock_.advance(std::chrono::hours{24}); }
  boost::asio::awaitable<Closed> close_now(std::string order_no, Event why = Event::payment_timed_out) {
    co_return co_await CloseOrder(pool_, *gateway_, outbox_, refund_at())(order_no, why, cause());
  }
  Closed close(const std::string& order_no, Event why = Event::payment_timed_out) {
    auto closed = Closed::order_unknown;
    runner_.run([&]() -> Void { closed = co_await close_now(order_no, why); });
    return closed;
  }

  chassis::Expect refund_at() {
    return [this](base::Time due) { refunds_expected_.push_back(due); };
  }

  // The database refuses new rows of a table, as a full disk would.
  void refuse_inserts(const std::string& table) {
    database_.execute(
        "CREATE FUNCTION order_service.refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no more rows'; END $$");
    database_.execute("CREATE TRIGGER refuse BEFORE INSERT ON order_service." + table +
                      " FOR EACH ROW EXECUTE FUNCTION order_service.refuse()");
  }
  void allow_inserts(const std::string& table) {
    database_.execute("DROP TRIGGER refuse ON order_service." + table);
    database_.execute("DROP FUNCTION order_service.refuse()");
  }

  [[nodiscard]] std::int64_t events(const std::string& order_no, const std::string& type) {
    return number("SELECT count(*) AS n FROM outbox WHERE topic = 'order-events' AND key = '" + order_no +
                  "' AND tag = '" + type + "'");
  }
  [[nodiscard]] std::int64_t reserved() { return number("SELECT sum(reserved) AS n FROM stock"); }
  [[nodiscard]] std::int64_t sold() { return number("SELECT sum(sold) AS n FROM stock"); }

  KeyFolder keys_;
  base::ClockPage clock_{keys_ / "clock"};
  chassis::RsaPrivateKey gateway_signs_{keys_ / "gateway.pem"};
  SandboxGateway sandbox_{keys_};
  mq::net::HttpClient http_{executor()};
  Wire wire_{http_, sandbox_.url(), gateway_signs_};
  chassis::Metrics metrics_;
  chassis::Outbox outbox_{pool_, [](chassis::OutgoingMessage) -> Void { co_return; }};
  base::TaskGroup tasks_{executor()};
  std::unique_ptr<mq::net::HttpServer> server_;
  std::string url_;
  std::unique_ptr<AlipayGateway> gateway_;
  std::unique_ptr<CallbackApi> callbacks_;
  Recorded last_recorded_ = Recorded::trade_unknown;
  bool take_notifications_ = false;
  std::vector<base::Time> refunds_expected_, queries_expected_;  // what the loops were told
};

}  // namespace order
