// Transactional producers over the wire (rocketmq-wire.md 4.9).
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using namespace std::chrono_literals;
using broker::testing::bodies_of;
using broker::testing::number;
using broker::testing::records_of;
using broker::testing::TestClient;
using End = protocol::EndTransactionRequest;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
using Bodies = std::vector<std::string>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

BrokerConfig quick(int checks = 15) {
  auto config = Node::test_config();
  config.transaction_timeout = 50ms;
  config.transaction_interval = 50ms;
  config.transaction_checks = checks;
  return config;
}
BrokerConfig patient() {
  auto config = Node::test_config();
  config.transaction_timeout = 10min;
  return config;
}

// A half message as its producer knows it.
struct Half {
  std::int64_t log_offset = 0;
  std::int64_t state_table_offset = 0;
  std::string unique_key;
};

class TransactionTest : public ::testing::Test {
 protected:
  explicit TransactionTest(BrokerConfig config = patient())
      : node_(std::move(config)), client_(node_.port()) {}

  Half send_half(const std::string& body, std::map<std::string, std::string> properties = {}) {
    properties.merge(
        std::map<std::string, std::string>{{"TRAN_MSG", "true"}, {"PGROUP", "PG"}, {"UNIQ_KEY", body}});
    const auto sent = client_.send(
        {.topic = "T", .body = body, .queue = 1, .tag = "paid", .properties = std::move(properties)});
    EXPECT_EQ(sent.code, response_code::kSuccess) << sent.remark;
    EXPECT_EQ(sent.find("transactionId"), body);
    EXPECT_EQ(number(sent, "queueId"), 1) << "the queue it is meant for";
    const auto id = parse_offset_message_id(*sent.find("msgId"));
    return {id->at.value(), number(sent, "queueOffset"), body};
  }
  static End end_request(const Half& half, std::int32_t decision, bool from_check = false) {
    End end;
    end.topic = "T";
    end.producer_group = "PG";
    end.state_table_offset = half.state_table_offset;
    end.log_offset = half.log_offset;
    end.decision = decision;
    end.from_check = from_check;
    end.msg_id = half.unique_key;
    return end;
  }
  protocol::Command end(const Half& half, std::int32_t decision) {
    return client_.call(end_request(half, decision));
  }
  Bodies visible(const std::string& topic = "T", std::int32_t queue = 1) {
    return bodies_of(client_.pull("g", topic, queue, 0).body);
  }
  static protocol::Command be_producer(TestClient& client, const std::string& id) {
    protocol::HeartbeatData heartbeat;
    heartbeat.client_id = id;
    heartbeat.producers.push_back({"PG"});
    return client.call(request_code::kHeartBeat, protocol::encode_body(heartbeat));
  }

  Node node_;
  TestClient client_;
};

struct CheckedTransactionTest : TransactionTest {
  CheckedTransactionTest() : TransactionTest(quick()) {}
};

TEST_F(TransactionTest, NobodySeesAHalfMessageUntilItIsCommitted) {
  const auto half = send_half("order", {{"colour", "red"}});
  EXPECT_TRUE(visible().empty());
  ASSERT_EQ(end(half, End::kCommit).code, response_code::kSuccess);
  const auto pulled = records_of(client_.pull("g", "T", 1, 0, "paid").body);
  ASSERT_EQ(pulled.size(), 1U);
  EXPECT_EQ(pulled[0].body, "order");
  EXPECT_EQ(pulled[0].topic, "T");
  EXPECT_EQ(pulled[0].sys_flag & sys_flag::kTransactionMask, sys_flag::kCommitted);
  EXPECT_EQ(pulled[0].properties.at("UNIQ_KEY"), "order");
  EXPECT_EQ(pulled[0].properties.at("colour"), "red");
  EXPECT_EQ(pulled[0].properties.at("__transactionId__"), "order");
}

TEST_F(TransactionTest, ARolledBackMessageIsNeverSeen) {
  const auto half = send_half("order");
  ASSERT_EQ(end(half, End::kRollback).code, response_code::kSuccess);
  EXPECT_EQ(end(half, End::kCommit).code, response_code::kSystemError);
  node_.restart();
  TestClient later(node_.port());
  EXPECT_EQ(later.call(end_request(half, End::kCommit)).code, response_code::kSystemError);
  EXPECT_TRUE(bodies_of(later.pull("g", "T", 1, 0).body).empty());
}

