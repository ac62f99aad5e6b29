#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/model/batch.hpp"
#include "mq/model/properties.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using broker::testing::bodies_of;
using broker::testing::number;
using broker::testing::records_of;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

class SendPullTest : public ::testing::Test {
 protected:
  std::int32_t send(const std::string& body, std::int32_t queue = 0, const std::string& tag = "") {
    return client_.send({.topic = "T", .body = body, .queue = queue, .tag = tag}).code;
  }
  Node node_;
  TestClient client_{node_.port()};
};

TEST_F(SendPullTest, AMessageComesBackAsItWasSentAndWithWhatTheBrokerAdds) {
  const auto sent = client_.send({.topic = "T",
                                  .body = "hello \x01 \n 你好",
                                  .queue = 1,
                                  .tag = "A",
                                  .keys = "k1 k2",
                                  .properties = {{"UNIQ_KEY", "U1"}, {"own", "值"}}});
  ASSERT_EQ(sent.code, response_code::kSuccess) << sent.remark;
  EXPECT_EQ(number(sent, "queueId"), 1);
  EXPECT_EQ(number(sent, "queueOffset"), 0);
  EXPECT_EQ(sent.find("transactionId"), "U1");
  EXPECT_EQ(sent.find("MSG_REGION"), "DefaultRegion");
  EXPECT_EQ(sent.find("TRACE_ON"), "true");
  const auto pulled = client_.pull("g", "T", 1, 0);
  ASSERT_EQ(pulled.code, response_code::kSuccess);
  EXPECT_EQ(pulled.remark, "FOUND");
  EXPECT_EQ(number(pulled, "nextBeginOffset"), 1);
  EXPECT_EQ(number(pulled, "minOffset"), 0);
  EXPECT_EQ(number(pulled, "maxOffset"), 1);
  EXPECT_EQ(number(pulled, "suggestWhichBrokerId"), 0);
  const auto records = records_of(pulled.body);
  ASSERT_EQ(records.size(), 1U);
  const auto& record = records[0];
  EXPECT_EQ(record.body, "hello \x01 \n 你好");
  EXPECT_EQ(record.topic, "T");
  EXPECT_EQ(record.born_ms, 1'700'000'000'000);
  EXPECT_EQ(record.properties.at("own"), "值");
  EXPECT_EQ(record.properties.at("TAGS"), "A");
  EXPECT_EQ(record.properties.at("CLUSTER"), "DefaultCluster");
  EXPECT_EQ(record.properties.at("MSG_REGION"), "DefaultRegion");
  const auto id = parse_offset_message_id(*sent.find("msgId"));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->at.value(), record.log_offset);
  EXPECT_EQ(id->host.port, node_.port()) << "tools connect to it";
}

TEST_F(SendPullTest, AMessageWithoutAUniqueKeyGetsOne) {
  ASSERT_EQ(send("x"), response_code::kSuccess);
  const auto records = records_of(client_.pull("g", "T", 0, 0).body);
  EXPECT_EQ(records.at(0).properties.at("UNIQ_KEY").size(), 32U);
}

TEST_F(SendPullTest, AnUnknownTopicIsMadeWithAsManyQueuesAsTheClientWants) {
  ASSERT_EQ(send("x", 3), response_code::kSuccess);
  EXPECT_EQ(send("x", 4), response_code::kInvalidParameter) << "the stock default is 4 queues";
  protocol::GetTopicConfigRequest ask;
  ask.topic = "T";
  const auto config = protocol::decode_body<protocol::TopicConfig>(client_.call(ask).body);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->write_queues, 4);
  EXPECT_EQ(config->perm, 6);
}

TEST_F(SendPullTest, WhatMayNotBeSentIsRefusedWithItsCode) {
  const auto code_of = [&](TestClient::Outgoing message) { return client_.send(message).code; };
  EXPECT_EQ(code_of({.topic = "no blanks", .body = "x"}), response_code::kInvalidParameter);
  EXPECT_EQ(code_of({.topic = std::string(128, 't'), .body = "x"}), response_code::kInvalidParameter);
  EXPECT_EQ(code_of({.topic = "", .body = "x"}), response_code::kInvalidParameter);
  EXPECT_EQ(code_of({.topic = "SCHEDULE_TOPIC_XXXX", .body = "x"}), response_code::kNoPermission);
  EXPECT_EQ(code_of({.topic = "%RETRY%nobody", .body = "x"}), response_code::kSubscriptionGroupNotExist);
  EXPECT_EQ(code_of({.topic = "T", .body = std::string((4 << 20) + 1, 'x')}), response_code::kMessageIllegal);
  EXPECT_EQ(code_of({.topic = "T", .body = "x", .properties = {{"TIMER_DELAY_SEC", "999999999"}}}),
            response_code::kMessageIllegal);
  EXPECT_EQ(code_of({.topic = "T", .body = "x", .properties = {{"TRAN_MSG", "true"}}}),
            response_code::kMessageIllegal)
      << "nobody could decide it";
  protocol::SendMessageV2Request no_template;
  no_template.topic = "U";
  no_template.default_topic = "NoSuchTemplate";
  const auto refused = client_.call(no_template, "x");
  EXPECT_EQ(refused.code, response_code::kTopicNotExist);
  EXPECT_EQ(refused.find("TRACE_ON"), "true") << "the Java client dereferences the map";
}

