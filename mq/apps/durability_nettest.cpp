#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/model/properties.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

// A message is visible to nobody before it is durable, and what was answered survives.
namespace mq::apps {
namespace {

using broker::testing::bodies_of;
using broker::testing::number;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;

// Every way to ask whether queue 0 of T has a message at offset 1. Empty: nobody sees one.
std::vector<std::string> who_sees_it(TestClient& client) {
  std::vector<std::string> seen;
  if (client.pull("g", "T", 0, 1).code == response_code::kSuccess) seen.emplace_back("pull");
  protocol::GetMaxOffsetRequest max;
  max.topic = "T";
  if (number(client.call(max), "offset") > 1) seen.emplace_back("max offset");
  protocol::SearchOffsetByTimestampRequest search;
  search.topic = "T";
  search.timestamp = std::int64_t{1} << 50;
  if (number(client.call(search), "offset") > 1) seen.emplace_back("search by time");
  protocol::QueryMessageRequest query;
  query.topic = "T";
  query.key = "second";
  query.end_ms = std::int64_t{1} << 50;
  if (client.call(query).code == response_code::kSuccess) seen.emplace_back("query by key");
  protocol::GetTopicStatsInfoRequest stats;
  stats.topic = "T";
  const auto table = protocol::decode_body<protocol::TopicStatsTable>(client.call(stats).body);
  for (const auto& [queue, offset] : table->offsets) {
    if (queue.queue == 0 && offset.max_offset > 1) seen.emplace_back("statistics");
  }
  return seen;
}

class DurabilityTest : public ::testing::Test {
 protected:
  static TestClient::Outgoing message(const std::string& key) {
    return {.topic = "T", .body = key, .keys = key};
  }
  Node node_;
  TestClient producer_{node_.port()};
  TestClient reader_{node_.port()};
};

TEST_F(DurabilityTest, WhileTheSyncWaitsNothingIsAnsweredAndNobodySeesTheMessage) {
  ASSERT_EQ(producer_.send(message("first")).code, response_code::kSuccess);
  node_.gate.close();
  const auto waiting = producer_.start(TestClient::send_request(message("second")));
  node_.gate.wait_for_sync();
  EXPECT_FALSE(producer_.wait(waiting, 50));
  EXPECT_EQ(who_sees_it(reader_), std::vector<std::string>{});
  auto held = TestClient::pull_request("g", "T", 0, 1);
  held.sys_flag |= protocol::pull_flag::kSuspend;
  const auto pull = reader_.start(protocol::make_request(held));
  EXPECT_FALSE(reader_.wait(pull, 50)) << "a pull between append and sync waits";
  node_.gate.open();
  const auto sent = producer_.wait(waiting);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->code, response_code::kSuccess);
  const auto woken = reader_.wait(pull);
  ASSERT_TRUE(woken) << "and is woken by the sync";
  EXPECT_EQ(bodies_of(woken->body), (std::vector<std::string>{"second"}));
}

// The same look as above, with the gate open: it finds the message in every way, so it would have found it.
TEST_F(DurabilityTest, NegativeControlTheLookFindsADurableMessageInEveryWay) {
  ASSERT_EQ(producer_.send(message("first")).code, response_code::kSuccess);
  ASSERT_EQ(producer_.send(message("second")).code, response_code::kSuccess);
  EXPECT_EQ(who_sees_it(reader_).size(), 5U);
}

// Negative control of the gate: async flush answers and shows what was only written.
TEST(AsyncFlush, AnswersAndShowsBeforeTheSync) {
  auto config = Node::test_config();
  config.flush = "async";
  Node node(config);
  TestClient client(node.port());
  node.gate.close();
  EXPECT_EQ(client.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  EXPECT_EQ(bodies_of(client.pull("g", "T", 0, 0).body), (std::vector<std::string>{"x"}));
}

TEST_F(DurabilityTest, WaitFalseIsAnsweredEarlyAndNeverShownEarly) {
  ASSERT_EQ(producer_.send(message("first")).code, response_code::kSuccess);
  node_.gate.close();
  auto early = message("second");
  early.properties["WAIT"] = "false";
  EXPECT_EQ(producer_.send(early).code, response_code::kSuccess);
  EXPECT_EQ(who_sees_it(reader_), std::vector<std::string>{});
}

TEST_F(DurabilityTest, AnAutoCreatedTopicHasARouteOnlyWhenItIsDurable) {
  TestClient names(node_.namesrv());
  protocol::GetRouteInfoByTopicRequest route;
  route.topic = "T";
  node_.gate.close();
  const auto waiting = producer_.start(TestClient::send_request(message("first")));
  node_.gate.wait_for_sync();
  EXPECT_EQ(names.call(route).code, response_code::kTopicNotExist);
  node_.gate.open();
  ASSERT_TRUE(producer_.wait(waiting));
  EXPECT_EQ(names.call(route).code, response_code::kSuccess);
}

TEST_F(DurabilityTest, TopicAndGroupChangesAndHeartbeatsAreAnsweredWhenTheyAreDurable) {
  protocol::CreateTopicRequest topic;
  topic.topic = "made";
  protocol::SubscriptionGroupConfig group;
  group.group = "made";
  protocol::HeartbeatData heartbeat;
  heartbeat.consumers.emplace_back().group = "joined";
  const auto request = [](std::int32_t code, std::string body) {
    protocol::Command command;
    command.code = code;
    command.body = std::move(body);
    return command;
  };
  for (const auto& command :
       {protocol::make_request(topic),
        request(protocol::request_code::kCreateSubscriptionGroup, protocol::encode_body(group)),
        request(protocol::request_code::kHeartBeat, protocol::encode_body(heartbeat))}) {
    SCOPED_TRACE(command.code);
    node_.gate.close();
    const auto waiting = producer_.start(command);
    node_.gate.wait_for_sync();
    EXPECT_FALSE(producer_.wait(waiting, 50));
    node_.gate.open();
    const auto answer = producer_.wait(waiting);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->code, response_code::kSuccess) << answer->remark;
  }
}

TEST_F(DurabilityTest, SendBackAlwaysWaitsForDurability) {
  const auto sent = producer_.send(message("first"));
  reader_.heartbeat("c", "g", {{"T", "*"}});
  protocol::ConsumerSendMsgBackRequest back;
  back.group = "g";
  back.log_offset = parse_offset_message_id(*sent.find("msgId"))->at.value();
  node_.gate.close();
  const auto waiting = reader_.start(protocol::make_request(back));
  node_.gate.wait_for_sync();
  EXPECT_FALSE(reader_.wait(waiting, 50));
  node_.gate.open();
  ASSERT_TRUE(reader_.wait(waiting));
}

TEST(Restart, MessagesTopicsGroupsAndOffsetsSurviveIt) {
  Node node;
  {
    TestClient client(node.port());
    client.heartbeat("c", "g", {{"T", "*"}});
    ASSERT_EQ(client.send({.topic = "T", .body = "kept"}).code, response_code::kSuccess);
    protocol::UpdateConsumerOffsetRequest update;
    update.consumer_group = "g";
    update.topic = "T";
    update.commit_offset = 1;
    ASSERT_EQ(client.call(update).code, response_code::kSuccess);
  }
  node.restart();
  TestClient client(node.port());
  EXPECT_EQ(bodies_of(client.pull("g", "T", 0, 0).body), (std::vector<std::string>{"kept"}));
  protocol::QueryConsumerOffsetRequest offset;
  offset.consumer_group = "g";
  offset.topic = "T";
  EXPECT_EQ(number(client.call(offset), "offset"), 1);
  protocol::GetSubscriptionGroupConfigRequest group;
  group.group = "g";
  EXPECT_EQ(client.call(group).code, response_code::kSuccess);
  EXPECT_EQ(number(client.send({.topic = "T", .body = "next"}), "queueOffset"), 1);
}

TEST(Restart, HeldPullsAreAnsweredAndSendsAreRefusedWhileTheBrokerStops) {
  Node node;
  TestClient client(node.port());
  ASSERT_EQ(client.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  auto held = TestClient::pull_request("g", "T", 0, 1);
  held.sys_flag |= protocol::pull_flag::kSuspend;
  const auto pull = client.start(protocol::make_request(held));
  TestClient other(node.port());
  EXPECT_EQ(other.send({.topic = "T", .body = "x", .queue = 1}).code, response_code::kSuccess);
  node.stop();
  const auto answer = client.wait(pull);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, response_code::kPullNotFound);
  EXPECT_TRUE(client.closes());
}

}  // namespace
}  // namespace mq::apps
