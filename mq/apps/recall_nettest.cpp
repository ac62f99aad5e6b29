// Timer messages that are taken back (rocketmq-wire.md 4.8).
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/recall_handle.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using namespace std::chrono_literals;
using broker::testing::bodies_of;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
using Bodies = std::vector<std::string>;
namespace response_code = protocol::response_code;

BrokerConfig with_recall() {
  auto config = Node::test_config();
  config.recall = true;
  return config;
}

class RecallTest : public ::testing::Test {
 protected:
  // Its recall handle.
  std::string send_later(const std::string& body, std::chrono::seconds delay) {
    const auto sent = client_.send(
        {.topic = "T",
         .body = body,
         .properties = {{"UNIQ_KEY", body}, {"TIMER_DELAY_SEC", std::to_string(delay.count())}}});
    EXPECT_EQ(sent.code, response_code::kSuccess) << sent.remark;
    return std::string(sent.find("recallHandle").value_or(""));
  }
  static protocol::RecallMessageRequest request(const std::string& handle) {
    protocol::RecallMessageRequest recall;
    recall.topic = "T";
    recall.recall_handle = handle;
    return recall;
  }
  std::int32_t recall(const std::string& handle) { return client_.call(request(handle)).code; }
  // What came, once the last one of all has.
  static Bodies until_last(TestClient& client) {
    for (int i = 0; i < 1000; ++i) {
      auto bodies = bodies_of(client.pull("g", "T", 0, 0).body);
      if (!bodies.empty() && bodies.back() == "last") return bodies;
      std::this_thread::sleep_for(5ms);
    }
    return {"the last one did not come"};
  }

  Node node_{with_recall()};
  TestClient client_{node_.port()};
};

TEST_F(RecallTest, ARecalledMessageIsNeverDelivered) {
  send_later("first", 10s);
  const auto handle = send_later("recalled", 20s);
  send_later("last", 30s);
  const auto answer = client_.call(request(handle));
  ASSERT_EQ(answer.code, response_code::kSuccess) << answer.remark;
  EXPECT_EQ(answer.find("msgId"), "recalled");
  EXPECT_EQ(recall(handle), response_code::kSuccess) << "again is the same as once";
  node_.clock.advance(1min);
  EXPECT_EQ(until_last(client_), (Bodies{"first", "last"}));
  EXPECT_EQ(recall(handle), response_code::kIllegalOperation) << "its time is over";
}

TEST_F(RecallTest, ARestartBringsNothingBack) {
  const auto handle = send_later("recalled", 20s);
  send_later("last", 60s);
  ASSERT_EQ(recall(handle), response_code::kSuccess);
  node_.restart();
  node_.clock.advance(30s);
  node_.restart();
  node_.clock.advance(1min);
  TestClient later(node_.port());
  EXPECT_EQ(until_last(later), (Bodies{"last"}));
}

TEST_F(RecallTest, AHandleThatNamesNothingHereIsRefused) {
  const auto handle = send_later("waits", 20s);
  EXPECT_EQ(recall("nonsense"), response_code::kIllegalOperation);
  auto other = request(handle);
  other.topic = "TBW102";
  EXPECT_EQ(client_.call(other).code, response_code::kIllegalOperation);
  other.topic = "nowhere";
  EXPECT_EQ(client_.call(other).code, response_code::kTopicNotExist);
  const auto with = [](const std::string& broker, const std::string& key) {
    return broker::encode_recall_handle({"T", broker, 4'000'000'000'000, key});
  };
  EXPECT_EQ(recall(with("broker-b", "waits")), response_code::kIllegalOperation);
  EXPECT_EQ(recall(with("broker-a", "waits")), response_code::kIllegalOperation) << "another time";
  EXPECT_EQ(recall(with("broker-a", "unknown")), response_code::kIllegalOperation);
}

TEST_F(RecallTest, AMessageThatDoesNotWaitByATimerHasNoHandle) {
  EXPECT_FALSE(client_.send({.topic = "T", .body = "now"}).find("recallHandle"));
  EXPECT_FALSE(
      client_.send({.topic = "T", .body = "level", .properties = {{"DELAY", "1"}}}).find("recallHandle"));
}

TEST(RecallOff, IsRefusedByName) {
  Node node;
  TestClient client(node.port());
  const auto sent = client.send({.topic = "T", .body = "x", .properties = {{"TIMER_DELAY_SEC", "60"}}});
  EXPECT_FALSE(sent.find("recallHandle"));
  protocol::RecallMessageRequest recall;
  recall.topic = "T";
  recall.recall_handle = "x";
  EXPECT_EQ(client.call(recall).code, response_code::kNoPermission);
}

}  // namespace
}  // namespace mq::apps
