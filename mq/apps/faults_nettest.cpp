// POST /faults: what goes wrong because a test wants it.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "mq/apps/http_testing.hpp"
#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using namespace std::chrono_literals;
using broker::testing::bodies_of;
using broker::testing::number;
using broker::testing::TestClient;
using testing::http;
using testing::object_of;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
using Bodies = std::vector<std::string>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

class FaultsTest : public ::testing::Test {
 protected:
  static BrokerConfig for_one_run() {
    auto config = Node::test_config();
    config.ephemeral = true;
    config.metrics = true;
    return config;
  }
  std::uint16_t control() { return node_.node().metrics_port(); }
  void fault(const std::string& json) {
    const auto response = http("POST", control(), "/faults", json);
    ASSERT_EQ(response.status, 201) << response.body;
  }
  boost::json::object first_fault() {
    return object_of(http("GET", control(), "/faults")).at("faults").as_array().at(0).as_object();
  }
  Bodies stored() { return bodies_of(client_.pull("looks", "T", 0, 0).body); }
  protocol::Command send(const std::string& body, const std::string& topic = "T") {
    return client_.send({.topic = topic, .body = body});
  }
  std::vector<std::string> members() {
    protocol::GetConsumerListByGroupRequest request;
    request.consumer_group = "g";
    return protocol::decode_body<protocol::ConsumerIds>(client_.call(request).body)->ids;
  }

  Node node_{for_one_run()};
  TestClient client_{node_.port()};
};

TEST_F(FaultsTest, TheNextSendsOfATopicAreRefusedAndNothingOfThemIsStored) {
  fault(R"({"request": "send", "topic": "T", "times": 2, "answer": "SYSTEM_BUSY"})");
  EXPECT_EQ(send("elsewhere", "Other").code, response_code::kSuccess);
  EXPECT_EQ(send("1").code, response_code::kSystemBusy);
  EXPECT_EQ(send("2").code, response_code::kSystemBusy);
  EXPECT_EQ(send("3").code, response_code::kSuccess);
  EXPECT_EQ(stored(), Bodies{"3"});
  EXPECT_EQ(first_fault().at("struck"), 2);
  EXPECT_EQ(first_fault().at("times_left"), 0);
}

TEST_F(FaultsTest, AFlushThatTookTooLongHasStoredTheMessage) {
  fault(R"({"request": "send", "answer": "FLUSH_DISK_TIMEOUT"})");
  const auto answer = send("1");
  EXPECT_EQ(answer.code, response_code::kFlushDiskTimeout);
  EXPECT_EQ(number(answer, "queueOffset"), 0) << "clients read the fields of a send's answer";
  EXPECT_TRUE(answer.find("msgId"));
  EXPECT_EQ(stored(), Bodies{"1"});
}

TEST_F(FaultsTest, OrHasNot) {
  send("0");
  fault(R"({"request": "send", "answer": "FLUSH_DISK_TIMEOUT", "stored": false})");
  const auto answer = send("1");
  EXPECT_EQ(answer.code, response_code::kFlushDiskTimeout);
  EXPECT_EQ(number(answer, "queueId"), 0);
  EXPECT_EQ(stored(), Bodies{"0"});
}

TEST_F(FaultsTest, AnAnswerThatNeverComesLeavesItOpenWhetherTheMessageIsThere) {
  send("0");
  fault(R"({"request": "send", "drop": true})");
  {
    TestClient unlucky(node_.port());
    unlucky.start(TestClient::send_request({.topic = "T", .body = "lost"}));
    EXPECT_TRUE(unlucky.closes());
  }
  fault(R"({"request": "send", "drop": true, "stored": true})");
  {
    TestClient unlucky(node_.port());
    unlucky.start(TestClient::send_request({.topic = "T", .body = "stored"}));
    EXPECT_TRUE(unlucky.closes());
  }
  EXPECT_EQ(stored(), (Bodies{"0", "stored"}));
}

TEST_F(FaultsTest, AShareIsSpreadEvenly) {
  fault(R"({"request": "send", "share": 0.25, "answer": "SYSTEM_BUSY"})");
  std::string outcome;
  for (int i = 0; i < 12; ++i) outcome += send("x").code == response_code::kSuccess ? '.' : '!';
  EXPECT_EQ(outcome, "...!...!...!");
}

