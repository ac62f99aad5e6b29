#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

// What tools ask and change.
namespace mq::apps {
namespace {

using broker::testing::bodies_of;
using broker::testing::number;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

class AdminTest : public ::testing::Test {
 protected:
  protocol::Command create(const std::string& topic, const std::string& attributes = "",
                           std::int32_t queues = 2) {
    protocol::CreateTopicRequest header;
    header.topic = topic;
    header.read_queues = header.write_queues = queues;
    header.attributes = attributes;
    return client_.call(header);
  }
  protocol::TopicConfig config_of(const std::string& topic) {
    protocol::GetTopicConfigRequest header;
    header.topic = topic;
    const auto config = protocol::decode_body<protocol::TopicConfig>(client_.call(header).body);
    return config ? *config : protocol::TopicConfig{};
  }
  Node node_;
  TestClient client_{node_.port()};
  TestClient names_{node_.namesrv()};
};

TEST_F(AdminTest, ATopicIsMadeChangedAndDeleted) {
  ASSERT_EQ(create("T", "+message.type=FIFO,+queue.type=SimpleCQ").code, response_code::kSuccess);
  EXPECT_EQ(config_of("T").attributes.at("message.type"), "FIFO");
  ASSERT_EQ(create("T", "-message.type", 3).code, response_code::kSuccess);
  EXPECT_FALSE(config_of("T").attributes.contains("message.type"));
  EXPECT_EQ(config_of("T").write_queues, 3);
  ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  protocol::DeleteTopicRequest remove;
  remove.topic = "T";
  ASSERT_EQ(client_.call(remove).code, response_code::kSuccess);
  protocol::GetRouteInfoByTopicRequest route;
  route.topic = "T";
  EXPECT_EQ(names_.call(route).code, response_code::kTopicNotExist);
  ASSERT_EQ(client_.call(remove).code, response_code::kSuccess) << "deleted already";
}

TEST_F(AdminTest, ATopicThatComesBackHasNothingOfTheOld) {
  ASSERT_EQ(client_.send({.topic = "T", .body = "old"}).code, response_code::kSuccess);
  protocol::DeleteTopicRequest remove;
  remove.topic = "T";
  ASSERT_EQ(client_.call(remove).code, response_code::kSuccess);
  const auto sent = client_.send({.topic = "T", .body = "new"});
  EXPECT_EQ(number(sent, "queueOffset"), 0);
  EXPECT_EQ(bodies_of(client_.pull("g", "T", 0, 0).body), (std::vector<std::string>{"new"}));
}

TEST_F(AdminTest, TopicsThatMayNotBeMadeAreRefused) {
  EXPECT_EQ(create("no blanks").code, response_code::kInvalidParameter);
  EXPECT_EQ(create("TBW102").code, response_code::kInvalidParameter);
  EXPECT_EQ(create("SCHEDULE_TOPIC_XXXX").code, response_code::kInvalidParameter);
  EXPECT_EQ(create("T", "", 0).code, response_code::kInvalidParameter);
  EXPECT_EQ(create("T", "", 1'000'000).code, response_code::kInvalidParameter);
  EXPECT_EQ(create("T", "+no.such.attribute=1").code, response_code::kSystemError);
  EXPECT_EQ(create("T", "message.type=FIFO").code, response_code::kSystemError);
}

TEST_F(AdminTest, AHarmlessSettingIsChangedWhileTheBrokerRuns) {
  EXPECT_EQ(client_.send({.topic = "before", .body = "x"}).code, response_code::kSuccess);
  ASSERT_EQ(client_.call(request_code::kUpdateBrokerConfig, "autoCreateTopicEnable=false\n").code,
            response_code::kSuccess);
  EXPECT_EQ(client_.send({.topic = "after", .body = "x"}).code, response_code::kTopicNotExist);
  const auto config = client_.call(request_code::kGetBrokerConfig);
  EXPECT_NE(config.body.find("autoCreateTopicEnable=false\n"), std::string::npos) << config.body;
  ASSERT_EQ(client_.call(request_code::kUpdateBrokerConfig, "autoCreateTopicEnable=true\n").code,
            response_code::kSuccess);
  EXPECT_EQ(client_.send({.topic = "after", .body = "x"}).code, response_code::kSuccess);
}

TEST_F(AdminTest, NoPathAndNothingUnknownIsSetOverTheNetwork) {
  EXPECT_EQ(client_.call(request_code::kUpdateBrokerConfig, "storePathRootDir=/tmp/elsewhere\n").code,
            response_code::kNoPermission);
  EXPECT_EQ(client_.call(request_code::kUpdateBrokerConfig, "rocketmqHome=/tmp/$(id)\n").code,
            response_code::kSystemError);
  EXPECT_EQ(client_.call(request_code::kUpdateBrokerConfig, "autoCreateTopicEnable=2\n").code,
            response_code::kSystemError);
  EXPECT_EQ(client_.call(request_code::kUpdateBrokerConfig).code, response_code::kSystemError);
  EXPECT_EQ(names_.call(request_code::kUpdateNamesrvConfig, "rocketmqHome=/tmp\n").code,
            response_code::kNoPermission);
}

TEST_F(AdminTest, AMissingFieldIsNamed) {
  const auto answer = client_.call(request_code::kCreateTopic);
  EXPECT_EQ(answer.code, response_code::kSystemError);
  EXPECT_NE(answer.remark.find("topic"), std::string::npos) << answer.remark;
}

TEST_F(AdminTest, ListsCarryTheirTotals) {
  const auto topics = client_.call(request_code::kGetAllTopicConfig);
  const auto table = protocol::decode_body<protocol::TopicConfigSerializeWrapper>(topics.body);
  ASSERT_TRUE(table);
  EXPECT_EQ(number(topics, "totalTopicNum"), static_cast<std::int64_t>(table->topics.size()));
  for (const auto* name :
       {"TBW102", "BenchmarkTest", "SELF_TEST_TOPIC", "DefaultCluster", "broker-a", "OFFSET_MOVED_EVENT",
        "SCHEDULE_TOPIC_XXXX", "DefaultCluster_REPLY_TOPIC", "RMQ_SYS_TRANS_HALF_TOPIC",
        "RMQ_SYS_TRANS_OP_HALF_TOPIC", "rmq_sys_wheel_timer"}) {
    EXPECT_TRUE(table->topics.contains(name)) << name;
  }
  EXPECT_EQ(table->topics.at("TBW102").perm, 7);
  EXPECT_EQ(table->topics.at("SCHEDULE_TOPIC_XXXX").write_queues, 18);
  const auto groups = client_.call(request_code::kGetAllSubscriptionGroupConfig);
  const auto group_table = protocol::decode_body<protocol::SubscriptionGroupWrapper>(groups.body);
  ASSERT_TRUE(group_table);
  EXPECT_EQ(number(groups, "totalGroupNum"), static_cast<std::int64_t>(group_table->groups.size()));
  EXPECT_TRUE(group_table->groups.contains("TOOLS_CONSUMER"));
}

TEST_F(AdminTest, TheRouteFollowsTheAddressTheClientConnectedTo) {
  protocol::GetRouteInfoByTopicRequest route;
  route.topic = "TBW102";
  const auto answer = names_.call(route);
  const auto body = protocol::decode_body<protocol::TopicRouteData>(answer.body);
  ASSERT_TRUE(body);
  ASSERT_EQ(body->brokers.size(), 1U);
  EXPECT_EQ(body->brokers[0].addresses.at(0), "127.0.0.1:" + std::to_string(node_.port()));
  EXPECT_NE(answer.body.find(R"("brokerAddrs":{"0":")"), std::string::npos) << "quoted keys, no blanks";
  EXPECT_EQ(answer.body, names_.call(route).body) << "stable, or the Go client publishes it again";
}

TEST_F(AdminTest, ClusterAndTopicListsNameThisBroker) {
  const auto clusters =
      protocol::decode_body<protocol::ClusterInfo>(names_.call(request_code::kGetBrokerClusterInfo).body);
  ASSERT_TRUE(clusters);
  EXPECT_EQ(clusters->clusters.at("DefaultCluster"), (std::vector<std::string>{"broker-a"}));
  const auto topics =
      protocol::decode_body<protocol::TopicList>(names_.call(request_code::kGetAllTopicListFromNamesrv).body);
  ASSERT_TRUE(topics);
  EXPECT_TRUE(std::ranges::find(topics->topics, "TBW102") != topics->topics.end());
  const auto system = protocol::decode_body<protocol::TopicList>(
      names_.call(request_code::kGetSystemTopicListFromNamesrv).body);
  ASSERT_TRUE(system);
  EXPECT_EQ(system->topics, (std::vector<std::string>{"DefaultCluster", "broker-a"}));
  protocol::GetTopicsByClusterRequest elsewhere;
  elsewhere.cluster = "Elsewhere";
  EXPECT_TRUE(protocol::decode_body<protocol::TopicList>(names_.call(elsewhere).body)->topics.empty());
}

TEST_F(AdminTest, SettingsAtTheNameServerSurviveARestart) {
  protocol::PutKvConfigRequest put;
  put.name_space = "ORDER_TOPIC_CONFIG";
  put.key = "T";
  put.value = "broker-a:8";
  ASSERT_EQ(names_.call(put).code, response_code::kSuccess);
  node_.restart();
  TestClient names(node_.namesrv());
  protocol::GetKvConfigRequest get;
  get.name_space = "ORDER_TOPIC_CONFIG";
  get.key = "T";
  EXPECT_EQ(names.call(get).find("value"), "broker-a:8");
  protocol::GetKvListByNamespaceRequest list;
  list.name_space = "ORDER_TOPIC_CONFIG";
  EXPECT_EQ(protocol::decode_body<protocol::KVTable>(names.call(list).body)->table.at("T"), "broker-a:8");
  protocol::DeleteKvConfigRequest remove;
  remove.name_space = "ORDER_TOPIC_CONFIG";
  remove.key = "T";
  ASSERT_EQ(names.call(remove).code, response_code::kSuccess);
  EXPECT_EQ(names.call(get).code, response_code::kQueryNotFound);
  EXPECT_EQ(names.call(list).code, response_code::kQueryNotFound);
}

TEST_F(AdminTest, StatisticsSayWhereQueuesAndGroupsStand) {
  client_.heartbeat("c", "g", {{"T", "*"}});
  for (int i = 0; i < 3; ++i) ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, 0);
  client_.pull("g", "T", 0, 0);
  protocol::UpdateConsumerOffsetRequest commit;
  commit.consumer_group = "g";
  commit.topic = "T";
  commit.commit_offset = 2;
  client_.call(commit);
  protocol::GetTopicStatsInfoRequest topic_stats;
  topic_stats.topic = "T";
  const auto topic = protocol::decode_body<protocol::TopicStatsTable>(client_.call(topic_stats).body);
  ASSERT_TRUE(topic);
  ASSERT_EQ(topic->offsets.size(), 4U);
  EXPECT_EQ(topic->offsets.at({"T", "broker-a", 0}).max_offset, 3);
  EXPECT_EQ(topic->offsets.at({"T", "broker-a", 0}).last_update_ms, base::to_millis(node_.clock.now()));
  EXPECT_EQ(topic->offsets.at({"T", "broker-a", 1}).last_update_ms, 0);
  protocol::GetConsumeStatsRequest consume_stats;
  consume_stats.consumer_group = "g";
  const auto stats = protocol::decode_body<protocol::ConsumeStats>(client_.call(consume_stats).body);
  ASSERT_TRUE(stats);
  const auto& position = stats->offsets.at({"T", "broker-a", 0});
  EXPECT_EQ(position.broker_offset, 3);
  EXPECT_EQ(position.consumer_offset, 2);
  EXPECT_EQ(position.pull_offset, 3);
  topic_stats.topic = "nowhere";
  EXPECT_EQ(client_.call(topic_stats).code, response_code::kTopicNotExist);
}

TEST_F(AdminTest, ConnectionsAndListings) {
  protocol::GetConsumerConnectionListRequest consumers;
  consumers.consumer_group = "g";
  EXPECT_EQ(client_.call(consumers).code, response_code::kConsumerNotOnline);
  client_.heartbeat("c", "g", {{"T", "A"}});
  const auto connection = protocol::decode_body<protocol::ConsumerConnection>(client_.call(consumers).body);
  ASSERT_TRUE(connection);
  ASSERT_EQ(connection->connections.size(), 1U);
  EXPECT_EQ(connection->connections[0].client_id, "c");
  EXPECT_EQ(connection->subscriptions.at("T").expression, "A");
  protocol::QueryTopicConsumeByWhoRequest by_who;
  by_who.topic = "T";
  EXPECT_EQ(protocol::decode_body<protocol::GroupList>(client_.call(by_who).body)->groups,
            (std::vector<std::string>{"g"}));
  protocol::QueryTopicsByConsumerRequest by_consumer;
  by_consumer.group = "g";
  EXPECT_EQ(protocol::decode_body<protocol::TopicList>(client_.call(by_consumer).body)->topics,
            (std::vector<std::string>{"T"}));
  protocol::GetProducerConnectionListRequest producers;
  producers.producer_group = "p";
  EXPECT_EQ(client_.call(producers).code, response_code::kSystemError);
  protocol::HeartbeatData heartbeat;
  heartbeat.producers = {{"p"}};
  client_.call(request_code::kHeartBeat, protocol::encode_body(heartbeat));
  EXPECT_EQ(client_.call(producers).code, response_code::kSuccess);
}

TEST_F(AdminTest, MessagesAreFoundByIdAndByKey) {
  const auto sent = client_.send({.topic = "T",
                                  .body = "x",
                                  .keys = "k1 k2",
                                  .properties = {{"UNIQ_KEY", "0A000005000100000000000000000001"}}});
  const auto at = parse_offset_message_id(*sent.find("msgId"))->at.value();
  protocol::ViewMessageByIdRequest view;
  view.log_offset = at;
  EXPECT_EQ(bodies_of(client_.call(view).body), (std::vector<std::string>{"x"}));
  view.log_offset = at + 1;
  EXPECT_EQ(client_.call(view).code, response_code::kSystemError);
  protocol::QueryMessageRequest query;
  query.topic = "T";
  query.end_ms = std::int64_t{1} << 60;
  for (const auto* key : {"k1", "k2", "0A000005000100000000000000000001"}) {
    query.key = key;
    const auto found = client_.call(query);
    EXPECT_EQ(found.code, response_code::kSuccess) << key;
    EXPECT_EQ(bodies_of(found.body), (std::vector<std::string>{"x"})) << key;
    EXPECT_EQ(number(found, "indexLastUpdatePhyoffset"), at);
  }
  query.key = "k";
  EXPECT_EQ(client_.call(query).code, response_code::kQueryNotFound);
}

TEST_F(AdminTest, RuntimeInfoHasWhatToolsParse) {
  ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  const auto info =
      protocol::decode_body<protocol::KVTable>(client_.call(request_code::kGetBrokerRuntimeInfo).body);
  ASSERT_TRUE(info);
  for (const auto* key : {"putTps", "getTotalTps", "getTransferredTps", "getFoundTps", "getMissTps"}) {
    const auto& text = info->table.at(key);
    EXPECT_EQ(std::ranges::count(text, ' '), 2) << key << ": " << text;
  }
  EXPECT_EQ(info->table.at("msgPutTotalTodayNow"), "1");
  EXPECT_EQ(info->table.at("scheduleMessageOffset_18"), "0,0");
  const auto config = client_.call(request_code::kGetBrokerConfig);
  EXPECT_NE(config.body.find("brokerName=broker-a\n"), std::string::npos);
  EXPECT_TRUE(config.find("version"));
}

// The list is the contract, and no code has two processors.
TEST_F(AdminTest, TheBrokerServesTheseCodesAndTheNameServerThose) {
  const auto codes = [](const broker::Router& router) {
    std::vector<std::int32_t> all;
    for (const auto& row : router.rows()) {
      EXPECT_FALSE(row.name.empty()) << row.code;
      all.push_back(row.code);
    }
    return all;
  };
  EXPECT_EQ(
      codes(node_.node().broker_router()),
      (std::vector<std::int32_t>{
          10,  11,  12,  14,  15,  17,    18,    21,     25,     26,     28,     29,     30,     31,    32,
          33,  34,  35,  36,  37,  38,    41,    42,     43,     46,     200,    201,    202,    203,   204,
          207, 208, 215, 222, 223, 225,   300,   303,    305,    306,    307,    308,    309,    310,   314,
          315, 316, 317, 320, 321, 323,   324,   325,    328,    329,    343,    345,    351,    352,   353,
          361, 370, 400, 401, 907, 30001, 30002, 200050, 200051, 200052, 200053, 200054, 200055, 200151}));
  EXPECT_EQ(codes(node_.node().namesrv_router()),
            (std::vector<std::int32_t>{100, 101, 102, 103, 104, 105, 106, 205, 206, 216,
                                       217, 219, 224, 304, 318, 319, 322, 327, 901, 904}));
}

}  // namespace
}  // namespace mq::apps
