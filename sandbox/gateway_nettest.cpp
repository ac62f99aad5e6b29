#include "sandbox/gateway.hpp"

#include <gmock/gmock.h>

#include "sandbox/gateway_fixture.hpp"

namespace sandbox {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

// The notifications: what a merchant hears of a paid trade, and when.
class GatewayNotificationsTest : public GatewayTest {
 protected:
  void pay_a_trade() {
    create();
    ASSERT_EQ(pay(), 303);
  }
  bool is_heard(std::size_t times) {
    return host().eventually([&] { return receiver().heard().size() >= times; });
  }
  bool is_over() {
    return host().eventually([this] { return entries("notify_ended") == 1; });
  }
  bool was_taken() { return ledger().back().at("taken").as_bool(); }
  Form heard_form(std::size_t n) { return mq::net::parse_form(receiver().heard().at(n).body); }
};

TEST_F(GatewayNotificationsTest, AnUnpaidTradeIsNoNews) {
  create();
  EXPECT_EQ(next_due(), std::nullopt);
  EXPECT_THAT(receiver().heard(), SizeIs(0));
}

TEST_F(GatewayNotificationsTest, APaidTradeIsToldOnceWhenItIsTaken) {
  receiver().answer(200, "success");
  pay_a_trade();
  ASSERT_TRUE(is_over());
  EXPECT_TRUE(was_taken());
  EXPECT_THAT(receiver().heard(), SizeIs(1));
  EXPECT_EQ(next_due(), std::nullopt);
}

TEST_F(GatewayNotificationsTest, TheNotificationIsSignedWithoutSignAndSignTypeAndSaysWhatWasPaid) {
  pay_a_trade();
  ASSERT_TRUE(is_heard(1));
  auto form = heard_form(0);
  EXPECT_TRUE(gateway_key_->verify(text_to_sign(form, "sign", "sign_type"), form["sign"]));
  EXPECT_FALSE(gateway_key_->verify(text_to_sign(form, "sign"), form["sign"])) << "as a call is signed";
  EXPECT_EQ(form["out_trade_no"], "A-1");
  EXPECT_EQ(form["trade_no"], query().at("trade_no").as_string());
  EXPECT_EQ(form["trade_status"], "TRADE_SUCCESS");
  EXPECT_EQ(form["total_amount"], "123.45");
  EXPECT_EQ(form["app_id"], GatewayConfig{}.app_id);
  EXPECT_EQ(form["seller_id"], GatewayConfig{}.seller_id);
  EXPECT_EQ(form["subject"], "茶 & <tea>");
  for (auto& [name, value] : form) {
    if (name == "sign" || name == "sign_type") continue;
    auto altered = form;
    altered[name] += "1";
    EXPECT_FALSE(gateway_key_->verify(text_to_sign(altered, "sign", "sign_type"), form["sign"])) << name;
  }
}

// Eight tries in 24 h 24 min, as the real one documents.
TEST_F(GatewayNotificationsTest, WhatIsNotTakenComesAgainOnTheScheduleUnderOneIdUntilItEnds) {
  pay_a_trade();
  const std::vector<std::chrono::milliseconds> pauses{4min, 10min, 10min, 1h, 2h, 6h, 15h};
  for (std::size_t tries = 1; tries <= pauses.size(); ++tries) {
    ASSERT_TRUE(is_heard(tries));
    const auto due = next_due().value();
    EXPECT_THAT(receiver().heard(), SizeIs(tries)) << "nobody is about to send";
    EXPECT_GE(due, receiver().heard().back().at + pauses[tries - 1]);
    EXPECT_LE(due, host().now() + pauses[tries - 1]);
    advance_to(due);
  }
  ASSERT_TRUE(is_over());
  EXPECT_FALSE(was_taken());
  EXPECT_EQ(next_due(), std::nullopt) << "it gives up";
  EXPECT_THAT(receiver().heard(), SizeIs(8));
  for (std::size_t n = 1; n < 8; ++n) EXPECT_EQ(heard_form(n)["notify_id"], heard_form(0)["notify_id"]);
}

TEST_F(GatewayNotificationsTest, OnlyTheExactWordIsTaken) {
  const std::vector<std::pair<int, std::string>> wrong{
      {200, "success\n"}, {200, " success"}, {200, "SUCCESS"}, {200, "ok"}, {200, ""},
      {200, "fail"},      {500, "success"},  {302, "success"}, {204, ""}};
  pay_a_trade();
  ASSERT_TRUE(is_heard(1));
  // Of the eight tries each gets one; the schedule goes on after every one of them.
  for (std::size_t n = 0; n < 6; ++n) {
    receiver().answer(wrong[n].first, wrong[n].second);
    advance_to(next_due().value());
    ASSERT_TRUE(is_heard(n + 2));
    next_due();
    EXPECT_EQ(entries("notify_ended"), 0U) << wrong[n].second;
  }
  create("B-1");
  pay("B-1");
  ASSERT_TRUE(is_heard(8));
  for (std::size_t n = 6; n < wrong.size(); ++n) {
    receiver().answer(wrong[n].first, wrong[n].second);
    const auto before = receiver().heard().size();
    advance_to(next_due().value());
    ASSERT_TRUE(is_heard(before + 1));
    next_due();
    EXPECT_THAT(ledger("B-1"), SizeIs(2)) << wrong[n].first;
  }
}

TEST_F(GatewayNotificationsTest, ANotificationThatWasNotTakenIsOwedAfterARestart) {
  pay_a_trade();
  ASSERT_TRUE(is_heard(1));
  const auto id = heard_form(0)["notify_id"];
  end();
  begin();
  ASSERT_TRUE(is_heard(1));
  EXPECT_EQ(heard_form(0)["notify_id"], id);
  receiver().answer(200, "success");
  advance_to(next_due().value());
  ASSERT_TRUE(is_over());
  EXPECT_TRUE(was_taken());
  end();
  begin();
  EXPECT_EQ(next_due(), std::nullopt);
  EXPECT_THAT(receiver().heard(), SizeIs(0)) << "and none that was";
}

// The faults are those of calls to the gateway, not of its own.
TEST_F(GatewayNotificationsTest, AGatewayThatFailsItsCallersStillNotifies) {
  create();
  parties().misbehave("gateway", R"({"mode":"fail"})");
  receiver().answer(200, "success");
  ASSERT_EQ(pay(), 303);
  EXPECT_TRUE(is_over());
}

// The listener took a free port: only then is known where the page is.
TEST_F(GatewayTest, ThePayPageIsWhereTheListenerIsUnlessItWasSaid) {
  const auto page_of = [this](const std::string& trade) {
    return std::string(create(trade).at("qr_code").as_string());
  };
  gateway_->be_found_at("http://elsewhere");
  EXPECT_EQ(page_of("A-1"), "http://cashier/alipay/pay/A-1") << "it was said";
  end();
  public_url_.clear();
  begin();
  gateway_->be_found_at(parties().url());
  EXPECT_EQ(page_of("A-2"), parties().url() + "/alipay/pay/A-2");
}

}  // namespace
}  // namespace sandbox
