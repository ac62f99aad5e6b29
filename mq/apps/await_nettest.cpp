// GET /await: tests that need no sleep.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "mq/apps/http_testing.hpp"
#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/model/compression.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using namespace std::chrono_literals;
using broker::testing::number;
using broker::testing::TestClient;
using testing::http;
using testing::http_later;
using testing::object_of;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;

class AwaitTest : public ::testing::Test {
 protected:
  static BrokerConfig for_one_run() {
    auto config = Node::test_config();
    config.ephemeral = true;
    config.metrics = true;
    return config;
  }
  std::future<net::HttpResponse> await_later(const std::string& query) {
    return http_later("GET", node_.node().metrics_port(), "/await?" + query);
  }
  net::HttpResponse await(const std::string& query) {
    return http("GET", node_.node().metrics_port(), "/await?" + query);
  }

  Node node_{for_one_run()};
  TestClient client_{node_.port()};
};

TEST_F(AwaitTest, ItAnswersWhenTheMessagesAreThere) {
  auto waiting = await_later("topic=T&count=3&within=60s");
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(waiting.wait_for(20ms), std::future_status::ready) << i;
    client_.send({.topic = "T", .body = std::to_string(i), .queue = i, .tag = "paid", .keys = "a b"});
  }
  const auto response = waiting.get();
  ASSERT_EQ(response.status, 200) << response.body;
  const auto found = object_of(response);
  EXPECT_EQ(found.at("count"), 3);
  const auto& message = found.at("messages").as_array().at(1).as_object();
  EXPECT_EQ(message.at("body"), "1");
  EXPECT_EQ(message.at("tags"), "paid");
  EXPECT_EQ(message.at("keys"), "a b");
  EXPECT_EQ(message.at("queueId"), 1);
  EXPECT_EQ(message.at("queueOffset"), 0);
}

TEST_F(AwaitTest, WhoIsLateIsToldWhatWasThere) {
  client_.send({.topic = "T", .body = "one"});
  const auto response = await("topic=T&count=2&within=20ms");
  EXPECT_EQ(response.status, 408);
  const auto found = object_of(response);
  EXPECT_EQ(found.at("reached"), false);
  EXPECT_EQ(found.at("count"), 1);
  EXPECT_EQ(found.at("messages").as_array().at(0).at("body"), "one");
}

TEST_F(AwaitTest, AKeyAndATagPickMessages) {
  client_.send({.topic = "T", .body = "1", .tag = "paid", .keys = "o-1 u-7"});
  client_.send({.topic = "T", .body = "2", .tag = "shipped", .keys = "o-1"});
  client_.send(
      {.topic = "T", .body = "3", .tag = "paid", .keys = "o-11", .properties = {{"UNIQ_KEY", "U3"}}});
  EXPECT_EQ(object_of(await("topic=T&key=o-1&count=2")).at("count"), 2);
  EXPECT_EQ(object_of(await("topic=T&key=u-7")).at("messages").as_array().at(0).at("body"), "1");
  EXPECT_EQ(object_of(await("topic=T&key=U3")).at("messages").as_array().at(0).at("body"), "3");
  EXPECT_EQ(object_of(await("topic=T&tag=paid&key=o-1")).at("count"), 1);
  EXPECT_EQ(await("topic=T&key=o-2&within=1ms").status, 408);
}