TEST_F(SendPullTest, ATopicWithoutWritePermissionTakesNothing) {
  protocol::CreateTopicRequest read_only;
  read_only.topic = "R";
  read_only.perm = 4;
  ASSERT_EQ(client_.call(read_only).code, response_code::kSuccess);
  EXPECT_EQ(client_.send({.topic = "R", .body = "x"}).code, response_code::kNoPermission);
}

TEST_F(SendPullTest, ANegativeQueueMeansAnyQueue) {
  for (int i = 0; i < 8; ++i) {
    const auto sent = client_.send({.topic = "T", .body = "x", .queue = -1});
    ASSERT_EQ(sent.code, response_code::kSuccess);
    EXPECT_LT(number(sent, "queueId"), 4);
  }
}

TEST_F(SendPullTest, ABatchGetsContiguousOffsetsAndItsMessagesKeepTheirOwnProperties) {
  std::vector<BatchItem> items(3);
  const std::vector<std::string> bodies{"one", "two", "three"};
  const std::vector<std::string> properties{
      "TAGS\x01"
      "A\x02UNIQ_KEY\x01u1\x02",
      "TAGS\x01"
      "B\x02",
      ""};
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i] = {static_cast<std::int32_t>(i), base::bytes_of(bodies[i]), properties[i]};
  }
  base::Bytes body;
  encode_batch(items, body);
  protocol::SendMessageV2Request header;
  header.topic = "T";
  header.queue = 2;
  header.batch = true;
  header.properties =
      "UNIQ_KEY\x01"
      "all\x02";
  ASSERT_EQ(send("before", 2), response_code::kSuccess);
  const auto sent = client_.call(header, std::string(base::text_of(body)));
  ASSERT_EQ(sent.code, response_code::kSuccess) << sent.remark;
  EXPECT_EQ(number(sent, "queueOffset"), 1);
  EXPECT_EQ(sent.find("transactionId"), "all");
  EXPECT_EQ(std::ranges::count(*sent.find("msgId"), ','), 2);
  const auto records = records_of(client_.pull("g", "T", 2, 1).body);
  ASSERT_EQ(records.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(records[i].body, bodies[i]);
    EXPECT_EQ(records[i].queue_offset, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(records[i].flag, static_cast<std::int32_t>(i));
  }
  EXPECT_EQ(records[0].properties, parse_properties(properties[0])) << "nothing is added";
}

TEST_F(SendPullTest, ABrokenBatchOrOneForARetryTopicIsIllegal) {
  protocol::SendMessageV2Request header;
  header.topic = "T";
  header.batch = true;
  EXPECT_EQ(client_.call(header, "not a batch").code, response_code::kMessageIllegal);
  client_.heartbeat("c", "g", {{"T", "*"}});
  header.topic = "%RETRY%g";
  EXPECT_EQ(client_.call(header, "x").code, response_code::kMessageIllegal);
}

TEST_F(SendPullTest, AOnewaySendIsStoredAndNotAnswered) {
  client_.oneway(TestClient::send_request({.topic = "T", .body = "quiet"}));
  const auto loud = client_.send({.topic = "T", .body = "loud"});
  EXPECT_EQ(number(loud, "queueOffset"), 1);
  EXPECT_EQ(bodies_of(client_.pull("g", "T", 0, 0).body), (std::vector<std::string>{"quiet", "loud"}));
}

TEST_F(SendPullTest, ATagFilterLetsThroughWhatItNamesAndNothingElse) {
  send("a", 0, "Aa");
  send("b", 0, "BB");
  send("c", 0, "C");
  const auto pulled = client_.pull("g", "T", 0, 0, "BB || C");
  EXPECT_EQ(bodies_of(pulled.body), (std::vector<std::string>{"b", "c"}));
  const auto nothing = client_.pull("g", "T", 0, 0, "D");
  EXPECT_EQ(nothing.code, response_code::kPullRetryImmediately);
  EXPECT_EQ(number(nothing, "nextBeginOffset"), 3);
  EXPECT_EQ(client_.pull("g", "T", 0, 0, "||").code, response_code::kSubscriptionParseFailed);
}

