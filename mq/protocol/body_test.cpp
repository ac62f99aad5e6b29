#include "mq/protocol/body.hpp"

#include <gtest/gtest.h>

#include "mq/protocol/bodies.hpp"

namespace mq::protocol {
namespace {

TEST(RouteBody, IsCompactOrderedAndQuotesItsNumericKeys) {
  const TopicRouteData route{
      .brokers = {{.addresses = {{1, "10.0.0.6:10911"}, {0, "10.0.0.5:10911"}},
                   .broker = "broker-a",
                   .cluster = "C"}},
      .queues = {
          {.broker = "broker-a", .perm = 6, .read_queues = 8, .topic_sys_flag = 0, .write_queues = 4}}};
  EXPECT_EQ(encode_body(route),
            R"({"brokerDatas":[{"brokerAddrs":{"0":"10.0.0.5:10911","1":"10.0.0.6:10911"},)"
            R"("brokerName":"broker-a",)"
            R"("cluster":"C","enableActingMaster":false}],"filterServerTable":{},)"
            R"("queueDatas":[{"brokerName":"broker-a",)"
            R"("perm":6,"readQueueNums":8,"topicSysFlag":0,"writeQueueNums":4}]})");
  EXPECT_EQ(*decode_body<TopicRouteData>(encode_body(route)), route);
}

TEST(RouteBody, IsReadWithRawNumericKeys) {
  const auto route = decode_body<TopicRouteData>(
      R"({"brokerDatas":[{"brokerAddrs":{0:"a:1",1:"b:2"},"brokerName":"x"}],"orderTopicConf":"x:4"})");
  ASSERT_TRUE(route.has_value());
  EXPECT_EQ(route->brokers[0].addresses, (std::map<std::int64_t, std::string>{{0, "a:1"}, {1, "b:2"}}));
  EXPECT_EQ(route->order_topic_conf, "x:4");
}

TEST(HeartbeatBody, IsReadAsJavaWritesIt) {
  const std::string text =
      R"({"clientID":"10.0.0.9@1234#5678",)"
      R"("consumerDataSet":[{"consumeFromWhere":"CONSUME_FROM_TIMESTAMP",)"
      R"("consumeType":"CONSUME_PASSIVELY","groupName":"g1","messageModel":"CLUSTERING",)"
      R"("subscriptionDataSet":)"
      R"([{"classFilterMode":false,"codeSet":[66,65],"expressionType":"TAG","subString":"A || B",)"
      R"("subVersion":1700000000000,"tagsSet":["A","B"],"topic":"T"}],"unitMode":false}],)"
      R"("heartbeatFingerprint":0,)"
      R"("producerDataSet":[{"groupName":"CLIENT_INNER_PRODUCER"}],"withoutSub":false})";
  const auto heartbeat = decode_body<HeartbeatData>(text);
  ASSERT_TRUE(heartbeat.has_value());
  EXPECT_EQ(heartbeat->client_id, "10.0.0.9@1234#5678");
  EXPECT_EQ(heartbeat->consumers[0].from_where, ConsumeFromWhere::timestamp);
  EXPECT_EQ(heartbeat->consumers[0].subscriptions[0].codes, (std::vector<std::int32_t>{66, 65}));
  EXPECT_EQ(heartbeat->consumers[0].subscriptions[0].version, 1700000000000);
  EXPECT_EQ(heartbeat->producers[0].group, "CLIENT_INNER_PRODUCER");
  EXPECT_EQ(encode_body(*heartbeat), text);
}

TEST(HeartbeatBody, IsReadAsTheCppClientWritesIt) {
  const auto heartbeat = decode_body<HeartbeatData>(
      R"({"clientID":"c","consumerDataSet":[{"consumeFromWhere":4,"consumeType":0,"groupName":"g",)"
      R"("messageModel":"0",)"
      R"("subscriptionDataSet":[{"codeSet":null,"subString":"*","subVersion":"1700000000000",)"
      R"("tagsSet":null,"topic":"T"}]}]})"
      "\n");
  ASSERT_TRUE(heartbeat.has_value());
  const auto& consumer = heartbeat->consumers[0];
  EXPECT_EQ(consumer.from_where, ConsumeFromWhere::first);
  EXPECT_EQ(consumer.type, ConsumeType::actively);
  EXPECT_EQ(consumer.model, MessageModel::broadcasting);
  EXPECT_EQ(consumer.subscriptions[0].expression_type, "TAG");
  EXPECT_EQ(consumer.subscriptions[0].version, 1700000000000);
  EXPECT_TRUE(heartbeat->producers.empty());
}

TEST(HeartbeatBody, RefusesAnEnumNobodyKnows) {
  for (const char* model : {"7", "-1", "\"SHARING\"", "{}", "1.5"}) {
    const auto text = std::string(R"({"consumerDataSet":[{"messageModel":)") + model + "}]}";
    EXPECT_TRUE(decode_body<HeartbeatData>(text).has_error()) << model;
  }
}

const MessageQueue kQueue{.topic = "T", .broker = "b", .queue = 1};

TEST(QueueKeyedBody, WritesRawObjectKeysAndReadsThem) {
  const TopicStatsTable stats{.offsets = {{kQueue, {.last_update_ms = 5, .max_offset = 10, .min_offset = 2}}},
                              .put_tps = 0};
  const std::string text =
      R"({"offsetTable":{{"brokerName":"b","queueId":1,"topic":"T"}:{"lastUpdateTimestamp":5,)"
      R"("maxOffset":10,"minOffset":2}},)"
      R"("topicPutTps":0.0})";
  EXPECT_EQ(encode_body(stats), text);
  EXPECT_EQ(*decode_body<TopicStatsTable>(text), stats);
}

TEST(QueueKeyedBody, KeepsQuotesInNamesApart) {
  const ResetOffsetBody odd{.offsets = {{{.topic = "a\"}{b", .broker = "\\", .queue = -1}, 7}, {kQueue, -3}}};
  EXPECT_EQ(*decode_body<ResetOffsetBody>(encode_body(odd)), odd);
}

TEST(QueueKeyedBody, RefusesAKeyThatIsNoQueue) {
  EXPECT_TRUE(decode_body<ResetOffsetBody>(R"({"offsetTable":{"x":1}})").has_error());
  EXPECT_TRUE(decode_body<ResetOffsetBody>(R"({"offsetTable":{{"queueId":[]}:1}})").has_error());
}

TEST(LockBody, IsReadAndWritten) {
  const auto request = decode_body<LockBatchRequest>(
      R"({"clientId":"c","consumerGroup":"g","mqSet":[{"brokerName":"b","queueId":1,"topic":"T"}],)"
      R"("onlyThisBroker":true})");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->queues, std::vector{kQueue});
  EXPECT_TRUE(request->only_this_broker);
  EXPECT_EQ(encode_body(LockBatchResponse{.locked = {kQueue}}),
            R"({"lockOKMQSet":[{"brokerName":"b","queueId":1,"topic":"T"}]})");
}

TEST(GroupBody, HasTheDefaultsOfRocketMq) {
  SubscriptionGroupConfig group;
  group.group = "g";
  EXPECT_EQ(encode_body(group),
            R"({"attributes":{},"brokerId":0,"consumeBroadcastEnable":true,"consumeEnable":true,)"
            R"("consumeFromMinEnable":true,"consumeMessageOrderly":false,"consumeTimeoutMinute":15,)"
            R"("groupName":"g",)"
            R"("groupRetryPolicy":{"type":"CUSTOMIZED"},"groupSysFlag":0,)"
            R"("notifyConsumerIdsChangedEnable":true,)"
            R"("retryMaxTimes":16,"retryQueueNums":1,"whichBrokerWhenConsumeSlowly":1})");
  EXPECT_EQ(*decode_body<SubscriptionGroupConfig>(R"({"groupName":"g"})"), group);
}

TEST(StatsBody, WritesDoublesWithAPoint) {
  ConsumeStats stats;
  stats.consume_tps = 12.25;
  EXPECT_EQ(encode_body(stats), R"({"consumeTps":12.25,"offsetTable":{}})");
  stats.consume_tps = 3;
  EXPECT_EQ(encode_body(stats), R"({"consumeTps":3.0,"offsetTable":{}})");
  EXPECT_EQ(decode_body<ConsumeStats>(R"({"consumeTps":"2.5"})")->consume_tps, 2.5);
  EXPECT_EQ(decode_body<ConsumeStats>(R"({"consumeTps":2})")->consume_tps, 2.0);
}

TEST(StatsBody, NestsMapsAndLists) {
  const ConsumeStatsList list{
      .broker_address = "a:1", .stats = {{{"g", {ConsumeStats{}, ConsumeStats{}}}}, {}}, .total_diff = 3};
  EXPECT_EQ(encode_body(list),
            R"({"brokerAddr":"a:1","consumeStatsList":[{"g":[{"consumeTps":0.0,"offsetTable":{}},)"
            R"({"consumeTps":0.0,"offsetTable":{}}]},{}],"totalDiff":3,"totalInflightDiff":0})");
  EXPECT_EQ(*decode_body<ConsumeStatsList>(encode_body(list)), list);
}

TEST(Body, LeavesAbsentOptionalsOut) {
  EXPECT_EQ(encode_body(TopicList{.broker_address = {}, .topics = {"T"}}), R"({"topicList":["T"]})");
  EXPECT_EQ(decode_body<TopicList>(R"({"brokerAddr":null,"topicList":null})")->topics.size(), 0U);
}

TEST(Body, EscapesTexts) {
  const KVTable table{.table = {{"a\"b", "\x01\n订单"}}};
  EXPECT_EQ(encode_body(table), "{\"table\":{\"a\\\"b\":\"\\u0001\\n订单\"}}");
  EXPECT_EQ(*decode_body<KVTable>(encode_body(table)), table);
}

TEST(Body, TakesNumbersWhereTextsAreExpected) {
  EXPECT_EQ(decode_body<KVTable>(R"({"table":{"a":1,"b":true}})")->table,
            (std::map<std::string, std::string>{{"a", "1"}, {"b", "true"}}));
}

TEST(Body, RefusesWhatIsNoBody) {
  for (const char* bad :
       {"", "[]", "7", "null", "{", R"({"topicList":7})", R"({"topicList":{"a":1}})", R"({"topicList":[[]]})",
        R"({"topicList":["a"})", "{{{", R"({"topicList":[]}})", "\xff\xfe"}) {
    EXPECT_TRUE(decode_body<TopicList>(bad).has_error()) << bad;
  }
}

TEST(Body, RefusesNumbersOutOfRange) {
  for (const char* bad : {"2147483648", "\"2147483648\"", "1.5", "\"\"", "\"1x\"", "[]"}) {
    EXPECT_TRUE(decode_body<QueueData>(std::string(R"({"perm":)") + bad + "}").has_error()) << bad;
  }
  EXPECT_EQ(decode_body<QueueData>(R"({"perm":"6"})")->perm, 6);
}

TEST(Body, SurvivesDeepNesting) {
  EXPECT_TRUE(decode_body<TopicList>(std::string(1'000'000, '[')).has_error());
  std::string keys;
  for (int i = 0; i < 100'000; ++i) keys += "{";
  EXPECT_TRUE(decode_body<ResetOffsetBody>(R"({"offsetTable":)" + keys).has_error());
}

}  // namespace
}  // namespace mq::protocol
