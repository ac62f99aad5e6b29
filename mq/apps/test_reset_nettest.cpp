// POST /reset: one broker for a whole run of tests, new for each of them.
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

BrokerConfig for_one_run() {
  auto config = Node::test_config();
  config.ephemeral = true;
  config.metrics = true;
  config.recall = true;
  return config;
}

class TestResetTest : public ::testing::Test {
 protected:
  void reset() {
    const auto response = http("POST", node_.node().metrics_port(), "/reset");
    ASSERT_EQ(response.status, 200) << response.body;
  }
  std::int32_t route_code(const std::string& topic) {
    TestClient namesrv(node_.namesrv());
    protocol::GetRouteInfoByTopicRequest request;
    request.topic = topic;
    return namesrv.call(request).code;
  }
  void commit(const std::string& group, std::int64_t offset) {
    protocol::UpdateConsumerOffsetRequest update;
    update.consumer_group = group;
    update.topic = "T";
    update.commit_offset = offset;
    client_.call(update);
  }
  protocol::Command offset_of(const std::string& group) {
    protocol::QueryConsumerOffsetRequest query;
    query.consumer_group = group;
    query.topic = "T";
    return client_.call(query);
  }
  std::int64_t queue_end() {
    protocol::GetMaxOffsetRequest query;
    query.topic = "T";
    return number(client_.call(query), "offset");
  }

  Node node_{for_one_run()};
  TestClient client_{node_.port()};
};

TEST_F(TestResetTest, NothingIsLeftOfTheTestBefore) {
  for (int i = 0; i < 5; ++i) client_.send({.topic = "T", .body = "x", .keys = "k"});
  client_.pull("g", "T", 0, 0);
  commit("g", 5);
  ASSERT_EQ(route_code("T"), response_code::kSuccess);
  reset();
  EXPECT_EQ(route_code("T"), response_code::kTopicNotExist);
  EXPECT_EQ(route_code("TBW102"), response_code::kSuccess) << "as after a start";
  EXPECT_EQ(client_.pull("g", "T", 0, 0).code, response_code::kTopicNotExist);
  EXPECT_EQ(offset_of("g").code, response_code::kQueryNotFound);
  EXPECT_EQ(object_of(http("GET", node_.node().metrics_port(), "/await?topic=T&within=1ms")).at("count"), 0);
}

// Without it, what somebody committed before could stand behind what is sent afterwards, or before it.
TEST_F(TestResetTest, ANewGroupSeesWhatWasSentSinceTheResetAndNothingElse) {
  for (int i = 0; i < 5; ++i) client_.send({.topic = "T", .body = "old"});
  client_.pull("g", "T", 0, 0);
  commit("g", 3);
  reset();
  client_.send({.topic = "T", .body = "new"});
  for (const auto* const group : {"g", "another"}) {
    const auto offset = offset_of(group);
    ASSERT_EQ(offset.code, response_code::kSuccess) << offset.remark;
    const auto pulled = client_.pull(group, "T", 0, number(offset, "offset"));
    EXPECT_EQ(bodies_of(pulled.body), Bodies{"new"}) << group;
  }
}

TEST_F(TestResetTest, AConnectedConsumerGoesOnWhereverItWas) {
  client_.heartbeat("c", "g", {{"T", "*"}});
  for (int i = 0; i < 5; ++i) client_.send({.topic = "T", .body = "old"});
  auto held = TestClient::pull_request("g", "T", 0, 5);
  held.sys_flag |= protocol::pull_flag::kSuspend;
  held.suspend_ms = 20'000;
  const auto opaque = client_.start(protocol::make_request(held));
  reset();
  const auto woken = client_.wait(opaque, 5000);
  ASSERT_TRUE(woken) << "a held pull does not sleep over a reset";
  EXPECT_EQ(woken->code, response_code::kPullNotFound);
  EXPECT_EQ(route_code("T"), response_code::kSuccess) << "whom it serves knows the route and does not ask";
  commit("g", 5);  // of what it had before

  client_.send({.topic = "T", .body = "new"});
  EXPECT_EQ(bodies_of(client_.pull("g", "T", 0, 5).body), Bodies{"new"})
      << "one that was through with it all";
  const auto behind = client_.pull("g", "T", 0, 2);
  EXPECT_EQ(behind.code, response_code::kPullRetryImmediately) << "one that lagged goes on at once";
  EXPECT_EQ(number(behind, "nextBeginOffset"), 5);
  protocol::GetConsumerListByGroupRequest members;
  members.consumer_group = "g";
  EXPECT_EQ(client_.call(members).code, response_code::kSuccess)
      << "it is a member without another heartbeat";
}