TEST_F(FaultsTest, ADelayedAnswerComesLaterAndOthersPassIt) {
  fault(R"({"request": "send", "topic": "T", "delay_ms": 300})");
  const auto began = std::chrono::steady_clock::now();
  const auto late = client_.start(TestClient::send_request({.topic = "T", .body = "1"}));
  EXPECT_EQ(send("2", "Other").code, response_code::kSuccess);
  const auto answer = client_.wait(late);
  ASSERT_TRUE(answer);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 300ms);
  EXPECT_EQ(answer->code, response_code::kSuccess);
  EXPECT_EQ(number(*answer, "queueOffset"), 0) << "with everything that belongs to it";
}

TEST_F(FaultsTest, APullRangeIsDeliveredTwice) {
  send("1");
  send("2");
  fault(R"({"request": "pull", "group": "g", "again": true})");
  const auto first = client_.pull("g", "T", 0, 0);
  EXPECT_EQ(bodies_of(first.body), (Bodies{"1", "2"}));
  EXPECT_EQ(number(first, "nextBeginOffset"), 0) << "the client goes on where it began";
  EXPECT_EQ(number(client_.pull("g", "T", 0, 0), "nextBeginOffset"), 2);
}

TEST_F(FaultsTest, APullThatWaitsIsDeliveredTwiceWhenItIsAnswered) {
  send("0");
  fault(R"({"request": "pull", "group": "g", "again": true})");
  client_.heartbeat("c", "g", {{"T", "*"}});
  auto pull = TestClient::pull_request("g", "T", 0, 1);
  pull.sys_flag |= protocol::pull_flag::kSuspend;
  pull.suspend_ms = 20'000;
  const auto opaque = client_.start(protocol::make_request(pull));
  TestClient other(node_.port());
  other.send({.topic = "T", .body = "1"});
  const auto answer = client_.wait(opaque);
  ASSERT_TRUE(answer);
  EXPECT_EQ(bodies_of(answer->body), Bodies{"1"});
  EXPECT_EQ(number(*answer, "nextBeginOffset"), 1);
}

TEST_F(FaultsTest, ARebalanceStormCallsMembersAndShowsThemOneMoreEveryOtherTime) {
  client_.heartbeat("c", "g", {{"T", "*"}});
  ASSERT_EQ(members(), Bodies{"c"});
  fault(R"({"rebalance": "g", "for_ms": 60000})");
  for (int i = 0; i < 2; ++i) {
    const auto call = client_.next_push();
    ASSERT_TRUE(call);
    EXPECT_EQ(call->code, request_code::kNotifyConsumerIdsChanged);
    EXPECT_EQ(call->find("consumerGroup"), "g");
  }
  EXPECT_EQ(members().size(), 2);
  EXPECT_EQ(members(), Bodies{"c"});
  EXPECT_EQ(members().size(), 2);
  ASSERT_EQ(http("DELETE", control(), "/faults").status, 204);
  EXPECT_EQ(members(), Bodies{"c"});
}

TEST_F(FaultsTest, AStormEndsByItself) {
  client_.heartbeat("c", "g", {{"T", "*"}});
  fault(R"({"rebalance": "g", "for_ms": 1})");
  while (!first_fault().contains("times_left")) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(members(), Bodies{"c"});
  EXPECT_EQ(members(), Bodies{"c"});
}

TEST_F(FaultsTest, TheyAreTakenBackOneByOneAllTogetherAndByAReset) {
  fault(R"({"request": "send", "topic": "A", "drop": true})");
  fault(R"({"request": "send", "topic": "B", "drop": true})");
  const auto id = first_fault().at("id").as_int64();
  EXPECT_EQ(http("DELETE", control(), "/faults/" + std::to_string(id)).status, 204);
  EXPECT_EQ(http("DELETE", control(), "/faults/" + std::to_string(id)).status, 404);
  EXPECT_EQ(first_fault().at("topic"), "B");
  EXPECT_EQ(http("POST", control(), "/reset").status, 200);
  EXPECT_TRUE(object_of(http("GET", control(), "/faults")).at("faults").as_array().empty());
  EXPECT_EQ(send("x", "B").code, response_code::kSuccess);
}

TEST_F(FaultsTest, ThereIsALimit) {
  for (std::size_t i = 0; i < broker::Faults::kRulesMax; ++i) fault(R"({"request": 34, "drop": true})");
  EXPECT_EQ(http("POST", control(), "/faults", R"({"request": 34, "drop": true})").status, 429);
  EXPECT_EQ(http("POST", control(), "/faults", "{}").status, 400);
}

}  // namespace
}  // namespace mq::apps
