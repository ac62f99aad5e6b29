#include "order-service/callback_api.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "order-service/config.hpp"
#include "order-service/payments_fixture.hpp"
#include "sandbox/channel_text.hpp"

namespace order {
namespace {

using ::testing::HasSubstr;

// Notifications are written and signed here with the gateway's key and the sandbox's code, not with the
// code under test, and posted to the real listener.
class CallbackApiTest : public PaymentsTest {
 protected:
  void SetUp() override {
    PaymentsTest::SetUp();
    take_notifications_ = true;
    trade_ = open_trade("A");
  }

  [[nodiscard]] Form notification() const {
    return {{"notify_time", "2026-11-21 18:30:00"},
            {"notify_type", "trade_status_sync"},
            {"notify_id", "2026112100222183000012345"},
            {"app_id", "2021000000000001"},
            {"charset", "utf-8"},
            {"version", "1.0"},
            {"sign_type", "RSA2"},
            {"trade_no", "2026112122001412345"},
            {"out_trade_no", trade_},
            {"seller_id", "2088000000000001"},
            {"buyer_id", "2088102100000000"},
            {"trade_status", "TRADE_SUCCESS"},
            {"total_amount", "336.00"},
            {"gmt_payment", "2026-11-21 18:29:59"},
            {"subject", "茶 & cup = 2"}};
  }
  [[nodiscard]] Form with(const std::string& field, const std::string& value) const {
    auto form = notification();
    form[field] = value;
    return form;
  }
  [[nodiscard]] Form without(const std::string& field) const {
    auto form = notification();
    form.erase(field);
    return form;
  }
  [[nodiscard]] Form sign(Form form) const {
    form["sign"] = gateway_signs_.sign(sandbox::text_to_sign(form, "sign", "sign_type"));
    return form;
  }

  mq::net::HttpResponse post_body(const std::string& body) {
    mq::net::HttpResponse answer;
    runner_.run([&]() -> Void {
      answer = co_await http_.send("POST", url_ + "/callbacks/alipay",
                                   {{"content-type", "application/x-www-form-urlencoded;charset=utf-8"}},
                                   body, base::deadline_in(std::chrono::seconds{60}));
    });
    return answer;
  }
  mq::net::HttpResponse post(const Form& form) { return post_body(sandbox::encode_form(form)); }

  void expect_success(const mq::net::HttpResponse& answer) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "success") << "seven letters and nothing else, or the gateway sends it again";
  }
  void expect_failure(const mq::net::HttpResponse& answer, int status) {
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, "failure");
  }
  std::int64_t rows(const std::string& table) { return number("SELECT count(*) AS n FROM " + table); }
  void expect_no_trace() {
    EXPECT_EQ(rows("payment_notify") + rows("payment_anomaly") + rows("payment") + rows("refund"), 0);
    EXPECT_EQ(state_of("A"), State::pending_payment);
  }
  void expect_kept_for_a_person() {
    EXPECT_EQ(rows("payment_anomaly"), 1);
    EXPECT_EQ(rows("payment"), 0);
    EXPECT_EQ(state_of("A"), State::pending_payment);
  }

  std::string trade_;
};

TEST_F(CallbackApiTest, AGenuineNotificationPaysTheOrder) {
  expect_success(post(sign(notification())));
  EXPECT_EQ(state_of("A"), State::paid);
  EXPECT_EQ(events("A", "OrderPaid"), 1);
  EXPECT_EQ(sold(), 2);
  EXPECT_THAT(refunds_expected_, ::testing::IsEmpty());
}

TEST_F(CallbackApiTest, TheSandboxsOwnNotificationIsTaken) {
  runner_.run([&]() -> Void {
    co_await pay_at_gateway(trade_);
    const auto patience = base::deadline_in(std::chrono::seconds{60});
    auto state = State::pending_payment;
    while (state != State::paid && std::chrono::steady_clock::now() < patience) {
      co_await base::sleep_for(std::chrono::milliseconds{5});
      state = co_await pool_.transact([](Transaction& tx) { return find_order(tx, "A")->state; });
    }
  });
  EXPECT_EQ(state_of("A"), State::paid);
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(outcome="paid"} 1)"));
}

// Whatever is sent without the gateway's key is refused before anything is looked up.
TEST_F(CallbackApiTest, AWrongSignatureIsRefusedUnread) {
  const auto genuine = sign(notification());
  const auto changed = [&](const std::string& field, const std::string& value) {
    auto form = genuine;
    form[field] = value;
    return form;
  };
  auto ours = notification();
  ours["sign"] = chassis::RsaPrivateKey(keys_ / "merchant.pem").sign(notification_text(ours));
  auto as_a_request = notification();
  as_a_request["sign"] = gateway_signs_.sign(request_text(as_a_request));
  auto cut = genuine;
  cut.erase("buyer_id");

  const auto before = pool_.stats().transactions;
  for (const auto& form :
       {notification(), changed("sign", ""), changed("sign", "no base64!"), changed("sign", "QUJD"),
        changed("total_amount", "336.01"), changed("trade_status", "TRADE_FINISHED"),
        changed("out_trade_no", "B-1"), changed("fund_bill_list", "[]"), changed("sign_type", "RSA"),
        changed("sign_type", ""), cut, ours, as_a_request, Form{}}) {
    expect_failure(post(form), 401);
  }
  EXPECT_EQ(pool_.stats().transactions, before) << "the database was asked";
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(outcome="bad_signature"} 14)"));
  expect_no_trace();
}