TEST_F(TestResetTest, WhatWaitsForItsTimeNeverComes) {
  client_.send({.topic = "T", .body = "later", .properties = {{"TIMER_DELAY_SEC", "5"}}});
  client_.send({.topic = "T", .body = "level", .properties = {{"DELAY", "1"}}});
  const auto half = client_.send({.topic = "T",
                                  .body = "half",
                                  .properties = {{"TRAN_MSG", "true"}, {"PGROUP", "PG"}, {"UNIQ_KEY", "u"}}});
  reset();
  protocol::EndTransactionRequest end;
  end.topic = "T";
  end.producer_group = "PG";
  end.state_table_offset = number(half, "queueOffset");
  end.log_offset = parse_offset_message_id(*half.find("msgId"))->at.value();
  end.decision = protocol::EndTransactionRequest::kCommit;
  end.msg_id = "u";
  EXPECT_NE(client_.call(end).code, response_code::kSuccess) << "a half message that nobody remembers";
  node_.clock.advance(1h);
  client_.send({.topic = "T", .body = "last", .properties = {{"TIMER_DELAY_SEC", "1"}}});
  node_.clock.advance(1h);
  const auto found = object_of(http("GET", node_.node().metrics_port(), "/await?topic=T&within=20s"));
  ASSERT_EQ(found.at("count"), 1) << boost::json::serialize(found);
  EXPECT_EQ(found.at("messages").as_array().at(0).at("body"), "last");
}

TEST_F(TestResetTest, AnOldMessageIdNamesNoMessageOfTheNextTest) {
  const auto old = client_.send({.topic = "T", .body = "old"});
  reset();
  for (int i = 0; i < 5; ++i) client_.send({.topic = "T", .body = "old"});
  protocol::ViewMessageByIdRequest view;
  view.log_offset = parse_offset_message_id(*old.find("msgId"))->at.value();
  EXPECT_NE(client_.call(view).code, response_code::kSuccess);
}

TEST_F(TestResetTest, ThereIsNoEndToIt) {
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 30; ++i) client_.send({.topic = "T", .body = std::to_string(round)});
    EXPECT_EQ(queue_end(), 30 * (round + 1)) << "offsets are not given twice";
    reset();
  }
}

TEST_F(TestResetTest, ATopicIsMadeForThoseWhoLookForItsRouteFirst) {
  const auto port = node_.node().metrics_port();
  EXPECT_EQ(http("PUT", port, "/topics/orders?queues=3").status, 200);
  EXPECT_EQ(route_code("orders"), response_code::kSuccess);
  for (const auto* const wrong : {"/topics/a%20b", "/topics/T?queues=0", "/topics/T?queues=many"}) {
    EXPECT_EQ(http("PUT", port, wrong).status, 400) << wrong;
  }
}

TEST_F(TestResetTest, ABrowsersPageMayNotDoIt) {
  client_.send({.topic = "T", .body = "x"});
  const auto response =
      http("POST", node_.node().metrics_port(), "/reset", {}, {{"origin", "http://elsewhere.example"}});
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(route_code("T"), response_code::kSuccess);
}

TEST(TestResetOfDurableTest, ABrokerThatKeepsItsDataSaysNo) {
  auto config = Node::test_config();
  config.metrics = true;
  Node node(config);
  TestClient client(node.port());
  client.send({.topic = "T", .body = "x"});
  const auto port = node.node().metrics_port();
  const auto refused = http("POST", port, "/reset");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("--ephemeral"), std::string::npos);
  EXPECT_EQ(http("POST", port, "/faults", R"({"request": "send", "drop": true})").status, 403);
  EXPECT_EQ(http("GET", port, "/faults").status, 403);
  EXPECT_EQ(http("DELETE", port, "/faults").status, 403);
  EXPECT_EQ(object_of(http("GET", port, "/await?topic=T&within=5s")).at("count"), 1) << "looking is free";
}

}  // namespace
}  // namespace mq::apps
