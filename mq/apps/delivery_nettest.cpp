#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/model/record.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

// Delivery that does not come at once: delay levels, timers, retry, dead letters.
namespace mq::apps {
namespace {

using broker::testing::bodies_of;
using broker::testing::number;
using broker::testing::Pulled;
using broker::testing::records_of;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
using std::chrono::milliseconds;

class DeliveryTest : public ::testing::Test {
 protected:
  // Waits for messages as a consumer does: one long poll.
  std::vector<Pulled> poll(const std::string& topic, std::int64_t offset, std::int64_t hold_ms = 15'000) {
    auto header = TestClient::pull_request("g", topic, 0, offset);
    header.sys_flag |= protocol::pull_flag::kSuspend;
    header.suspend_ms = hold_ms;
    return records_of(client_.call(header).body);
  }
  protocol::Command send_back(const Pulled& message, std::optional<std::int32_t> times_max = 16,
                              std::int32_t level = 0) {
    protocol::ConsumerSendMsgBackRequest header;
    header.group = "g";
    header.log_offset = message.log_offset;
    header.delay_level = level;
    header.max_reconsume_times = times_max;
    return client_.call(header);
  }
  // A message of T at offset 0 and its group with a retry topic.
  Pulled first_message() {
    EXPECT_EQ(client_.heartbeat("c", "g", {{"T", "*"}, {"%RETRY%g", "*"}}).code, response_code::kSuccess);
    EXPECT_EQ(client_.send({.topic = "T", .body = "order", .tag = "A", .keys = "k"}).code,
              response_code::kSuccess);
    return poll("T", 0).at(0);
  }
  Node node_;
  TestClient client_{node_.port()};
};

TEST_F(DeliveryTest, ADelayLevelHoldsTheMessageBackForItsTime) {
  const auto sent = client_.send({.topic = "T", .body = "late", .tag = "A", .properties = {{"DELAY", "3"}}});
  ASSERT_EQ(sent.code, response_code::kSuccess);
  EXPECT_EQ(number(sent, "queueId"), 0) << "the queue the client chose";
  node_.clock.advance(milliseconds{9'999});
  EXPECT_TRUE(poll("T", 0, 50).empty());
  node_.clock.advance(milliseconds{1});
  const auto records = poll("T", 0);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].body, "late");
  EXPECT_EQ(records[0].properties.at("DELAY"), "3") << "stays visible, as upstream leaves it";
  EXPECT_EQ(records[0].properties.at("REAL_TOPIC"), "T");
  EXPECT_EQ(bodies_of(client_.pull("g", "T", 0, 0, "A").body).size(), 1U) << "its tag is hashed again";
}

TEST_F(DeliveryTest, ATimerIsDeliveredToTheMillisecondAndAfterARestart) {
  const auto due = base::to_millis(node_.clock.now()) + 123'456;
  ASSERT_EQ(
      client_.send({.topic = "T", .body = "timer", .properties = {{"TIMER_DELIVER_MS", std::to_string(due)}}})
          .code,
      response_code::kSuccess);
  node_.clock.advance(milliseconds{123'455});
  EXPECT_TRUE(poll("T", 0, 50).empty());
  node_.restart();
  TestClient client(node_.port());
  node_.clock.advance(milliseconds{1});
  auto header = TestClient::pull_request("g", "T", 0, 0);
  header.sys_flag |= protocol::pull_flag::kSuspend;
  const auto records = records_of(client.call(header).body);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].store_ms, due);
  EXPECT_EQ(records[0].properties.at("TIMER_OUT_MS"), std::to_string(due));
}

TEST_F(DeliveryTest, AJumpDeliversInOrderOfDueTime) {
  for (const auto* seconds : {"30", "10", "20"}) {
    client_.send({.topic = "T", .body = seconds, .properties = {{"TIMER_DELAY_SEC", seconds}}});
  }
  node_.clock.advance(std::chrono::hours{24});
  std::vector<std::string> bodies;
  while (bodies.size() < 3) {
    for (auto& record : poll("T", static_cast<std::int64_t>(bodies.size()))) bodies.push_back(record.body);
  }
  EXPECT_EQ(bodies, (std::vector<std::string>{"10", "20", "30"}));
}

TEST_F(DeliveryTest, AMessageSentBackComesAgainLaterAndLaterAndThenIsDead) {
  auto message = first_message();
  const auto origin = message;
  const std::vector<int> waits_s{10, 30, 60};
  for (std::size_t attempt = 0; attempt < waits_s.size(); ++attempt) {
    SCOPED_TRACE(attempt);
    ASSERT_EQ(send_back(message, 3).code, response_code::kSuccess);
    node_.clock.advance(std::chrono::seconds{waits_s[attempt]} - milliseconds{1});
    EXPECT_TRUE(poll("%RETRY%g", static_cast<std::int64_t>(attempt), 50).empty());
    node_.clock.advance(milliseconds{1});
    const auto again = poll("%RETRY%g", static_cast<std::int64_t>(attempt));
    ASSERT_EQ(again.size(), 1U);
    message = again[0];
    EXPECT_EQ(message.reconsume_times, static_cast<std::int32_t>(attempt) + 1);
    EXPECT_EQ(message.body, "order");
    EXPECT_EQ(message.properties.at("RETRY_TOPIC"), "T");
    EXPECT_EQ(message.properties.at("TAGS"), "A");
    EXPECT_EQ(message.properties.at("UNIQ_KEY"), origin.properties.at("UNIQ_KEY"));
    const auto id = parse_offset_message_id(message.properties.at("ORIGIN_MESSAGE_ID"));
    ASSERT_TRUE(id);
    EXPECT_EQ(id->at.value(), origin.log_offset) << "the first message of the chain";
  }
  ASSERT_EQ(send_back(message, 3).code, response_code::kSuccess);
  const auto dead = poll("%DLQ%g", 0);
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].reconsume_times, 4);
  EXPECT_EQ(dead[0].properties.at("RETRY_TOPIC"), "T");
}

