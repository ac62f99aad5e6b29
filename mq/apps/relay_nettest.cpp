// Questions of tools that consumers answer, by way of the broker (rocketmq-wire.md 4.13).
#include <gtest/gtest.h>

#include <string>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using broker::testing::records_of;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

class RelayTest : public ::testing::Test {
 protected:
  void SetUp() override { consumer_.heartbeat("c", "g", {{"T", "*"}}); }
  static protocol::Command said(std::int32_t code, std::string body, std::string remark = {}) {
    protocol::Command answer;
    answer.code = code;
    answer.body = std::move(body);
    answer.remark = std::move(remark);
    return answer;
  }
  // The question as the consumer gets it.
  protocol::Command question(TestClient& consumer) {
    for (;;) {
      auto pushed = consumer.next_push();
      if (!pushed) return {};
      if (pushed->code != request_code::kNotifyConsumerIdsChanged) return *std::move(pushed);
    }
  }

  Node node_;
  TestClient tool_{node_.port()}, consumer_{node_.port()};
};

TEST_F(RelayTest, TheConsumersWordsPassThroughUntouched) {
  protocol::GetConsumerRunningInfoRequest request;
  request.consumer_group = "g";
  request.client_id = "c";
  request.jstack = true;
  const auto opaque = tool_.start(protocol::make_request(request));
  const auto asked = question(consumer_);
  EXPECT_EQ(asked.code, request_code::kGetConsumerRunningInfo);
  EXPECT_EQ(asked.find("clientId"), "c");
  EXPECT_EQ(asked.find("jstackEnable"), "true");
  consumer_.answer(asked, said(7, "{\"jstack\":\"…\",}", "half a word"));
  const auto answer = tool_.wait(opaque);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, 7);
  EXPECT_EQ(answer->remark, "half a word");
  EXPECT_EQ(answer->body, "{\"jstack\":\"…\",}");
}

TEST_F(RelayTest, AConsumerThatIsNotThereIsNamed) {
  protocol::GetConsumerRunningInfoRequest request;
  request.consumer_group = "g";
  request.client_id = "other";
  const auto answer = tool_.call(request);
  EXPECT_EQ(answer.code, response_code::kSystemError);
  EXPECT_NE(answer.remark.find("other"), std::string::npos);
}

TEST_F(RelayTest, AConsumerThatLeavesInsteadOfAnsweringIsNotWaitedFor) {
  auto leaving = std::make_unique<TestClient>(node_.port());
  leaving->heartbeat("d", "g", {{"T", "*"}});
  protocol::GetConsumerRunningInfoRequest request;
  request.consumer_group = "g";
  request.client_id = "d";
  const auto opaque = tool_.start(protocol::make_request(request));
  EXPECT_EQ(question(*leaving).code, request_code::kGetConsumerRunningInfo);
  leaving.reset();
  const auto answer = tool_.wait(opaque, 5000);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, response_code::kConsumeMsgTimeout);
}

TEST_F(RelayTest, AMessageIsConsumedOutOfTurn) {
  const auto sent = tool_.send({.topic = "T", .body = "again", .tag = "paid"});
  protocol::ConsumeMessageDirectlyRequest request;
  request.consumer_group = "g";
  request.msg_id = std::string(*sent.find("msgId"));
  const auto opaque = tool_.start(protocol::make_request(request));
  const auto asked = question(consumer_);
  EXPECT_EQ(asked.code, request_code::kConsumeMessageDirectly);
  EXPECT_EQ(asked.find("clientId"), "c");
  EXPECT_EQ(asked.find("brokerName"), "broker-a");
  const auto records = records_of(asked.body);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].body, "again");
  consumer_.answer(asked, said(0, "{\"consumeResult\":\"CR_SUCCESS\"}"));
  EXPECT_EQ(tool_.wait(opaque)->body, "{\"consumeResult\":\"CR_SUCCESS\"}");

  request.msg_id = "7F00000100002A9F00000000FFFFFFFF";
  EXPECT_EQ(tool_.call(request).code, response_code::kSystemError);
}

TEST_F(RelayTest, WhereConsumersBelieveToStandIsCollected) {
  TestClient other(node_.port());
  other.heartbeat("d", "g", {{"T", "*"}});
  protocol::GetConsumerStatusRequest request;
  request.topic = "T";
  request.group = "g";
  const auto opaque = tool_.start(protocol::make_request(request));
  protocol::ConsumerStatus stands;
  stands.message_queues[{"T", "broker-a", 0}] = 5;
  const auto first = question(consumer_), second = question(other);
  EXPECT_EQ(first.code, request_code::kGetConsumerStatusFromClient);
  EXPECT_FALSE(tool_.wait(opaque, 50)) << "one has not answered";
  consumer_.answer(first, said(0, protocol::encode_body(stands)));
  other.answer(second, said(1, "", "I do not know"));
  const auto answer = tool_.wait(opaque);
  ASSERT_TRUE(answer);
  const auto status = protocol::decode_body<protocol::ConsumerStatus>(answer->body);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->consumers.size(), 1U);
  EXPECT_EQ(status->consumers.at("c"), stands.message_queues);

  request.group = "nobody";
  EXPECT_EQ(tool_.call(request).code, response_code::kSystemError);
}

}  // namespace
}  // namespace mq::apps
