// Orderly pops, refused ones, and whether a group pops at all (rocketmq-wire.md 4.11, 4.12).
#include <memory>
#include <thread>

#include "mq/apps/pop_testing.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using namespace std::chrono_literals;
using namespace testing;  // NOLINT: the fixture and what it speaks of
using PopTest = PopOn<NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>>;

class OrderlyPopTest : public PopTest {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) send(std::to_string(i));
  }
  static protocol::PopMessageRequest orderly(const std::string& attempt, std::int64_t invisible_ms = kLong) {
    auto asked = request(invisible_ms);
    asked.order = true;
    asked.attempt_id = attempt;
    asked.max_count = 2;
    return asked;
  }
};

TEST_F(OrderlyPopTest, AQueueIsBlockedUntilItsMessagesAreAcknowledged) {
  const auto got = pop(orderly("1"));
  ASSERT_EQ(got.size(), 2U);
  EXPECT_TRUE(pop(orderly("2")).empty());
  EXPECT_EQ(ack(got[0]), response_code::kSuccess);
  EXPECT_TRUE(pop(orderly("2")).empty());
  TestClient waiting(node_.port());
  auto asked = orderly("3");
  asked.poll_ms = 15'000;
  const auto opaque = waiting.start(protocol::make_request(asked));
  EXPECT_FALSE(waiting.wait(opaque, 50));
  EXPECT_EQ(ack(got[1]), response_code::kSuccess);
  const auto answer = waiting.wait(opaque);
  ASSERT_TRUE(answer) << "the acknowledgement wakes who waits";
  EXPECT_EQ(sorted_bodies(messages(*answer)), Bodies{"2"});
  EXPECT_EQ(stored_offset(), 2);
}

TEST_F(OrderlyPopTest, WhatIsNotAcknowledgedInTimeComesAgainInOrderAndCounted) {
  ASSERT_EQ(pop(orderly("1", 1)).size(), 2U);
  auto asked = orderly("2");
  asked.poll_ms = 15'000;
  const auto answer = client_.call(asked);
  ASSERT_EQ(answer.code, response_code::kSuccess) << answer.remark;
  EXPECT_EQ(sorted_bodies(messages(answer)), (Bodies{"0", "1"}));
  EXPECT_EQ(answer.find("orderCountInfo"), "0 qo0%0 1;0 qo0%1 1;0 0 1");
  EXPECT_EQ(answer.find("reviveQid"), "999");
}

TEST_F(OrderlyPopTest, AnAnswerThatWasLostIsGivenAgain) {
  EXPECT_EQ(sorted_bodies(pop(orderly("1"))), (Bodies{"0", "1"}));
  EXPECT_EQ(sorted_bodies(pop(orderly("1"))), (Bodies{"0", "1"}));
  EXPECT_TRUE(pop(orderly("2")).empty());
}

TEST_F(OrderlyPopTest, AMessageMayBeKeptLonger) {
  const auto got = pop(orderly("1", 1));
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(change(got[1], kLong).code, response_code::kSuccess);
  std::this_thread::sleep_for(20ms);
  EXPECT_TRUE(pop(orderly("2")).empty());
}

class PopRefusalTest : public PopTest {
 protected:
  std::int32_t code_of(const protocol::PopMessageRequest& asked) { return client_.call(asked).code; }
  void SetUp() override { send("a"); }
};

TEST_F(PopRefusalTest, APopThatMakesNoSenseIsRefused) {
  auto asked = request();
  asked.topic = "Unknown";
  EXPECT_EQ(code_of(asked), response_code::kTopicNotExist);
  asked = request();
  asked.queue = 99;
  EXPECT_EQ(code_of(asked), response_code::kInvalidParameter);
  asked = request();
  asked.max_count = 33;
  EXPECT_EQ(code_of(asked), response_code::kInvalidParameter);
  asked = request();
  asked.consumer_group = std::string(248, 'g');
  EXPECT_EQ(code_of(asked), response_code::kInvalidParameter) << "its retry topic's name would be too long";
  asked = request();
  asked.born_ms = 1;
  EXPECT_EQ(code_of(asked), response_code::kPollingTimeout) << "its client gave up long ago";
}

