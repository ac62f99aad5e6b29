#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

// Consumer groups: members, notification, locks, offsets.
namespace mq::apps {
namespace {

using broker::testing::number;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

class GroupTest : public ::testing::Test {
 protected:
  std::vector<std::string> members() {
    protocol::GetConsumerListByGroupRequest ask;
    ask.consumer_group = "g";
    const auto answer = first_.call(ask);
    if (answer.code != response_code::kSuccess) return {};
    return protocol::decode_body<protocol::ConsumerIds>(answer.body)->ids;
  }
  static void expect_notice(TestClient& client) {
    const auto push = client.next_push();
    ASSERT_TRUE(push);
    EXPECT_EQ(push->code, request_code::kNotifyConsumerIdsChanged);
    EXPECT_TRUE(push->is_oneway());
    EXPECT_EQ(push->find("consumerGroup"), "g");
  }
  Node node_;
  TestClient first_{node_.port()};
  TestClient second_{node_.port()};
};

TEST_F(GroupTest, MembersAreListedAndToldOfEachOther) {
  EXPECT_TRUE(members().empty());
  first_.heartbeat("a", "g", {{"T", "*"}});
  expect_notice(first_);
  second_.heartbeat("b", "g", {{"T", "*"}});
  expect_notice(first_);
  expect_notice(second_);
  EXPECT_EQ(members(), (std::vector<std::string>{"a", "b"}));
  protocol::UnregisterClientRequest leave;
  leave.client_id = "b";
  leave.consumer_group = "g";
  ASSERT_EQ(second_.call(leave).code, response_code::kSuccess);
  expect_notice(first_);
  EXPECT_EQ(members(), (std::vector<std::string>{"a"}));
}

TEST_F(GroupTest, AClosedConnectionLeavesItsGroupAtOnce) {
  first_.heartbeat("a", "g", {{"T", "*"}});
  expect_notice(first_);
  {
    TestClient third(node_.port());
    third.heartbeat("b", "g", {{"T", "*"}});
    expect_notice(first_);
  }
  expect_notice(first_);
  EXPECT_EQ(members(), (std::vector<std::string>{"a"}));
}

TEST_F(GroupTest, AHeartbeatMakesTheGroupAndARouteOfItsRetryTopic) {
  const auto answer = first_.heartbeat("a", "g", {{"T", "*"}});
  ASSERT_EQ(answer.code, response_code::kSuccess);
  EXPECT_EQ(answer.find("IS_SUPPORT_HEART_BEAT_V2"), "true");
  EXPECT_EQ(answer.find("IS_SUB_CHANGE"), "true");
  EXPECT_GE(answer.version, 232);
  TestClient names(node_.namesrv());
  protocol::GetRouteInfoByTopicRequest route;
  route.topic = "%RETRY%g";
  EXPECT_EQ(names.call(route).code, response_code::kSuccess);
}

TEST_F(GroupTest, AV2HeartbeatWithoutSubscriptionsKeepsThemUnlessWeForgotThem) {
  protocol::HeartbeatData heartbeat;
  heartbeat.client_id = "a";
  heartbeat.fingerprint = 99;
  auto& data = heartbeat.consumers.emplace_back();
  data.group = "g";
  data.subscriptions.emplace_back().topic = "T";
  data.subscriptions.back().expression = "*";
  const auto beat = [&] { return first_.call(request_code::kHeartBeat, protocol::encode_body(heartbeat)); };
  EXPECT_EQ(beat().find("IS_SUB_CHANGE"), "false");
  data.subscriptions.clear();
  heartbeat.without_subscriptions = true;
  EXPECT_EQ(beat().find("IS_SUB_CHANGE"), "false");
  auto pull = TestClient::pull_request("g", "TBW102", 0, 0);
  pull.topic = "T";
  ASSERT_EQ(first_.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  pull.sys_flag = 0;
  EXPECT_EQ(first_.call(pull).code, response_code::kSuccess);
  heartbeat.client_id = "b";
  data.group = "unheard of";
  EXPECT_EQ(beat().code, response_code::kSuccess);
  data.group = "h";
  EXPECT_EQ(beat().find("IS_SUB_CHANGE"), "true") << "we have nothing this could refer to";
}

TEST_F(GroupTest, QueuesAreLockedByOneClientOfAGroup) {
  const auto lock = [&](TestClient& client, const std::string& id, std::int32_t code) {
    protocol::LockBatchRequest request;
    request.client_id = id;
    request.consumer_group = "g";
    request.queues = {{"T", "broker-a", 0}, {"T", "broker-a", 1}, {"T", "elsewhere", 2}};
    return client.call(code, protocol::encode_body(request));
  };
  const auto locked = [&](TestClient& client, const std::string& id) {
    return protocol::decode_body<protocol::LockBatchResponse>(
               lock(client, id, request_code::kLockBatchMq).body)
        ->locked.size();
  };
  EXPECT_EQ(locked(first_, "a"), 2U) << "another broker's queue is not ours to lock";
  EXPECT_EQ(locked(second_, "b"), 0U);
  lock(second_, "b", request_code::kUnlockBatchMq);
  EXPECT_EQ(locked(second_, "b"), 0U) << "only the holder unlocks";
  lock(first_, "a", request_code::kUnlockBatchMq);
  EXPECT_EQ(locked(second_, "b"), 2U);
}

TEST_F(GroupTest, AGroupWithoutOffsetsStartsAtZeroWhileTheFirstMessageExists) {
  protocol::QueryConsumerOffsetRequest ask;
  ask.consumer_group = "g";
  ask.topic = "T";
  EXPECT_EQ(first_.call(ask).code, response_code::kQueryNotFound) << "no message, no zero";
  ASSERT_EQ(first_.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  EXPECT_EQ(number(first_.call(ask), "offset"), 0);
  ask.set_zero_if_not_found = false;
  EXPECT_EQ(first_.call(ask).code, response_code::kQueryNotFound);
}

TEST_F(GroupTest, APullMayCarryACommit) {
  ASSERT_EQ(first_.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  auto pull = TestClient::pull_request("g", "T", 0, 1);
  pull.sys_flag |= protocol::pull_flag::kCommitOffset;
  pull.commit_offset = 1;
  first_.call(pull);
  protocol::QueryConsumerOffsetRequest ask;
  ask.consumer_group = "g";
  ask.topic = "T";
  EXPECT_EQ(number(first_.call(ask), "offset"), 1);
  pull.sys_flag &= ~protocol::pull_flag::kCommitOffset;
  pull.commit_offset = 0;
  first_.call(pull);
  EXPECT_EQ(number(first_.call(ask), "offset"), 1) << "without the flag it says nothing";
  pull.sys_flag |= protocol::pull_flag::kCommitOffset;
  pull.commit_offset = -1;
  first_.call(pull);
  EXPECT_EQ(number(first_.call(ask), "offset"), 1) << "a client that does not know its offset yet";
}

TEST_F(GroupTest, AGroupThatMayNotConsumeIsRefused) {
  protocol::SubscriptionGroupConfig config;
  config.group = "g";
  config.consume_enable = false;
  ASSERT_EQ(first_.call(request_code::kCreateSubscriptionGroup, protocol::encode_body(config)).code,
            response_code::kSuccess);
  ASSERT_EQ(first_.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  EXPECT_EQ(first_.pull("g", "T", 0, 0).code, response_code::kNoPermission);
}

TEST_F(GroupTest, TheBrokerAllocatesQueuesAsTheClientsWould) {
  protocol::CreateTopicRequest topic;
  topic.topic = "T";
  topic.read_queues = topic.write_queues = 5;
  ASSERT_EQ(first_.call(topic).code, response_code::kSuccess);
  first_.heartbeat("a", "g", {{"T", "*"}});
  second_.heartbeat("b", "g", {{"T", "*"}});
  const auto queues_of = [&](const std::string& id, const std::string& strategy) {
    protocol::QueryAssignmentRequest ask;
    ask.client_id = id;
    ask.consumer_group = "g";
    ask.strategy = strategy;
    ask.topic = "T";
    const auto answer = first_.call(request_code::kQueryAssignment, protocol::encode_body(ask));
    std::vector<std::int32_t> queues;
    const auto body = protocol::decode_body<protocol::QueryAssignmentResponse>(answer.body);
    if (!body) return queues;
    for (const auto& assignment : body->assignments) {
      EXPECT_EQ(assignment.mode, "PULL");
      queues.push_back(assignment.queue.queue);
    }
    return queues;
  };
  EXPECT_EQ(queues_of("a", "AVG"), (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(queues_of("b", "AVG"), (std::vector<std::int32_t>{3, 4}));
  EXPECT_EQ(queues_of("a", "AVG_BY_CIRCLE"), (std::vector<std::int32_t>{0, 2, 4}));
  EXPECT_TRUE(queues_of("stranger", "AVG").empty());
}

}  // namespace
}  // namespace mq::apps