TEST_F(TransactionTest, TheFirstDecisionCounts) {
  const auto half = send_half("once");
  ASSERT_EQ(end(half, End::kCommit).code, response_code::kSuccess);
  EXPECT_EQ(end(half, End::kCommit).code, response_code::kSystemError);
  EXPECT_EQ(end(half, End::kRollback).code, response_code::kSystemError);
  EXPECT_EQ(visible(), (Bodies{"once"}));
}

TEST_F(TransactionTest, OnlyItsOwnProducerGroupAndItsOwnOffsetsDecideAMessage) {
  const auto half = send_half("mine");
  auto foreign = end_request(half, End::kCommit);
  foreign.producer_group = "other";
  EXPECT_EQ(client_.call(foreign).code, response_code::kSystemError);
  auto elsewhere = half;
  ++elsewhere.state_table_offset;
  EXPECT_EQ(end(elsewhere, End::kCommit).code, response_code::kSystemError);
  elsewhere = half;
  elsewhere.log_offset += 8;
  EXPECT_EQ(end(elsewhere, End::kCommit).code, response_code::kSystemError);
  // A message that everybody sees is not decided by anybody.
  const auto whole = client_.send({.topic = "T", .body = "whole", .properties = {{"PGROUP", "PG"}}});
  EXPECT_EQ(end({parse_offset_message_id(*whole.find("msgId"))->at.value(), 0, ""}, End::kCommit).code,
            response_code::kSystemError);
  EXPECT_TRUE(visible().empty());
  EXPECT_EQ(end(half, End::kCommit).code, response_code::kSuccess);
}

TEST_F(TransactionTest, ADecisionOutlivesACrashAndAnUndecidedMessageToo) {
  const auto committed = send_half("committed");
  const auto open = send_half("open");
  ASSERT_EQ(end(committed, End::kCommit).code, response_code::kSuccess);
  node_.restart();
  TestClient later(node_.port());
  EXPECT_EQ(later.call(end_request(committed, End::kCommit)).code, response_code::kSystemError);
  EXPECT_EQ(later.call(end_request(open, End::kCommit)).code, response_code::kSuccess);
  EXPECT_EQ(bodies_of(later.pull("g", "T", 1, 0).body), (Bodies{"committed", "open"}));
}

TEST_F(TransactionTest, ADelayBeginsAtTheCommit) {
  const auto half = send_half("later", {{"DELAY", "1"}});
  node_.clock.advance(1h);
  ASSERT_EQ(end(half, End::kCommit).code, response_code::kSuccess);
  EXPECT_TRUE(visible().empty());
  node_.clock.advance(1s);
  auto request = TestClient::pull_request("g", "T", 1, 0);
  request.sys_flag |= protocol::pull_flag::kSuspend;
  request.suspend_ms = 10'000;
  EXPECT_EQ(bodies_of(client_.call(request).body), (Bodies{"later"}));
}

TEST_F(TransactionTest, AfterItsImmunityTimeOnlyTheAnswerToACheckDecides) {
  const auto half = send_half("slow", {{"CHECK_IMMUNITY_TIME_IN_SECONDS", "60"}});
  node_.clock.advance(10min);  // the test's clock is far ahead of the time that the client said it was born
  EXPECT_EQ(end(half, End::kCommit).code, response_code::kIllegalOperation);
  EXPECT_EQ(client_.call(end_request(half, End::kCommit, true)).code, response_code::kSuccess);
}

TEST_F(TransactionTest, ABatchCannotBeAHalfMessage) {
  auto request = TestClient::send_request({.topic = "T", .body = "x", .properties = {{"TRAN_MSG", "true"}}});
  request.set("m", "true");
  EXPECT_EQ(client_.call(request).code, response_code::kMessageIllegal);
}

