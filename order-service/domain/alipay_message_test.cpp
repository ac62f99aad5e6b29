#include "order-service/domain/alipay_message.hpp"

#include <gtest/gtest.h>

namespace order {
namespace {

TEST(AlipayMessageTest, SignedTextIsSortedAndLeavesEmptyValuesOut) {
  const Form form{{"b", "2"}, {"a", "1"}, {"empty", ""}, {"sign", "x"}, {"sign_type", "RSA2"}};
  EXPECT_EQ(request_text(form), "a=1&b=2&sign_type=RSA2");
  EXPECT_EQ(notification_text(form), "a=1&b=2");
}

TEST(AlipayMessageTest, SignedPartOfAnAnswerKeepsItsBytes) {
  const std::string body =
      R"({"alipay_trade_query_response":{"code":"10000",  "msg":"Success"},"sign":"QUJD"})";
  const auto parts = split_answer(body, "alipay.trade.query");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->content, R"({"code":"10000",  "msg":"Success"})");
  EXPECT_EQ(parts->signature, "QUJD");
}

TEST(AlipayMessageTest, AnswersOfAnotherShapeAreRefused) {
  EXPECT_FALSE(split_answer("", "alipay.trade.query"));
  EXPECT_FALSE(split_answer(R"({"error_response":{},"sign":"QUJD"})", "alipay.trade.query"));
  EXPECT_FALSE(split_answer(R"({"alipay_trade_query_response":{}})", "alipay.trade.query"));
  EXPECT_FALSE(split_answer(R"({"alipay_trade_query_response":,"sign":"QUJD")", "alipay.trade.query"));
}

Form notification() {
  return {{"notify_id", "n1"},       {"app_id", "app"},
          {"seller_id", "seller"},   {"out_trade_no", "O-1"},
          {"trade_no", "T1"},        {"trade_status", "TRADE_SUCCESS"},
          {"total_amount", "88.88"}, {"gmt_payment", "2026-11-21 18:30:00"}};
}

TEST(AlipayMessageTest, NotificationNeedsEveryDecidingField) {
  ASSERT_TRUE(parse_notification(notification()));
  EXPECT_EQ(parse_notification(notification())->total, Money::of_fen(8888));
  for (const auto& [key, value] : notification()) {
    if (key == "gmt_payment") continue;
    auto without = notification();
    without.erase(key);
    EXPECT_FALSE(parse_notification(without)) << key;
    auto empty = notification();
    empty[key] = "";
    EXPECT_FALSE(parse_notification(empty)) << key;
    for (const auto& bad : {std::string("\xff"), std::string("a b"), std::string("中"), std::string("a\n"),
                            std::string(129, '1')}) {
      auto odd = notification();
      odd[key] = bad;
      EXPECT_FALSE(parse_notification(odd)) << key << " " << bad;
    }
  }
}

TEST(AlipayMessageTest, OnlySuccessMeansMoney) {
  EXPECT_EQ(parse_trade_status("TRADE_SUCCESS"), TradeStatus::paid);
  EXPECT_EQ(parse_trade_status("TRADE_FINISHED"), TradeStatus::paid);
  EXPECT_EQ(parse_trade_status("WAIT_BUYER_PAY"), TradeStatus::waiting);
  EXPECT_EQ(parse_trade_status("TRADE_CLOSED"), TradeStatus::closed);
  EXPECT_EQ(parse_trade_status("trade_success"), TradeStatus::unknown);
}

TEST(AlipayMessageTest, ChannelTimeIsEightHoursAheadOfUtc) {
  EXPECT_EQ(channel_time(base::from_millis(1'767'198'600'500)), "2026-01-01 00:30:00");
}

}  // namespace
}  // namespace order
