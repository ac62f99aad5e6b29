// What tools list: producers, subscriptions, system topics, waiting times (rocketmq-wire.md 2.5).
#include <gmock/gmock.h>

#include <string>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using namespace std::chrono_literals;
using broker::testing::TestClient;
using ::testing::Contains;
using ::testing::Not;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

class ListingTest : public ::testing::Test {
 protected:
  Node node_;
  TestClient client_{node_.port()};
};

TEST_F(ListingTest, ProducersByGroup) {
  const auto list = [this] {
    return protocol::decode_body<protocol::ProducerTableInfo>(
               client_.call(request_code::kGetAllProducerInfo).body)
        ->producers;
  };
  EXPECT_TRUE(list().empty());
  protocol::HeartbeatData heartbeat;
  heartbeat.client_id = "p";
  heartbeat.producers = {{"A"}, {"B"}};
  client_.call(request_code::kHeartBeat, protocol::encode_body(heartbeat));
  const auto producers = list();
  ASSERT_EQ(producers.size(), 2U);
  EXPECT_EQ(producers.at("A").at(0).client_id, "p");
  EXPECT_TRUE(producers.at("B").at(0).remote.starts_with("/127.0.0.1:"));
  EXPECT_GT(producers.at("B").at(0).last_update_ms, 0);
}

TEST_F(ListingTest, WhatAGroupWantsOfATopic) {
  client_.send({.topic = "T", .body = "x"});
  client_.heartbeat("c", "g", {{"T", "paid || shipped"}});
  protocol::QuerySubscriptionByConsumerRequest request;
  request.group = "g";
  request.topic = "T";
  const auto body = protocol::decode_body<protocol::QuerySubscriptionBody>(client_.call(request).body);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->group, "g");
  EXPECT_EQ(body->subscription.expression, "paid || shipped");
  request.group = "nobody";
  EXPECT_EQ(client_.call(request).code, response_code::kSuccess) << "tools print what there is";
}

TEST_F(ListingTest, TheBrokersOwnTopics) {
  client_.send({.topic = "T", .body = "x"});
  const auto body = protocol::decode_body<protocol::TopicList>(
      client_.call(request_code::kGetSystemTopicListFromBroker).body);
  ASSERT_TRUE(body);
  EXPECT_THAT(body->topics, Contains("SCHEDULE_TOPIC_XXXX"));
  EXPECT_THAT(body->topics, Not(Contains("T")));
}

TEST_F(ListingTest, HowLongTheNextMessageWaitsForAGroup) {
  const auto begun_ms = base::to_millis(node_.clock.now());
  for (int i = 0; i < 3; ++i) {
    client_.send({.topic = "T", .body = "x"});
    node_.clock.advance(10s);
  }
  client_.heartbeat("c", "g", {{"T", "*"}});
  protocol::UpdateConsumerOffsetRequest commit;
  commit.consumer_group = "g";
  commit.topic = "T";
  commit.commit_offset = 1;
  client_.call(commit);
  protocol::QueryConsumeTimeSpanRequest request;
  request.group = "g";
  request.topic = "T";
  const auto body = protocol::decode_body<protocol::ConsumeTimeSpans>(client_.call(request).body);
  ASSERT_TRUE(body);
  ASSERT_FALSE(body->spans.empty());
  const auto& first = body->spans.at(0);
  EXPECT_EQ(first.queue.queue, 0);
  EXPECT_EQ(first.min_ms, begun_ms);
  EXPECT_EQ(first.max_ms, begun_ms + 20'000);
  EXPECT_EQ(first.consume_ms, begun_ms);
  EXPECT_EQ(first.delay_ms, 20'000);
  request.topic = "nowhere";
  EXPECT_EQ(client_.call(request).code, response_code::kTopicNotExist);
}

}  // namespace
}  // namespace mq::apps