TEST_F(CallbackApiTest, ABodyThatIsNoSignedFormIsRefused) {
  const auto genuine = sandbox::encode_form(sign(notification()));
  for (const std::string& body :
       {std::string(), std::string("{\"trade_status\":\"TRADE_SUCCESS\"}"), std::string("&&=&%%%zz=\xff"),
        std::string(1000, '&'), genuine.substr(1), "total_amount=0.01&" + genuine}) {
    expect_failure(post_body(body), 401);
  }
  expect_no_trace();
}

// The first of a doubled field counts, for the signature and for what is read alike.
TEST_F(CallbackApiTest, AFieldPutBehindChangesNothing) {
  expect_success(post_body(sandbox::encode_form(sign(notification())) + "&total_amount=0.01"));
  EXPECT_EQ(number("SELECT amount_fen AS n FROM payment"), 33600);
}

TEST_F(CallbackApiTest, AnotherApplicationsNotificationIsKeptForAPerson) {
  expect_success(post(sign(with("app_id", "2021000000000002"))));
  expect_kept_for_a_person();
}

TEST_F(CallbackApiTest, AnotherSellersNotificationIsKeptForAPerson) {
  const auto form = sign(with("seller_id", "2088000000000002"));
  expect_success(post(form));
  expect_success(post(form));
  expect_kept_for_a_person();
}

TEST_F(CallbackApiTest, AWrongAmountIsTakenAndGoesBack) {
  for (const std::string amount : {"335.99", "336.01", "3.36", "33600"}) {
    auto form = with("total_amount", amount);
    form["notify_id"] = "N" + amount;
    form["trade_no"] = "T" + amount;
    expect_success(post(sign(form)));
  }
  EXPECT_EQ(state_of("A"), State::pending_payment);
  EXPECT_EQ(rows("payment_anomaly"), 4);
  EXPECT_EQ(refunds_expected_.size(), 4U) << "a refund is due, and whoever moves the clock must know";
  EXPECT_EQ(number("SELECT count(*) AS n FROM refund WHERE reason = 'MISMATCH'"), 4);
  EXPECT_EQ(number("SELECT sum(amount_fen) AS n FROM refund"), 33599 + 33601 + 336 + 3360000);
}

TEST_F(CallbackApiTest, APaymentOfNothingIsKeptForAPerson) {
  expect_success(post(sign(with("total_amount", "0.00"))));
  expect_kept_for_a_person();
}

TEST_F(CallbackApiTest, AnUnknownTradeComesAgainUntilItIsKnown) {
  ASSERT_EQ(place("B", {{"SKU-1001", 2}}), Placed::created);
  const auto form = sign(with("out_trade_no", "B-1"));
  expect_failure(post(form), 404);
  expect_no_trace();
  ASSERT_EQ(open_trade("B"), "B-1");
  expect_success(post(form));
  EXPECT_EQ(state_of("B"), State::paid);
}

TEST_F(CallbackApiTest, EveryFieldThatDecidesMustBeThere) {
  for (const std::string field :
       {"notify_id", "app_id", "seller_id", "out_trade_no", "trade_no", "trade_status", "total_amount"}) {
    expect_failure(post(sign(without(field))), 400);
    expect_failure(post(sign(with(field, std::string("\0", 1)))), 400);
    expect_failure(post(sign(with(field, "\xff\xfe"))), 400);
    expect_failure(post(sign(with(field, std::string(300, '1')))), 400);
  }
  for (const std::string amount :
       {"336.0", "336.000", "-336.00", "+336.00", " 336.00", "3.36e2", "99999999999.00"}) {
    expect_failure(post(sign(with("total_amount", amount))), 400);
  }
  expect_no_trace();
}

// Text in GBK is signed over its own bytes. What decides is ASCII in every charset.
TEST_F(CallbackApiTest, TheCharsetOfWhatIsNotReadDoesNotMatter) {
  auto form = with("charset", "GBK");
  form["subject"] = "\xb2\xe8";
  expect_success(post(sign(form)));
  EXPECT_EQ(state_of("A"), State::paid);
}

TEST_F(CallbackApiTest, OnlySuccessIsMoney) {
  int n = 0;
  for (const std::string status : {"WAIT_BUYER_PAY", "TRADE_CLOSED"}) {
    auto form = with("trade_status", status);
    form["notify_id"] = "N" + std::to_string(n++);
    expect_success(post(sign(form)));
  }
  EXPECT_EQ(rows("payment_notify"), 2);
  EXPECT_EQ(rows("payment") + rows("payment_anomaly"), 0);
  expect_success(post(sign(with("trade_status", "trade_success"))));
  expect_kept_for_a_person();
  auto finished = with("trade_status", "TRADE_FINISHED");
  finished["notify_id"] = "N-finished";
  expect_success(post(sign(finished)));
  EXPECT_EQ(state_of("A"), State::paid);
  auto closed = with("trade_status", "TRADE_CLOSED");
  closed["notify_id"] = "N-closed";
  expect_success(post(sign(closed)));
  EXPECT_EQ(state_of("A"), State::paid) << "the gateway closes a trade when it is refunded in full";
}