TEST_F(CheckedTransactionTest, OneProducerOfTheGroupIsAskedAndItsAnswerDecides) {
  TestClient other(node_.port());
  ASSERT_EQ(be_producer(other, "p").code, response_code::kSuccess);
  const auto half = send_half("asked");
  const auto check = other.next_push();
  ASSERT_TRUE(check);
  EXPECT_EQ(check->code, request_code::kCheckTransactionState);
  EXPECT_TRUE(check->is_oneway());
  EXPECT_EQ(number(*check, "commitLogOffset"), half.log_offset);
  EXPECT_EQ(number(*check, "tranStateTableOffset"), half.state_table_offset);
  EXPECT_EQ(check->find("msgId"), "asked");
  EXPECT_EQ(check->find("transactionId"), "asked");
  EXPECT_EQ(check->find("topic"), "RMQ_SYS_TRANS_HALF_TOPIC");
  EXPECT_EQ(check->find("bname"), "broker-a");
  const auto shown = records_of(check->body);
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].topic, "T");
  EXPECT_EQ(shown[0].queue, 1);
  EXPECT_EQ(shown[0].body, "asked");
  EXPECT_EQ(shown[0].properties.at("TRANSACTION_CHECK_TIMES"), "1");
  // It does not know yet, and is asked again.
  other.oneway(protocol::make_request(end_request(half, End::kUnknown, true)));
  const auto again = other.next_push();
  ASSERT_TRUE(again);
  EXPECT_EQ(records_of(again->body).at(0).properties.at("TRANSACTION_CHECK_TIMES"), "2");
  ASSERT_EQ(other.call(end_request(half, End::kCommit, true)).code, response_code::kSuccess);
  EXPECT_EQ(visible(), (Bodies{"asked"}));
}

TEST_F(CheckedTransactionTest, ADecidedMessageIsNotAskedAbout) {
  ASSERT_EQ(be_producer(client_, "p").code, response_code::kSuccess);
  ASSERT_EQ(end(send_half("a"), End::kCommit).code, response_code::kSuccess);
  ASSERT_EQ(end(send_half("b"), End::kRollback).code, response_code::kSuccess);
  EXPECT_FALSE(client_.next_push(300));
}

TEST_F(CheckedTransactionTest, AMessageThatWasOpenAtARestartIsAskedAbout) {
  const auto half = send_half("before");
  node_.restart();
  TestClient later(node_.port());
  ASSERT_EQ(be_producer(later, "p").code, response_code::kSuccess);
  const auto check = later.next_push();
  ASSERT_TRUE(check);
  EXPECT_EQ(number(*check, "commitLogOffset"), half.log_offset);
}

TEST(ParkedTransactionTest, WhatNobodyDecidesIsParkedInSight) {
  Node node(quick(2));
  TestClient client(node.port());
  client.send({.topic = "T",
               .body = "lost",
               .properties = {{"TRAN_MSG", "true"}, {"PGROUP", "PG"}, {"UNIQ_KEY", "k"}}});
  auto request = TestClient::pull_request("g", "TRANS_CHECK_MAX_TIME_TOPIC", 0, 0);
  Bodies parked;
  for (int i = 0; i < 400 && parked.empty(); ++i) {
    std::this_thread::sleep_for(10ms);
    parked = bodies_of(client.call(request).body);
  }
  EXPECT_EQ(parked, (Bodies{"lost"}));
  EXPECT_TRUE(bodies_of(client.pull("g", "T", 0, 0).body).empty());
}

TEST(ParkedTransactionTest, AnOperatorHasAParkedMessageAskedAboutAgain) {
  Node node(quick(1));
  TestClient client(node.port());
  client.send({.topic = "T",
               .body = "lost",
               .properties = {{"TRAN_MSG", "true"}, {"PGROUP", "PG"}, {"UNIQ_KEY", "k"}}});
  auto request = TestClient::pull_request("g", "TRANS_CHECK_MAX_TIME_TOPIC", 0, 0);
  std::vector<broker::testing::Pulled> parked;
  for (int i = 0; i < 2000 && parked.empty(); ++i) {
    std::this_thread::sleep_for(10ms);
    parked = broker::testing::records_of(client.call(request).body);
  }
  ASSERT_EQ(parked.size(), 1U);
  protocol::HeartbeatData heartbeat;
  heartbeat.client_id = "p";
  heartbeat.producers.push_back({"PG"});
  client.call(request_code::kHeartBeat, protocol::encode_body(heartbeat));
  protocol::ResumeCheckHalfMessageRequest resume;
  resume.msg_id = offset_message_id(Host{{127, 0, 0, 1}, node.port()}, LogOffset{parked[0].log_offset});
  ASSERT_EQ(client.call(resume).code, response_code::kSuccess);
  const auto check = client.next_push();
  ASSERT_TRUE(check);
  EXPECT_EQ(check->code, request_code::kCheckTransactionState);
  EXPECT_EQ(broker::testing::records_of(check->body).at(0).body, "lost");
}

}  // namespace
}  // namespace mq::apps
