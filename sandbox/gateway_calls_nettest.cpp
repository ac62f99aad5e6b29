#include <gmock/gmock.h>

#include "sandbox/gateway_fixture.hpp"

namespace sandbox {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class GatewayCallsTest : public GatewayTest {};

TEST_F(GatewayCallsTest, ATradeIsMadePaidAndAskedFor) {
  const auto made = create();
  EXPECT_EQ(word(made), "10000");
  EXPECT_EQ(made.at("qr_code"), "http://cashier/alipay/pay/A-1");
  EXPECT_EQ(query().at("trade_status"), "WAIT_BUYER_PAY");
  EXPECT_EQ(pay(), 303);
  const auto paid = query();
  EXPECT_EQ(paid.at("trade_status"), "TRADE_SUCCESS");
  EXPECT_EQ(paid.at("total_amount"), "123.45");
  EXPECT_EQ(pay(), 303) << "a second click";
  EXPECT_EQ(entries("paid"), 1U);
}

TEST_F(GatewayCallsTest, TheSameTradeIsMadeOnce) {
  EXPECT_EQ(create(), create());
  EXPECT_EQ(entries("precreate"), 1U);
  EXPECT_EQ(word(create("A-1", "123.46")), "ACQ.CONTEXT_INCONSISTENT");
  EXPECT_EQ(word(query("A-2")), "ACQ.TRADE_NOT_EXIST");
}

TEST_F(GatewayCallsTest, AClosedTradeTakesNoMoney) {
  EXPECT_EQ(word(call("close", {{"out_trade_no", "A-1"}})), "ACQ.TRADE_NOT_EXIST");
  create();
  EXPECT_EQ(word(call("close", {{"out_trade_no", "A-1"}})), "10000");
  EXPECT_EQ(word(call("close", {{"out_trade_no", "A-1"}})), "10000");
  EXPECT_EQ(query().at("trade_status"), "TRADE_CLOSED");
  EXPECT_EQ(pay(), 409);
  EXPECT_EQ(entries("closed"), 1U);
  EXPECT_EQ(entries("paid"), 0U);
}

TEST_F(GatewayCallsTest, APaidTradeIsNotClosed) {
  create();
  pay();
  EXPECT_EQ(word(call("close", {{"out_trade_no", "A-1"}})), "ACQ.TRADE_STATUS_ERROR");
}

TEST_F(GatewayCallsTest, TheTimeToPayEndsOnTheBusinessClock) {
  create();
  host().advance(1h);
  EXPECT_EQ(pay(), 409);
  parties().misbehave("gateway", R"({"ignore_expiry":true})");
  EXPECT_EQ(pay(), 303);
}

TEST_F(GatewayCallsTest, AGatewayThatTakesMoneyLateDoesSoAfterTheClose) {
  create();
  call("close", {{"out_trade_no", "A-1"}});
  parties().misbehave("gateway", R"({"late_pay":true})");
  EXPECT_EQ(pay(), 303);
  EXPECT_EQ(query().at("trade_status"), "TRADE_SUCCESS");
}

TEST_F(GatewayCallsTest, ARefundIsIdempotentByItsNumber) {
  create();
  EXPECT_EQ(word(refund("R1", "23.45")), "ACQ.TRADE_STATUS_ERROR") << "nothing was paid";
  pay();
  const auto first = refund("R1", "23.45");
  EXPECT_EQ(first.at("fund_change"), "Y");
  EXPECT_EQ(first.at("refund_fee"), "23.45");
  const auto again = refund("R1", "23.45");
  EXPECT_EQ(again.at("fund_change"), "N") << "no money moved a second time";
  EXPECT_EQ(again.at("refund_fee"), "23.45");
  EXPECT_EQ(word(refund("R1", "23.44")), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
  EXPECT_EQ(word(refund("R2", "100.01")), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
  EXPECT_EQ(refund("R2", "100.00").at("refund_fee"), "123.45");
  EXPECT_EQ(entries("refunded"), 2U);
  const auto summary = boost::json::parse(parties().get("/ledger/gateway/summary").body);
  EXPECT_EQ(summary, boost::json::parse(R"({"trades":1,"paid_fen":12345,"refunded_fen":12345})"));
}

TEST_F(GatewayCallsTest, ARefundIsAskedForByItsNumber) {
  create();
  pay();
  const auto ask = [this](const std::string& request_no) {
    return call("fastpay.refund.query", {{"out_trade_no", "A-1"}, {"out_request_no", request_no}});
  };
  EXPECT_FALSE(ask("R1").contains("refund_status"));
  refund("R1", "1.00");
  EXPECT_EQ(ask("R1").at("refund_status"), "REFUND_SUCCESS");
  EXPECT_EQ(ask("R1").at("refund_amount"), "1.00");
  EXPECT_FALSE(ask("R2").contains("refund_status"));
}

// It did what we asked and we did not hear it: the query tells, and the repeat moves nothing.
TEST_F(GatewayCallsTest, ARefundWhoseAnswerIsLostMovesMoneyOnce) {
  create();
  pay();
  parties().misbehave("gateway", R"({"mode":"done_but_silent"})");
  const auto form = signed_form("alipay.trade.refund",
                                R"({"out_trade_no":"A-1","out_request_no":"R1","refund_amount":"1.00"})");
  const auto lost = [&]() -> boost::asio::awaitable<mq::net::HttpResponse> {
    co_return co_await parties().http().send("POST", parties().url() + "/alipay/gateway.do", {},
                                             encode_form(form), base::deadline_in(300ms));
  };
  EXPECT_THROW(host().call(lost), boost::system::system_error);
  EXPECT_TRUE(host().eventually([this] { return entries("refunded") == 1; }));
  parties().heal();
  EXPECT_EQ(refund("R1", "1.00").at("fund_change"), "N");
  EXPECT_EQ(entries("refunded"), 1U);
}

TEST_F(GatewayCallsTest, ABusyGatewaySaysSoAndDoesNothing) {
  parties().misbehave("gateway", R"({"mode":"fail"})");
  const auto answer =
      parties().post("/alipay/gateway.do", encode_form(signed_form("alipay.trade.precreate", "{}")));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("\"20000\""));
  EXPECT_THAT(ledger(), IsEmpty());
}

TEST_F(GatewayCallsTest, WhoeverIsNotTheMerchantIsRefused) {
  const std::string content = R"({"out_trade_no":"A-1"})";
  const auto good = signed_form("alipay.trade.query", content);
  const auto with = [&](const std::string& name, const std::string& value) {
    auto form = good;
    form[name] = value;
    return word(send(form));
  };
  EXPECT_EQ(word(send(good)), "ACQ.TRADE_NOT_EXIST") << "or the test shows nothing";
  EXPECT_EQ(with("sign", ""), "isv.invalid-signature");
  EXPECT_EQ(with("sign", "AAAA"), "isv.invalid-signature");
  EXPECT_EQ(with("sign_type", "RSA"), "isv.invalid-signature");
  EXPECT_EQ(with("method", "alipay.trade.close"), "isv.invalid-signature")
      << "another call, the same signature";
  EXPECT_EQ(with("biz_content", R"({"out_trade_no":"A-2"})"), "isv.invalid-signature");
  EXPECT_EQ(with("added", "1"), "isv.invalid-signature");
  EXPECT_EQ(with("app_id", "2021000000000002"), "isv.invalid-app-id");
  EXPECT_EQ(word(send({})), "isv.invalid-app-id");
}

TEST_F(GatewayCallsTest, WhatCannotBeMeantHasAClearError) {
  const auto say = [this](const std::string& method, const std::string& content) {
    return word(send(signed_form(method, content)));
  };
  EXPECT_EQ(say("alipay.trade.transfer", R"({"out_trade_no":"A-1"})"), "isv.invalid-method");
  for (const auto* content : {"", "hello", "[]", "{}", R"({"out_trade_no":""})", R"({"out_trade_no":1})"}) {
    EXPECT_EQ(say("alipay.trade.query", content), "isv.invalid-parameter") << content;
  }
  const auto made = [&](const std::string& amount, const std::string& expire) {
    return say("alipay.trade.precreate", R"({"out_trade_no":"A-1","subject":"t","total_amount":")" + amount +
                                             R"(","time_expire":")" + expire + "\"}");
  };
  EXPECT_EQ(made("1.0", "2030-01-01 00:00:00"), "isv.invalid-parameter");
  EXPECT_EQ(made("-1.00", "2030-01-01 00:00:00"), "isv.invalid-parameter");
  EXPECT_EQ(made("1.00", "tomorrow"), "isv.invalid-parameter");
  EXPECT_EQ(made("0.00", "2030-01-01 00:00:00"), "ACQ.TOTAL_FEE_EXCEED");
  EXPECT_EQ(say("alipay.trade.refund", R"({"out_trade_no":"A-1","refund_amount":"1.00"})"),
            "isv.invalid-parameter");
  EXPECT_EQ(say("alipay.trade.refund", R"({"out_trade_no":"A-1","out_request_no":"R"})"),
            "isv.invalid-parameter");
  EXPECT_THAT(ledger(), IsEmpty());
  EXPECT_EQ(parties().get("/ledger/gateway").status, 400);
}

TEST_F(GatewayCallsTest, TheCashierShowsWhatIsBoughtAsTextOnly) {
  EXPECT_EQ(parties().get("/alipay/pay/A-1").status, 404);
  EXPECT_EQ(pay(), 404);
  create();
  const auto page = parties().get("/alipay/pay/A-1").body;
  EXPECT_THAT(page, HasSubstr("茶 &amp; &lt;tea&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<tea>")));
  EXPECT_THAT(page, HasSubstr("¥123.45"));
  EXPECT_THAT(page, HasSubstr("<button>"));
  pay();
  EXPECT_THAT(parties().get("/alipay/pay/A-1").body, Not(HasSubstr("<button>")));
}

TEST_F(GatewayCallsTest, ARestartForgetsNothing) {
  create();
  pay();
  refund("R1", "1.00");
  const auto before = query();
  const auto noted = ledger();
  end();
  begin();
  EXPECT_EQ(query(), before);
  EXPECT_EQ(refund("R1", "1.00").at("fund_change"), "N");
  EXPECT_EQ(word(create()), "ACQ.TRADE_HAS_SUCCESS");
  EXPECT_THAT(ledger(), SizeIs(::testing::Ge(noted.size())));
}

}  // namespace
}  // namespace sandbox
