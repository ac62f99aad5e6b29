#include "mq/client/redrive.hpp"

#include <gtest/gtest.h>

namespace mq::client {
namespace {

ReceivedMessage dead_letter() {
  ReceivedMessage dead;
  dead.topic = "%DLQ%g";
  dead.tag = "paid";
  dead.keys = "order-1";
  dead.body = "body";
  dead.properties = {{"UNIQ_KEY", "ID"},        {"RETRY_TOPIC", "orders"}, {"DELAY", "3"},
                     {"TIMER_DELIVER_MS", "1"}, {"TRAN_MSG", "true"},      {"MAX_RECONSUME_TIMES", "16"},
                     {"colour", "red"}};
  return dead;
}

TEST(RedriveTest, ToItsGroupItGoesThroughTheRetryTopicUnderTheNameOfItsOwn) {
  const auto message = redriven_to_group(dead_letter(), "g");
  EXPECT_EQ(message.topic, "%RETRY%g");
  EXPECT_EQ(message.properties.at("RETRY_TOPIC"), "orders");
}

TEST(RedriveTest, ToItsTopicItGoesAsAtFirst) {
  const auto message = redriven_to_topic(dead_letter());
  EXPECT_EQ(message.topic, "orders");
  EXPECT_FALSE(message.properties.contains("RETRY_TOPIC"));
  EXPECT_EQ(message.body, "body");
  EXPECT_EQ(message.tag, "paid");
  EXPECT_EQ(message.keys, "order-1");
}

TEST(RedriveTest, ItKeepsItsIdAndLosesWhatWouldDelayOrHideItAgain) {
  for (const auto& message : {redriven_to_group(dead_letter(), "g"), redriven_to_topic(dead_letter())}) {
    EXPECT_EQ(message.properties.at("UNIQ_KEY"), "ID");
    EXPECT_EQ(message.properties.at("colour"), "red");
    for (const auto* name : {"DELAY", "TIMER_DELIVER_MS", "TRAN_MSG", "MAX_RECONSUME_TIMES"}) {
      EXPECT_FALSE(message.properties.contains(name)) << name;
    }
  }
}

TEST(RedriveTest, WhereItCameFromMayBeUnknown) {
  auto dead = dead_letter();
  dead.properties.erase("RETRY_TOPIC");
  EXPECT_EQ(origin_topic(dead), "");
  EXPECT_EQ(redriven_to_topic(dead).topic, "");
}

}  // namespace
}  // namespace mq::client