// The id names the notification, not its money.
TEST_F(CallbackApiTest, AnIdSeenWithoutMoneyDoesNotHideTheMoney) {
  expect_success(post(sign(with("trade_status", "WAIT_BUYER_PAY"))));
  expect_success(post(sign(notification())));
  EXPECT_EQ(state_of("A"), State::paid);
}

TEST_F(CallbackApiTest, AnIdSeenWithoutMoneyDoesNotHideWhatAPersonHasToSee) {
  expect_success(post(sign(with("trade_status", "WAIT_BUYER_PAY"))));
  expect_success(post(sign(with("trade_status", "TRADE_PENDING_REVIEW"))));
  expect_kept_for_a_person();
}

TEST_F(CallbackApiTest, AReplayIsAnsweredAndChangesNothing) {
  const auto form = sign(notification());
  auto other_id = notification();
  other_id["notify_id"] = "another";
  expect_success(post(form));
  expect_success(post(form));
  expect_success(post(sign(other_id)));
  clock_.advance(std::chrono::hours{25});
  expect_success(post(form));
  EXPECT_EQ(rows("payment"), 1);
  EXPECT_EQ(rows("refund"), 0);
  EXPECT_EQ(events("A", "OrderPaid"), 1);
  EXPECT_EQ(sold(), 2);
}

TEST_F(CallbackApiTest, TwentyCopiesAtOnceAreOnePayment) {
  const auto body = sandbox::encode_form(sign(notification()));
  run_at_once(20, [&](int) -> Void {
    const auto answer = co_await http_.send("POST", url_ + "/callbacks/alipay", {}, body,
                                            base::deadline_in(std::chrono::seconds{60}));
    EXPECT_EQ(answer.body, "success");
  });
  EXPECT_EQ(rows("payment"), 1);
  EXPECT_EQ(events("A", "OrderPaid"), 1);
}

TEST_F(CallbackApiTest, WhatIsNotCommittedIsNotAnsweredWithSuccess) {
  const auto form = sign(notification());
  refuse_inserts("outbox");
  const auto answer = post(form);
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("success")));
  expect_no_trace();
  allow_inserts("outbox");
  expect_success(post(form));
  EXPECT_EQ(state_of("A"), State::paid);
}

TEST_F(CallbackApiTest, AnOrderThatIsBusyComesAgain) {
  database_.execute("BEGIN");
  database_.query("SELECT FROM orders WHERE order_no = 'A' FOR UPDATE");
  EXPECT_EQ(post(sign(notification())).status, 500);
  database_.execute("ROLLBACK");
  expect_success(post(sign(notification())));
}

TEST_F(CallbackApiTest, TheListenerHasItsLimits) {
  const OrderConfig config;
  EXPECT_EQ(config.callbacks.body_max, CallbackApi::kBodyMax);
  EXPECT_EQ(config.callbacks.read_max, CallbackApi::kReadMax);
  auto large = notification();
  large["body"] = std::string(CallbackApi::kBodyMax, 'x');
  EXPECT_EQ(post(sign(large)).status, 413);
  expect_no_trace();
  large["body"] = std::string(CallbackApi::kBodyMax / 2, 'x');
  expect_success(post(sign(large)));
}

TEST_F(CallbackApiTest, ASenderThatDawdlesIsCutOff) {
  namespace asio = boost::asio;
  std::string heard;
  runner_.run([&]() -> Void {
    asio::ip::tcp::socket socket(executor());
    const auto port = static_cast<std::uint16_t>(std::stoi(url_.substr(url_.rfind(':') + 1)));
    co_await socket.async_connect({asio::ip::make_address(SandboxGateway::ip()), port}, asio::use_awaitable);
    const std::string head =
        "POST /callbacks/alipay HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nsign=";
    co_await asio::async_write(socket, asio::buffer(head), asio::use_awaitable);
    boost::system::error_code end;
    co_await asio::async_read(socket, asio::dynamic_buffer(heard),
                              asio::redirect_error(asio::use_awaitable, end));
  });
  EXPECT_THAT(heard, ::testing::StartsWith("HTTP/1.1 408"));
}

TEST_F(CallbackApiTest, NothingButNotificationsIsServedHere) {
  runner_.run([&]() -> Void {
    for (const auto& [method, path, status] :
         {std::tuple{"GET", "/callbacks/alipay", 405}, std::tuple{"POST", "/callbacks/wechat", 404},
          std::tuple{"GET", "/orders", 404}, std::tuple{"GET", "/metrics", 404}}) {
      const auto answer =
          co_await http_.send(method, url_ + path, {}, "", base::deadline_in(std::chrono::seconds{60}));
      EXPECT_EQ(answer.status, status) << method << path;
    }
  });
}

}  // namespace
}  // namespace order
