// Consumers that filter by SQL92 selectors, over the wire (rocketmq-wire.md 4.19).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using broker::testing::bodies_of;
using broker::testing::number;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
using Bodies = std::vector<std::string>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

BrokerConfig with_selectors() {
  auto config = Node::test_config();
  config.selectors = true;
  return config;
}

protocol::SubscriptionData subscription(const std::string& selector) {
  protocol::SubscriptionData data;
  data.topic = "T";
  data.expression = selector;
  data.expression_type = "SQL92";
  data.version = 1;
  return data;
}

class SelectorTest : public ::testing::Test {
 protected:
  void send(const std::string& body, const std::string& price) {
    client_.send({.topic = "T", .body = body, .tag = "paid", .properties = {{"price", price}}});
  }
  static std::int32_t check(TestClient& client, const std::string& selector) {
    protocol::CheckClientRequest request{
        .client_id = "c", .group = "g", .subscription = subscription(selector)};
    return client.call(request_code::kCheckClientConfig, protocol::encode_body(request)).code;
  }
  protocol::Command subscribe(const std::string& selector) {
    protocol::HeartbeatData heartbeat;
    heartbeat.client_id = "c";
    protocol::ConsumerData data;
    data.group = "g";
    data.subscriptions.push_back(subscription(selector));
    heartbeat.consumers.push_back(std::move(data));
    return client_.call(request_code::kHeartBeat, protocol::encode_body(heartbeat));
  }
  // As a push consumer: the heartbeat has said what is wanted.
  static protocol::PullMessageRequest pull_request(std::int64_t offset) {
    auto request = TestClient::pull_request("g", "T", 0, offset);
    request.sys_flag = 0;
    request.subscription.clear();
    request.sub_version = 1;
    return request;
  }

  Node node_{with_selectors()};
  TestClient client_{node_.port()};
};

TEST_F(SelectorTest, APushConsumerGetsWhatItsHeartbeatSelects) {
  for (const auto* price : {"49", "51", "50", "x", "1000"}) send(price, price);
  ASSERT_EQ(subscribe("price > 50 AND TAGS = 'paid'").code, response_code::kSuccess);
  const auto pulled = client_.call(pull_request(0));
  EXPECT_EQ(bodies_of(pulled.body), (Bodies{"51", "1000"}));
  EXPECT_EQ(number(pulled, "nextBeginOffset"), 5);
  // Nothing matches: the client is told how far it has been looked, and asks on.
  ASSERT_EQ(client_.call(pull_request(2)).code, response_code::kSuccess);
  send("1", "1");
  const auto none = client_.call(pull_request(5));
  EXPECT_EQ(none.code, response_code::kPullRetryImmediately);
  EXPECT_EQ(number(none, "nextBeginOffset"), 6);
}

TEST_F(SelectorTest, APullMayBringItsSelector) {
  send("a", "1");
  send("b", "2");
  auto request = TestClient::pull_request("g", "T", 0, 0);
  request.expression_type = "SQL92";
  request.subscription = "price = 2";
  EXPECT_EQ(bodies_of(client_.call(request).body), (Bodies{"b"}));
  request.subscription = "price =";
  const auto refused = client_.call(request);
  EXPECT_EQ(refused.code, response_code::kSubscriptionParseFailed);
  EXPECT_NE(refused.remark.find("the selector ends there"), std::string::npos) << refused.remark;
}

TEST_F(SelectorTest, AHeldPullWaitsForWhatItSelects) {
  send("a", "1");
  ASSERT_EQ(subscribe("price = 2").code, response_code::kSuccess);
  TestClient sender(node_.port());
  auto request = pull_request(1);
  request.sys_flag = protocol::pull_flag::kSuspend;
  request.suspend_ms = 10'000;
  const auto opaque = client_.start(protocol::make_request(request));
  EXPECT_FALSE(client_.wait(opaque, 100));
  sender.send({.topic = "T", .body = "b", .properties = {{"price", "2"}}});
  const auto answer = client_.wait(opaque);
  ASSERT_TRUE(answer);
  EXPECT_EQ(bodies_of(answer->body), (Bodies{"b"}));
}

TEST_F(SelectorTest, ABadSelectorIsRefusedWhereItIsAskedFor) {
  EXPECT_EQ(check(client_, "price > 50"), response_code::kSuccess);
  EXPECT_EQ(check(client_, "price > 'a'"), response_code::kSubscriptionParseFailed);
  send("a", "1");
  ASSERT_EQ(subscribe("price > 'a'").code, response_code::kSuccess);
  EXPECT_EQ(client_.call(pull_request(0)).code, response_code::kFilterDataNotExist);
}

TEST(SelectorsOff, AreRefusedByName) {
  Node node;
  TestClient client(node.port());
  protocol::CheckClientRequest request{.client_id = "c", .group = "g", .subscription = subscription("a = 1")};
  const auto answer = client.call(request_code::kCheckClientConfig, protocol::encode_body(request));
  EXPECT_EQ(answer.code, response_code::kSystemError);
  EXPECT_NE(answer.remark.find("SQL92"), std::string::npos) << answer.remark;
}

}  // namespace
}  // namespace mq::apps
