// Groups that are moved to another place (rocketmq-wire.md 4.13).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using namespace std::chrono_literals;
using broker::testing::number;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;

class ResetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    begun_ms_ = base::to_millis(node_.clock.now());
    for (int i = 0; i < 10; ++i) {
      client_.send({.topic = "T", .body = std::to_string(i)});
      node_.clock.advance(1s);
    }
    client_.heartbeat("c", "g", {{"T", "*"}});
    commit(9);
  }
  protocol::Command commit(std::int64_t offset) {
    protocol::UpdateConsumerOffsetRequest update;
    update.consumer_group = "g";
    update.topic = "T";
    update.commit_offset = offset;
    return client_.call(update);
  }
  std::int64_t stored(const std::string& group = "g") {
    protocol::QueryConsumerOffsetRequest query;
    query.consumer_group = group;
    query.topic = "T";
    query.set_zero_if_not_found = false;
    const auto answer = client_.call(query);
    return answer.code == response_code::kSuccess ? number(answer, "offset") : -1;
  }
  static protocol::ResetOffsetRequest request(std::int64_t timestamp) {
    protocol::ResetOffsetRequest reset;
    reset.topic = "T";
    reset.group = "g";
    reset.timestamp = timestamp;
    return reset;
  }
  // Of queue 0, by the answer.
  std::int64_t reset(const protocol::ResetOffsetRequest& asked) {
    const auto answer = client_.call(asked);
    EXPECT_EQ(answer.code, response_code::kSuccess) << answer.remark;
    const auto body = protocol::decode_body<protocol::ResetOffsetBody>(answer.body);
    return body ? body->offsets.at({"T", "broker-a", 0}) : -1;
  }

  Node node_;
  TestClient client_{node_.port()};
  std::int64_t begun_ms_ = 0;
};

TEST_F(ResetTest, AGroupGoesOnFromATime) {
  EXPECT_EQ(reset(request(begun_ms_ + 4000)), 4);
  EXPECT_EQ(stored(), 4);
  EXPECT_EQ(reset(request(-1)), 10) << "a negative time is the end";
  node_.restart();
  TestClient later(node_.port());
  protocol::QueryConsumerOffsetRequest query;
  query.consumer_group = "g";
  query.topic = "T";
  EXPECT_EQ(number(later.call(query), "offset"), 10);
}

TEST_F(ResetTest, ARunningConsumerIsToldByItsNextPullAndOverheardBefore) {
  reset(request(begun_ms_));
  EXPECT_EQ(commit(9).code, response_code::kSuccess);
  EXPECT_EQ(stored(), 0) << "the commit of a consumer that does not know yet";
  const auto told = client_.pull("g", "T", 0, 9);
  EXPECT_EQ(told.code, response_code::kPullOffsetMoved);
  EXPECT_EQ(number(told, "nextBeginOffset"), 0);
  EXPECT_EQ(client_.pull("g", "T", 0, 9).code, response_code::kSuccess) << "told once";
  commit(9);
  EXPECT_EQ(stored(), 9);
}

TEST_F(ResetTest, AHeldPullIsSentBackAtOnce) {
  auto held = TestClient::pull_request("g", "T", 0, 10);
  held.sys_flag |= protocol::pull_flag::kSuspend;
  held.suspend_ms = 20'000;
  const auto opaque = client_.start(protocol::make_request(held));
  TestClient tool(node_.port());
  ASSERT_FALSE(client_.wait(opaque, 100));
  tool.call(request(begun_ms_));
  const auto answer = client_.wait(opaque, 5000);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, response_code::kPullNotFound);
  EXPECT_EQ(client_.pull("g", "T", 0, 10).code, response_code::kPullOffsetMoved);
}

TEST_F(ResetTest, OneQueueMayBeMovedToAnOffsetThatExists) {
  auto one = request(0);
  one.queue = 0;
  one.offset = 7;
  EXPECT_EQ(reset(one), 7);
  one.offset = 11;
  EXPECT_EQ(client_.call(one).code, response_code::kSystemError);
  one.queue = 99;
  EXPECT_EQ(client_.call(one).code, response_code::kSystemError);
  EXPECT_EQ(stored(), 7);
}

TEST_F(ResetTest, WhatIsNotThereIsNamed) {
  auto nowhere = request(0);
  nowhere.topic = "nowhere";
  EXPECT_EQ(client_.call(nowhere).code, response_code::kTopicNotExist);
  auto nobody = request(0);
  nobody.group = "nobody";
  EXPECT_EQ(client_.call(nobody).code, response_code::kSubscriptionGroupNotExist);
}

TEST_F(ResetTest, AGroupCanBeginWhereAnotherOneStands) {
  protocol::CloneGroupOffsetRequest clone;
  clone.from_group = "g";
  clone.to_group = "h";
  clone.topic = "T";
  ASSERT_EQ(client_.call(clone).code, response_code::kSuccess);
  EXPECT_EQ(stored("h"), 9);
  // A group that consumes the topic now is left alone, unless the tool insists.
  client_.heartbeat("d", "h", {{"T", "*"}});
  commit(2);
  ASSERT_EQ(client_.call(clone).code, response_code::kSuccess);
  EXPECT_EQ(stored("h"), 9);
  clone.offline = true;
  ASSERT_EQ(client_.call(clone).code, response_code::kSuccess);
  EXPECT_EQ(stored("h"), 2);
}

}  // namespace
}  // namespace mq::apps