TEST_F(AwaitTest, BodiesComeAsTheirProducerGaveThem) {
  const std::string large(20'000, 'z');
  auto compressed = TestClient::send_request(
      {.topic = "T", .body = compress_zlib(base::bytes_of(large)), .properties = {{"UNIQ_KEY", "large"}}});
  compressed.set("f", std::to_string(sys_flag::kCompressed));
  ASSERT_EQ(client_.call(compressed).code, response_code::kSuccess);
  client_.send({.topic = "T", .body = std::string("\xff\x00\x01", 3), .keys = "bytes"});
  client_.send({.topic = "T", .body = "发货", .keys = "text"});
  EXPECT_EQ(object_of(await("topic=T&key=large")).at("messages").as_array().at(0).at("body").as_string(),
            large);
  const auto bytes = object_of(await("topic=T&key=bytes")).at("messages").as_array().at(0).as_object();
  EXPECT_EQ(bytes.at("bodyBase64"), "/wAB");
  EXPECT_FALSE(bytes.contains("body"));
  EXPECT_EQ(object_of(await("topic=T&key=text")).at("messages").as_array().at(0).at("body"), "发货");
}

TEST_F(AwaitTest, AGroupIsThroughWhenItHasCommittedEverything) {
  client_.heartbeat("c", "g", {{"T", "*"}});
  for (int i = 0; i < 3; ++i) client_.send({.topic = "T", .body = "x"});
  EXPECT_EQ(object_of(await("topic=T&group=g&within=1ms")).at("behind"), 3);
  auto waiting = await_later("topic=T&group=g&within=60s");
  protocol::UpdateConsumerOffsetRequest commit;
  commit.consumer_group = "g";
  commit.topic = "T";
  commit.commit_offset = 2;
  client_.call(commit);
  EXPECT_NE(waiting.wait_for(50ms), std::future_status::ready);
  commit.commit_offset = 3;
  client_.call(commit);
  const auto response = waiting.get();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(object_of(response).at("behind"), 0);
}

// Stock consumers say how far they are with each pull, and else every five seconds.
TEST_F(AwaitTest, AMemberThatHoldsAPullIsAskedHowFarItIs) {
  client_.heartbeat("c", "g", {{"T", "*"}});
  client_.send({.topic = "T", .body = "x"});
  auto pull = TestClient::pull_request("g", "T", 0, 1);
  pull.sys_flag |= protocol::pull_flag::kSuspend;
  pull.suspend_ms = 20'000;
  const auto opaque = client_.start(protocol::make_request(pull));
  auto waiting = await_later("topic=T&group=g&within=60s");
  const auto asked = client_.wait(opaque, 10'000);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->code, response_code::kPullNotFound);
  pull.sys_flag |= protocol::pull_flag::kCommitOffset;
  pull.commit_offset = 1;
  client_.start(protocol::make_request(pull));
  EXPECT_EQ(waiting.get().status, 200);
}

TEST_F(AwaitTest, DeadLettersCanBeWaitedForBeforeTheirTopicIsThere) {
  auto waiting = await_later("topic=%25DLQ%25g&within=60s");
  EXPECT_NE(waiting.wait_for(20ms), std::future_status::ready);
  client_.heartbeat("c", "g", {{"T", "*"}});
  const auto sent = client_.send({.topic = "T", .body = "poison"});
  protocol::ConsumerSendMsgBackRequest back;
  back.group = "g";
  back.log_offset = parse_offset_message_id(*sent.find("msgId"))->at.value();
  back.delay_level = -1;
  back.origin_topic = "T";
  ASSERT_EQ(client_.call(back).code, response_code::kSuccess);
  const auto response = waiting.get();
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(object_of(response).at("messages").as_array().at(0).at("body"), "poison");
}

TEST_F(AwaitTest, AResetAnswersThoseWhoWait) {
  auto waiting = await_later("topic=T&within=60s");
  EXPECT_NE(waiting.wait_for(50ms), std::future_status::ready);
  // Perhaps the request is not there yet: it waits for the last reset then.
  while (waiting.wait_for(20ms) != std::future_status::ready) {
    ASSERT_EQ(http("POST", node_.node().metrics_port(), "/reset").status, 200);
  }
  EXPECT_EQ(waiting.get().status, 409);
}

TEST_F(AwaitTest, AStopAnswersThemToo) {
  auto waiting = await_later("topic=T&within=60s");
  EXPECT_NE(waiting.wait_for(50ms), std::future_status::ready);
  const auto began = std::chrono::steady_clock::now();
  node_.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
  try {
    EXPECT_EQ(waiting.get().status, 503);
  } catch (const boost::system::system_error&) {  // it came when nobody listened any more
  }
}

TEST_F(AwaitTest, OnlySoManyMayWait) {
  std::vector<std::future<net::HttpResponse>> waiting;
  for (std::size_t i = 0; i < broker::Awaits::kWaitingMax + 1; ++i) {
    waiting.push_back(await_later("topic=T&within=60s"));
  }
  int refused = 0;
  for (bool one_ended = false; !one_ended;) {
    for (auto& each : waiting) one_ended |= each.wait_for(1ms) == std::future_status::ready;
  }
  client_.send({.topic = "T", .body = "x"});
  for (auto& each : waiting) {
    const auto status = each.get().status;
    EXPECT_TRUE(status == 200 || status == 429) << status;
    refused += status == 429 ? 1 : 0;
  }
  EXPECT_EQ(refused, 1);
}

TEST_F(AwaitTest, WhatMakesNoSenseIsAnsweredWithASentence) {
  for (const auto* const query : {"", "topic=a/b", "topic=T&count=-1", "topic=T&within=5",
                                  "topic=T&within=61s", "topic=T&colour=red"}) {
    EXPECT_EQ(await(query).status, 400) << query;
  }
}

}  // namespace
}  // namespace mq::apps
