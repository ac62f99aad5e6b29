#include "mq/client/outgoing.hpp"

#include <gmock/gmock.h>

#include "mq/model/properties.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::client {
namespace {

using testing::HasSubstr;

Message valid() {
  Message message;
  message.topic = "T";
  message.body = "body";
  return message;
}

std::int32_t refusal_of(const Message& message) {
  try {
    (void)make_outgoing(message, "ID", 0, 4096);
  } catch (const SendError& error) {
    EXPECT_FALSE(error.outcome_unknown());
    return error.code();
  }
  return 0;
}

TEST(Outgoing, LimitsAreCheckedBeforeAnythingIsSent) {
  auto message = valid();
  EXPECT_EQ(refusal_of(message), 0);
  message.topic = "";
  EXPECT_EQ(refusal_of(message), 13);
  message.topic = "with space";
  EXPECT_EQ(refusal_of(message), 13);
  message = valid();
  message.body.assign(kBodySizeMax + 1, 'x');
  EXPECT_EQ(refusal_of(message), 13);
  message.body.clear();
  EXPECT_EQ(refusal_of(message), 13) << "a genuine broker cannot take it";
  message = valid();
  message.properties["k"] = std::string("a\x01z");
  EXPECT_EQ(refusal_of(message), 13);
  message = valid();
  message.properties["k"].assign(kPropertiesSizeMax, 'x');
  EXPECT_EQ(refusal_of(message), 13);
}

TEST(Outgoing, AMessageKeepsTheIdItBrings) {
  auto message = valid();
  EXPECT_EQ(make_outgoing(message, "NEW", 0, 4096).ids.at(0), "NEW");
  message.properties[std::string(property::kUniqueKey)] = "OLD";
  EXPECT_EQ(make_outgoing(message, "NEW", 0, 4096).ids.at(0), "OLD");
}

TEST(Outgoing, WhatCompressionDoesNotShrinkStaysAsItIs) {
  auto message = valid();
  message.body = "\x01\x7f\x33";
  EXPECT_EQ(make_outgoing(message, "ID", 0, 0).sys_flag, 0);
}

TEST(Outgoing, ARetryCarriesItsCountersInTheHeader) {
  auto message = valid();
  message.topic = "%RETRY%g";
  message.properties[std::string(property::kReconsumeTime)] = "3";
  message.properties[std::string(property::kMaxReconsumeTimes)] = "16";
  const auto outgoing = make_outgoing(message, "ID", 0, 4096);
  EXPECT_FALSE(find_property(outgoing.properties, property::kReconsumeTime));
  const auto request = send_request(outgoing, "PG", {"%RETRY%g", "a", 0});
  EXPECT_EQ(request.find("j"), "3");
  EXPECT_EQ(request.find("l"), "16");
}

TEST(Outgoing, BatchesThatBrokersWouldTakeWronglyAreRefused) {
  const auto refused = [](std::vector<Message> messages) {
    try {
      (void)make_outgoing_batch(messages, std::vector<std::string>(messages.size(), "ID"), 0);
      return false;
    } catch (const SendError& error) {
      return error.code() == 13;
    }
  };
  EXPECT_FALSE(refused({valid(), valid()}));
  EXPECT_TRUE(refused({}));
  auto other = valid();
  other.topic = "Other";
  EXPECT_TRUE(refused({valid(), other}));
  auto delayed = valid();
  deliver_after_level(delayed, 3);
  EXPECT_TRUE(refused({valid(), delayed}));
  auto timed = valid();
  deliver_at(timed, base::from_millis(1));
  EXPECT_TRUE(refused({timed}));
  auto large = valid();
  large.body.assign(kBodySizeMax / 2, 'x');
  EXPECT_TRUE(refused({large, large}));
  auto retry = valid();
  retry.topic = "%RETRY%g";
  EXPECT_TRUE(refused({retry}));
}

TEST(Outgoing, AnAnswerThatCannotBeReadIsNoReceipt) {
  const auto outgoing = make_outgoing(valid(), "ID", 0, 4096);
  protocol::Command answer;
  EXPECT_TRUE(read_receipts(outgoing, {"T", "a", 0}, answer).empty());
  answer.set("msgId", "X");
  answer.set("queueId", "1");
  answer.set("queueOffset", "7");
  const auto receipts = read_receipts(outgoing, {"T", "a", 0}, answer);
  ASSERT_EQ(receipts.size(), 1U);
  EXPECT_EQ(receipts[0].queue, (MessageQueue{"T", "a", 1}));
  EXPECT_EQ(receipts[0].offset, QueueOffset{7});
  answer.code = protocol::response_code::kSystemError;
  EXPECT_TRUE(read_receipts(outgoing, {"T", "a", 0}, answer).empty());
}

TEST(Outgoing, DelayLevelsAreOneToEighteen) {
  auto message = valid();
  EXPECT_THROW(deliver_after_level(message, 0), std::invalid_argument);
  EXPECT_THROW(deliver_after_level(message, 19), std::invalid_argument);
  deliver_after_level(message, 18);
  EXPECT_EQ(message.properties.at("DELAY"), "18");
}

}  // namespace
}  // namespace mq::client
