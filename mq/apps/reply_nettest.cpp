// Requests that are messages, and their replies (rocketmq-wire.md 4.17).
#include <gtest/gtest.h>

#include <string>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using broker::testing::bodies_of;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

class ReplyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    protocol::HeartbeatData heartbeat;
    heartbeat.client_id = "waits";
    heartbeat.producers.push_back({"PG"});
    requester_.call(request_code::kHeartBeat, protocol::encode_body(heartbeat));
  }
  static protocol::Command reply_to(const std::string& client) {
    auto command = TestClient::send_request(
        {.topic = "DefaultCluster_REPLY_TOPIC",
         .body = "42",
         .properties = {{"MSG_TYPE", "reply"}, {"CORRELATION_ID", "id-1"}, {"REPLY_TO_CLIENT", client}}});
    command.code = request_code::kSendReplyMessageV2;
    return command;
  }
  std::vector<std::string> stored() {
    return bodies_of(replier_.pull("g", "DefaultCluster_REPLY_TOPIC", 0, 0).body);
  }

  Node node_;
  TestClient requester_{node_.port()}, replier_{node_.port()};
};

TEST_F(ReplyTest, TheRequesterGetsTheReplyAndThenTheReplierIsAnswered) {
  const auto opaque = replier_.start(reply_to("waits"));
  const auto pushed = requester_.next_push();
  ASSERT_TRUE(pushed);
  EXPECT_EQ(pushed->code, request_code::kPushReplyMessageToClient);
  EXPECT_EQ(pushed->body, "42");
  EXPECT_EQ(pushed->find("topic"), "DefaultCluster_REPLY_TOPIC");
  EXPECT_NE(pushed->find("properties")->find("CORRELATION_ID\x01id-1\x02"), std::string::npos);
  EXPECT_TRUE(pushed->find("bornHost")->starts_with("127.0.0.1:"));
  EXPECT_FALSE(replier_.wait(opaque, 50)) << "the requester has not taken it";
  requester_.answer(*pushed, {});
  const auto answer = replier_.wait(opaque);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, response_code::kSuccess);
  EXPECT_TRUE(answer->find("msgId"));
  EXPECT_EQ(stored(), std::vector<std::string>{"42"});
}

TEST_F(ReplyTest, ARequesterThatIsGoneOrRefusesIsTold) {
  const auto nobody = replier_.call(reply_to("nobody"));
  EXPECT_EQ(nobody.code, response_code::kSystemError);
  EXPECT_NE(nobody.remark.find("nobody"), std::string::npos);
  EXPECT_TRUE(nobody.find("MSG_REGION")) << "the Java client dereferences the fields unasked";

  const auto opaque = replier_.start(reply_to("waits"));
  const auto pushed = requester_.next_push();
  ASSERT_TRUE(pushed);
  protocol::Command refusal;
  refusal.code = response_code::kSystemError;
  requester_.answer(*pushed, refusal);
  EXPECT_EQ(replier_.wait(opaque)->code, response_code::kSystemError);
  EXPECT_TRUE(stored().empty());
}

TEST_F(ReplyTest, AReplyThatNamesNobodyIsRefused) {
  EXPECT_EQ(replier_.call(reply_to("")).code, response_code::kSystemError);
}

}  // namespace
}  // namespace mq::apps