TEST_F(SendPullTest, AHeldPullIsAnsweredWhenAMessageForItArrives) {
  send("first");
  auto header = TestClient::pull_request("g", "T", 0, 1);
  header.sys_flag |= protocol::pull_flag::kSuspend;
  header.subscription = "wanted";
  const auto held = client_.start(protocol::make_request(header));
  TestClient producer(node_.port());
  ASSERT_EQ(producer.send({.topic = "T", .body = "x", .tag = "other"}).code, response_code::kSuccess);
  EXPECT_FALSE(client_.wait(held, 100)) << "not for its filter";
  ASSERT_EQ(producer.send({.topic = "T", .body = "y", .tag = "wanted"}).code, response_code::kSuccess);
  const auto answer = client_.wait(held);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, response_code::kSuccess);
  EXPECT_EQ(bodies_of(answer->body), (std::vector<std::string>{"y"}));
}

TEST_F(SendPullTest, AHeldPullFindsItsMessageBehindABurstOfOthers) {
  send("first");
  auto header = TestClient::pull_request("g", "T", 0, 1);
  header.sys_flag |= protocol::pull_flag::kSuspend;
  header.subscription = "wanted";
  const auto held = client_.start(protocol::make_request(header));
  const std::string other = "TAGS\x01other\x02";
  const std::string wanted = "TAGS\x01wanted\x02";
  std::vector<BatchItem> items(1000, BatchItem{0, base::bytes_of("x"), other});
  items.push_back({0, base::bytes_of("y"), wanted});
  base::Bytes body;
  encode_batch(items, body);
  protocol::SendMessageV2Request batch;
  batch.topic = "T";
  batch.batch = true;
  TestClient producer(node_.port());
  ASSERT_EQ(producer.call(batch, std::string(base::text_of(body))).code, response_code::kSuccess);
  const auto answer = client_.wait(held, 5000);
  ASSERT_TRUE(answer) << "no other message is coming to wake it";
  EXPECT_EQ(bodies_of(answer->body), (std::vector<std::string>{"y"}));
}

TEST_F(SendPullTest, AHeldPullIsToldNothingWhenItsTimeIsOver) {
  send("first");
  auto header = TestClient::pull_request("g", "T", 0, 1);
  header.sys_flag |= protocol::pull_flag::kSuspend;
  header.suspend_ms = 30;
  const auto answer = client_.call(header);
  EXPECT_EQ(answer.code, response_code::kPullNotFound);
  EXPECT_EQ(number(answer, "nextBeginOffset"), 1);
}

TEST_F(SendPullTest, AHeldPullThatPassedOverMessagesReportsItsProgressAtTheEnd) {
  send("first");
  auto header = TestClient::pull_request("g", "T", 0, 1);
  header.sys_flag |= protocol::pull_flag::kSuspend;
  header.subscription = "wanted";
  header.suspend_ms = 300;
  const auto held = client_.start(protocol::make_request(header));
  TestClient producer(node_.port());
  ASSERT_EQ(producer.send({.topic = "T", .body = "x", .tag = "other"}).code, response_code::kSuccess);
  const auto answer = client_.wait(held);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, response_code::kPullRetryImmediately);
  EXPECT_EQ(number(*answer, "nextBeginOffset"), 2);
}

TEST_F(SendPullTest, WithoutItsOwnSubscriptionAPullNeedsAHeartbeatThatNamesTheTopic) {
  send("x", 0, "A");
  auto header = TestClient::pull_request("g", "T", 0, 0);
  header.sys_flag = 0;
  header.subscription.clear();
  header.sub_version = 7;
  EXPECT_EQ(client_.call(header).code, response_code::kSubscriptionNotExist);
  client_.heartbeat("c", "g", {{"U", "*"}}, 7);
  EXPECT_EQ(client_.call(header).code, response_code::kSubscriptionNotExist);
  client_.heartbeat("c", "g", {{"T", "A"}}, 6);
  EXPECT_EQ(client_.call(header).code, response_code::kSubscriptionNotLatest);
  client_.heartbeat("c", "g", {{"T", "A"}}, 7);
  EXPECT_EQ(bodies_of(client_.call(header).body), (std::vector<std::string>{"x"}));
}

TEST_F(SendPullTest, AnSqlSubscriptionIsRefusedWithAReason) {
  send("x");
  auto header = TestClient::pull_request("g", "T", 0, 0);
  header.expression_type = "SQL92";
  const auto answer = client_.call(header);
  EXPECT_EQ(answer.code, response_code::kSystemError);
  EXPECT_NE(answer.remark.find("SQL92"), std::string::npos);
}

TEST_F(SendPullTest, UnknownCodesAreNamedInTheAnswerAndOnewaysAreNotAnswered) {
  const auto answer = client_.call(4711);
  EXPECT_EQ(answer.code, response_code::kRequestCodeNotSupported);
  EXPECT_EQ(answer.remark, " request type 4711 not supported");
  protocol::Command request;
  request.code = 4711;
  client_.oneway(request);
  EXPECT_EQ(client_.call(request_code::kGetBrokerRuntimeInfo).code, response_code::kSuccess);
}

}  // namespace
}  // namespace mq::apps
