// Lists of topics and groups at once, and the rare questions of tools (rocketmq-wire.md 2.5).
#include <gmock/gmock.h>

#include <limits>
#include <string>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

class ToolListsTest : public ::testing::Test {
 protected:
  static protocol::TopicConfig topic(const std::string& name, std::int32_t queues = 4) {
    protocol::TopicConfig topic;
    topic.topic = name;
    topic.read_queues = topic.write_queues = queues;
    return topic;
  }
  protocol::Command create(const protocol::TopicConfigList& list) {
    return client_.call(request_code::kCreateTopicList, protocol::encode_body(list));
  }
  std::optional<protocol::TopicConfig> config_of(const std::string& name) {
    protocol::GetTopicConfigRequest request;
    request.topic = name;
    const auto answer = client_.call(request);
    if (answer.code != response_code::kSuccess) return std::nullopt;
    return *protocol::decode_body<protocol::TopicConfig>(answer.body);
  }
  void commit(const std::string& group, std::int32_t queue, std::int64_t offset) {
    client_.pull(group, "T", 0, 0);  // makes the group
    protocol::UpdateConsumerOffsetRequest request;
    request.consumer_group = group;
    request.topic = "T";
    request.queue = queue;
    request.commit_offset = offset;
    ASSERT_EQ(client_.call(request).code, response_code::kSuccess);
  }
  Node node_;
  TestClient client_{node_.port()};
};

TEST_F(ToolListsTest, TopicsAreMadeTogetherWithTheirAttributes) {
  protocol::TopicConfigList list;
  for (int i = 0; i < 300; ++i) list.topics.push_back(topic("L" + std::to_string(i)));
  list.topics[7].attributes["+message.type"] = "FIFO";
  ASSERT_EQ(create(list).code, response_code::kSuccess);
  EXPECT_EQ(config_of("L7")->attributes, (std::map<std::string, std::string>{{"message.type", "FIFO"}}));
  EXPECT_EQ(config_of("L299")->write_queues, 4);
  list.topics = {topic("L7", 8)};
  list.topics[0].attributes["-message.type"] = "";
  ASSERT_EQ(create(list).code, response_code::kSuccess);
  EXPECT_EQ(config_of("L7")->write_queues, 8);
  EXPECT_TRUE(config_of("L7")->attributes.empty());
  node_.restart();
  TestClient again(node_.port());
  protocol::GetTopicConfigRequest request;
  request.topic = "L299";
  EXPECT_EQ(again.call(request).code, response_code::kSuccess);
}

TEST_F(ToolListsTest, OneBadTopicOrGroupKeepsTheWholeListOut) {
  EXPECT_EQ(create({{topic("Good"), topic("bad name")}}).code, response_code::kInvalidParameter);
  EXPECT_EQ(create({{topic("Good"), topic("TBW102")}}).code, response_code::kInvalidParameter);
  auto odd = topic("Odd");
  odd.attributes["+colour"] = "red";
  EXPECT_EQ(create({{topic("Good"), odd}}).code, response_code::kSystemError);
  EXPECT_FALSE(config_of("Good"));
  protocol::SubscriptionGroupList groups;
  groups.groups.resize(2);
  groups.groups[0].group = "g1";
  EXPECT_EQ(client_.call(request_code::kCreateSubscriptionGroupList, protocol::encode_body(groups)).code,
            response_code::kInvalidParameter);
  groups.groups[1].group = "g2";
  groups.groups[1].retry_max_times = 3;
  EXPECT_EQ(client_.call(request_code::kCreateSubscriptionGroupList, protocol::encode_body(groups)).code,
            response_code::kSuccess);
  protocol::GetSubscriptionGroupConfigRequest ask;
  ask.group = "g2";
  EXPECT_EQ(protocol::decode_body<protocol::SubscriptionGroupConfig>(client_.call(ask).body)->retry_max_times,
            3);
}

TEST_F(ToolListsTest, OffsetsOfAllGroupsAndTheLeastOfThem) {
  for (int i = 0; i < 9; ++i)
    ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  commit("a", 0, 5);
  commit("b", 0, 3);
  commit("c", 0, 1);
  const auto all = protocol::decode_body<protocol::ConsumerOffsetTable>(
      client_.call(request_code::kGetAllConsumerOffset).body);
  EXPECT_EQ(all->offsets.at("T@a").at(0), 5);
  EXPECT_EQ(all->offsets.at("T@c").at(0), 1);

  protocol::QueryCorrectionOffsetRequest ask;
  ask.topic = "T";
  ask.compare_group = "a";
  ask.filter_groups = "c,d";
  const auto least = [&] {
    return protocol::decode_body<protocol::QueryCorrectionOffsetBody>(client_.call(ask).body)->offsets.at(0);
  };
  EXPECT_EQ(least(), 3);
  ask.filter_groups = "";
  EXPECT_EQ(least(), 1);
  ask.compare_group = "unheard of";
  EXPECT_EQ(least(), 1);
}

TEST_F(ToolListsTest, AGroupIsKeptFromATopicAndLetAgain) {
  ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  protocol::UpdateGroupForbiddenRequest ask;
  ask.group = "g";
  ask.topic = "T";
  EXPECT_EQ(client_.call(ask).body, R"({"group":"g","readable":true,"topic":"T"})");
  ask.readable = false;
  EXPECT_EQ(client_.call(ask).body, R"({"group":"g","readable":false,"topic":"T"})");
  EXPECT_EQ(client_.pull("g", "T", 0, 0).code, response_code::kNoPermission);
  EXPECT_EQ(client_.pull("h", "T", 0, 0).code, response_code::kSuccess);
  node_.restart();
  TestClient again(node_.port());
  EXPECT_EQ(again.pull("g", "T", 0, 0).code, response_code::kNoPermission) << "it is kept";
  const auto listed = again.call(request_code::kGetAllSubscriptionGroupConfig).body;
  EXPECT_THAT(listed, ::testing::HasSubstr(R"("forbiddenTable":{"g":{"T":4}})"));
  ask.readable = true;
  EXPECT_EQ(again.call(ask).body, R"({"group":"g","readable":true,"topic":"T"})");
  EXPECT_EQ(again.pull("g", "T", 0, 0).code, response_code::kSuccess);
}

TEST_F(ToolListsTest, OnlyParkedHalfMessagesAreAskedAboutAgain) {
  const auto sent = client_.send({.topic = "T", .body = "x"});
  protocol::ResumeCheckHalfMessageRequest resume;
  for (const auto& id : {std::string(*sent.find("msgId")), std::string("nonsense"), std::string(32, 'F'),
                         std::string(32, '0')}) {
    resume.msg_id = id;
    EXPECT_EQ(client_.call(resume).code, response_code::kSystemError) << id;
  }
}

}  // namespace
}  // namespace mq::apps
