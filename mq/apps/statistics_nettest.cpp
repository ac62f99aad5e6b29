// Numbers for tools: traffic of topics and groups (315), entries of consume queues (321), messages per
// second.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using broker::testing::number;
using broker::testing::records_of;
using broker::testing::TestClient;
using ::testing::HasSubstr;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

class StatisticsTest : public ::testing::Test {
 protected:
  protocol::Command view(const std::string& name, const std::string& key) {
    protocol::ViewBrokerStatsDataRequest request;
    request.stats_name = name;
    request.stats_key = key;
    return client_.call(request);
  }
  protocol::BrokerStatsData stats(const std::string& name, const std::string& key) {
    const auto answer = view(name, key);
    EXPECT_EQ(answer.code, response_code::kSuccess) << name << ' ' << key << ": " << answer.remark;
    const auto body = protocol::decode_body<protocol::BrokerStatsData>(answer.body);
    return body ? *body : protocol::BrokerStatsData{};
  }
  // Four messages; a pull brings them all; one is given back.
  void some_traffic() {
    client_.heartbeat("c", "g", {{"T", "*"}});
    for (int i = 0; i < 4; ++i) ASSERT_EQ(client_.send({.topic = "T", .body = "12345"}).code, 0);
    const auto pulled = records_of(client_.pull("g", "T", 0, 0).body);
    ASSERT_EQ(pulled.size(), 4U);
    protocol::ConsumerSendMsgBackRequest back;
    back.group = "g";
    back.log_offset = pulled.front().log_offset;
    back.delay_level = 18;
    ASSERT_EQ(client_.call(back).code, response_code::kSuccess);
  }

  Node node_;
  TestClient client_{node_.port()};
};

TEST_F(StatisticsTest, TrafficOfTopicsGroupsAndTheBroker) {
  some_traffic();
  EXPECT_EQ(stats("TOPIC_PUT_NUMS", "T").minute.sum, 4);
  EXPECT_EQ(stats("TOPIC_PUT_NUMS", "T").hour.sum, 4);
  EXPECT_EQ(stats("TOPIC_PUT_NUMS", "T").day.sum, 4);
  EXPECT_GE(stats("TOPIC_PUT_SIZE", "T").minute.sum, 20);
  EXPECT_EQ(stats("GROUP_GET_NUMS", "T@g").minute.sum, 4);
  EXPECT_DOUBLE_EQ(stats("GROUP_GET_NUMS", "T@g").minute.average_per_call, 4) << "one pull";
  EXPECT_GT(stats("GROUP_GET_SIZE", "T@g").minute.sum, 20);
  EXPECT_EQ(stats("SNDBCK_PUT_NUMS", "T@g").minute.sum, 1);
  EXPECT_EQ(stats("BROKER_PUT_NUMS", "DefaultCluster").minute.sum, 5) << "with the one given back";
  EXPECT_EQ(stats("BROKER_GET_NUMS", "DefaultCluster").minute.sum, 4);
  EXPECT_GT(stats("TOPIC_PUT_NUMS", "T").minute.tps, 0);
}

TEST_F(StatisticsTest, WhatHadNoTrafficHasNoStatistic) {
  for (const auto& [name, key] :
       std::vector<std::pair<std::string, std::string>>{{"TOPIC_PUT_NUMS", "nowhere"},
                                                        {"GROUP_GET_NUMS", "T@nobody"},
                                                        {"GROUP_GET_NUMS", "without"},
                                                        {"SNDBCK_PUT_NUMS", "T@g"},
                                                        {"BROKER_PUT_NUMS", "Elsewhere"},
                                                        {"NO_SUCH_NAME", "T"}}) {
    const auto answer = view(name, key);
    EXPECT_EQ(answer.code, response_code::kSystemError);
    EXPECT_EQ(answer.remark, "The stats <" + name + "> <" + key + "> not exist");
  }
}

TEST_F(StatisticsTest, ADeletedTopicOrGroupTakesItsStatisticsAlong) {
  some_traffic();
  protocol::DeleteSubscriptionGroupRequest group;
  group.group = "g";
  ASSERT_EQ(client_.call(group).code, response_code::kSuccess);
  EXPECT_EQ(view("GROUP_GET_NUMS", "T@g").code, response_code::kSystemError);
  EXPECT_EQ(view("TOPIC_PUT_NUMS", "T").code, response_code::kSuccess);
  protocol::DeleteTopicRequest topic;
  topic.topic = "T";
  ASSERT_EQ(client_.call(topic).code, response_code::kSuccess);
  EXPECT_EQ(view("TOPIC_PUT_NUMS", "T").code, response_code::kSystemError);
}