TEST_F(PopRefusalTest, AGroupThatIsKeptFromATopicPopsNothingOfIt) {
  protocol::UpdateGroupForbiddenRequest keep;
  keep.group = "g";
  keep.topic = "T";
  keep.readable = false;
  ASSERT_EQ(client_.call(request()).code, response_code::kSuccess);
  ASSERT_EQ(client_.call(keep).code, response_code::kSuccess);
  EXPECT_EQ(code_of(request()), response_code::kNoPermission);
  keep.readable = true;
  ASSERT_EQ(client_.call(keep).code, response_code::kSuccess);
  EXPECT_EQ(code_of(request()), response_code::kPollingTimeout);
}

TEST_F(PopRefusalTest, AnAcknowledgementThatMakesNoSenseIsRefused) {
  const auto got = pop();
  ASSERT_EQ(got.size(), 1U);
  auto wrong = got[0];
  wrong.offset = 7;
  EXPECT_EQ(ack(wrong), response_code::kNoMessage);
  wrong = got[0];
  wrong.queue = 99;
  EXPECT_EQ(ack(wrong), response_code::kMessageIllegal);
  wrong = got[0];
  wrong.topic = "Unknown";
  EXPECT_EQ(ack(wrong), response_code::kTopicNotExist);
  wrong = got[0];
  wrong.receipt = "no receipt";
  EXPECT_EQ(ack(wrong), response_code::kSystemError);
  EXPECT_EQ(change(wrong, 1).code, response_code::kSystemError);
  EXPECT_EQ(client_.call(protocol::request_code::kBatchAckMessage, R"({"acks":[]})").code,
            response_code::kNoMessage);
  EXPECT_EQ(stored_offset(), 0) << "none of it had an effect";
}

class RequestModeTest : public PopTest {
 protected:
  std::int32_t set(const std::string& mode, const std::string& topic = "T", std::int32_t share = 0) {
    const protocol::SetMessageRequestModeRequest body{"g", mode, share, topic};
    return client_.call(protocol::request_code::kSetMessageRequestMode, protocol::encode_body(body)).code;
  }
  static std::string assigned(TestClient& client, const std::string& id) {
    protocol::QueryAssignmentRequest ask;
    ask.client_id = id;
    ask.consumer_group = "g";
    ask.topic = "T";
    ask.strategy = "AVG";
    const auto answer = client.call(protocol::request_code::kQueryAssignment, protocol::encode_body(ask));
    const auto body = protocol::decode_body<protocol::QueryAssignmentResponse>(answer.body);
    std::string text;
    for (const auto& one : body->assignments) text += one.mode + std::to_string(one.queue.queue) + " ";
    return text;
  }
  void SetUp() override { send("a"); }
};

TEST_F(RequestModeTest, AToolSaysWhetherAGroupPopsOrPulls) {
  client_.heartbeat("c1", "g", {{"T", "*"}});
  TestClient other(node_.port());
  other.heartbeat("c2", "g", {{"T", "*"}});
  EXPECT_EQ(assigned(client_, "c1"), "PULL0 PULL1 ");
  ASSERT_EQ(set("POP"), response_code::kSuccess);
  EXPECT_EQ(assigned(client_, "c1"), "POP-1 ");
  node_.restart();
  TestClient after(node_.port());
  after.heartbeat("c1", "g", {{"T", "*"}});
  EXPECT_EQ(assigned(after, "c1"), "POP-1 ") << "it is remembered";
}

TEST_F(RequestModeTest, ClientsMayShareTheQueuesOfTheNextFew) {
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<TestClient>(node_.port()));
    clients.back()->heartbeat("c" + std::to_string(i), "g", {{"T", "*"}});
  }
  ASSERT_EQ(set("POP", "T", 1), response_code::kSuccess);
  EXPECT_EQ(assigned(client_, "c0"), "POP0 POP1 ");
  EXPECT_EQ(assigned(client_, "c3"), "POP0 POP3 ");
  ASSERT_EQ(set("PULL"), response_code::kSuccess);
  EXPECT_EQ(assigned(client_, "c3"), "PULL3 ");
}

TEST_F(RequestModeTest, AWishThatMakesNoSenseIsRefused) {
  EXPECT_EQ(set("PUSH"), response_code::kInvalidParameter);
  EXPECT_EQ(set("POP", "Unknown"), response_code::kTopicNotExist);
  EXPECT_EQ(set("POP", "%RETRY%g"), response_code::kNoPermission);
}

}  // namespace
}  // namespace mq::apps