TEST_F(DeliveryTest, ANegativeDelayLevelSendsStraightToTheDeadLetters) {
  ASSERT_EQ(send_back(first_message(), 16, -1).code, response_code::kSuccess);
  EXPECT_EQ(poll("%DLQ%g", 0).size(), 1U);
}

TEST_F(DeliveryTest, WithoutALimitFromTheClientTheGroupsCounts) {
  protocol::SubscriptionGroupConfig group;
  group.group = "g";
  group.retry_max_times = 0;
  ASSERT_EQ(client_.call(protocol::request_code::kCreateSubscriptionGroup, protocol::encode_body(group)).code,
            response_code::kSuccess);
  ASSERT_EQ(send_back(first_message(), std::nullopt).code, response_code::kSuccess);
  EXPECT_EQ(poll("%DLQ%g", 0).size(), 1U);
}

// Nobody pulls a queue that the topic does not have, whatever the group's settings say.
TEST_F(DeliveryTest, RetriesStayOnTheQueuesThatTheirTopicHas) {
  const auto message = first_message();  // its group's retry topic has one queue
  protocol::SubscriptionGroupConfig group;
  group.group = "g";
  group.retry_queues = 4;
  ASSERT_EQ(client_.call(protocol::request_code::kCreateSubscriptionGroup, protocol::encode_body(group)).code,
            response_code::kSuccess);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(send_back(message).code, response_code::kSuccess);
  node_.clock.advance(std::chrono::seconds{10});
  std::size_t count = 0;
  for (auto again = poll("%RETRY%g", 0); !again.empty() && count < 4;) {
    count += again.size();
    if (count < 4) again = poll("%RETRY%g", static_cast<std::int64_t>(count), 1000);
  }
  EXPECT_EQ(count, 4U);
}

TEST_F(DeliveryTest, AMessageThatClaimsCountlessAttemptsIsADeadLetterWithASaneNumber) {
  client_.heartbeat("c", "g", {{"T", "*"}});
  ASSERT_EQ(
      client_.send({.topic = "T", .body = "x", .reconsume_times = std::numeric_limits<std::int32_t>::max()})
          .code,
      response_code::kSuccess);
  ASSERT_EQ(send_back(poll("T", 0).at(0)).code, response_code::kSuccess);
  EXPECT_GT(poll("%DLQ%g", 0).at(0).reconsume_times, 16);
}

TEST_F(DeliveryTest, SendingBackWhatIsNotThereFails) {
  auto message = first_message();
  message.log_offset += 1;
  EXPECT_EQ(send_back(message).code, response_code::kSystemError);
}

// The other road: when 36 fails, clients send to the retry topic themselves; there `>` counts, not `>=`.
TEST_F(DeliveryTest, ASendToTheRetryTopicIsDeadOnlyBeyondItsLimit) {
  first_message();
  const auto send = [&](std::int32_t times) {
    return client_
        .send({.topic = "%RETRY%g",
               .body = std::to_string(times),
               .properties = {{"RETRY_TOPIC", "T"}, {"DELAY", "3"}},
               .reconsume_times = times,
               .max_reconsume_times = 2})
        .code;
  };
  ASSERT_EQ(send(2), response_code::kSuccess);
  ASSERT_EQ(send(3), response_code::kSuccess);
  const auto dead = poll("%DLQ%g", 0);
  ASSERT_EQ(dead.size(), 1U) << "and at once: a dead letter has no delay";
  EXPECT_EQ(dead[0].body, "3");
  node_.clock.advance(std::chrono::seconds{10});
  EXPECT_EQ(poll("%RETRY%g", 0).at(0).body, "2");
}

TEST_F(DeliveryTest, WhileAnOrderlyConsumerHoldsALockARetryIsADeadLetter) {
  first_message();
  protocol::LockBatchRequest lock;
  lock.client_id = "c";
  lock.consumer_group = "g";
  lock.queues = {{"T", "broker-a", 0}};
  ASSERT_EQ(client_.call(protocol::request_code::kLockBatchMq, protocol::encode_body(lock)).code,
            response_code::kSuccess);
  ASSERT_EQ(client_.send({.topic = "%RETRY%g", .body = "x", .reconsume_times = 1}).code,
            response_code::kSuccess);
  EXPECT_EQ(poll("%DLQ%g", 0).size(), 1U);
}

}  // namespace
}  // namespace mq::apps