TEST_F(StatisticsTest, TopicsAndGroupsHaveMessagesPerSecond) {
  some_traffic();
  protocol::GetTopicStatsInfoRequest topic;
  topic.topic = "T";
  EXPECT_GT(protocol::decode_body<protocol::TopicStatsTable>(client_.call(topic).body)->put_tps, 0);
  protocol::GetConsumeStatsRequest group;
  group.consumer_group = "g";
  EXPECT_GT(protocol::decode_body<protocol::ConsumeStats>(client_.call(group).body)->consume_tps, 0);
  protocol::GetBrokerConsumeStatsRequest all;
  const auto groups = protocol::decode_body<protocol::ConsumeStatsList>(client_.call(all).body);
  ASSERT_TRUE(groups);
  bool found = false;
  for (const auto& one : groups->stats) {
    const auto at = one.find("g");
    if (at == one.end()) continue;
    for (const auto& of_topic : at->second) found |= of_topic.consume_tps > 0;
  }
  EXPECT_TRUE(found);
}

class ConsumeQueueTest : public StatisticsTest {
 protected:
  protocol::Command query(std::int64_t index, std::int32_t count, std::optional<std::string> group = {}) {
    protocol::QueryConsumeQueueRequest request;
    request.topic = "T";
    request.index = index;
    request.count = count;
    request.consumer_group = std::move(group);
    return client_.call(request);
  }
  protocol::QueryConsumeQueueBody body(std::int64_t index, std::int32_t count,
                                       std::optional<std::string> group = {}) {
    const auto body =
        protocol::decode_body<protocol::QueryConsumeQueueBody>(query(index, count, std::move(group)).body);
    return body ? *body : protocol::QueryConsumeQueueBody{};
  }
};

TEST_F(ConsumeQueueTest, ShowsWhereMessagesLieAndTheHashOfTheirTags) {
  std::vector<std::int64_t> at;
  for (int i = 0; i < 5; ++i) {
    const auto sent = client_.send({.topic = "T", .body = "x", .tag = "TagA"});
    at.push_back(parse_offset_message_id(*sent.find("msgId"))->at.value());
  }
  const auto found = body(1, 3);
  EXPECT_EQ(found.min_index, 0);
  EXPECT_EQ(found.max_index, 5);
  ASSERT_EQ(found.entries.size(), 3U);
  EXPECT_EQ(found.entries[0].log_offset, at[1]);
  EXPECT_GT(found.entries[0].size, 0);
  EXPECT_EQ(found.entries[2].tag_hash, 2598919) << "Java's hash of TagA";
  EXPECT_EQ(body(0, 1'000'000).entries.size(), 5U);
  EXPECT_TRUE(body(0, -1).entries.empty());
}

TEST_F(ConsumeQueueTest, SaysWhatAGroupWantsOfIt) {
  ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, 0);
  EXPECT_FALSE(body(0, 1).filter_data) << "nobody was asked about";
  EXPECT_EQ(body(0, 1, "g").filter_data, "g@T is not online!");
  client_.heartbeat("c", "g", {{"T", "paid"}});
  const auto online = body(0, 1, "g");
  ASSERT_TRUE(online.subscription);
  EXPECT_EQ(online.subscription->expression, "paid");
}

TEST_F(ConsumeQueueTest, APlaceThatIsNotThereIsNamed) {
  const auto nothing = query(0, 1);
  EXPECT_EQ(nothing.code, response_code::kSystemError);
  EXPECT_EQ(nothing.remark, "0@T is not exist!");
  ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, 0);
  for (const std::int64_t index : {1, -1}) {
    const auto beyond = query(index, 1);
    EXPECT_EQ(beyond.code, response_code::kSuccess) << "as a genuine broker";
    EXPECT_THAT(beyond.remark, HasSubstr("of 0@T is not exist!"));
    EXPECT_TRUE(beyond.body.empty());
  }
}

}  // namespace
}  // namespace mq::apps
