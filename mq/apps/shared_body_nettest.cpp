// What a due timer, a retry and a commit cost the log, and that nobody who reads them can tell.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using broker::testing::number;
using broker::testing::Pulled;
using broker::testing::records_of;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;

constexpr std::size_t kBody = 4096;

class SharedBodyTest : public ::testing::Test {
 protected:
  Pulled poll(const std::string& topic, std::int64_t offset) {
    auto header = TestClient::pull_request("g", topic, 0, offset);
    header.sys_flag |= protocol::pull_flag::kSuspend;
    header.suspend_ms = 15'000;
    const auto records = records_of(client_.call(header).body);
    return records.empty() ? Pulled{} : records.front();
  }
  // Bytes of log from this message to the next one that is sent; offsets that are committed meanwhile count.
  std::int64_t cost_of(const Pulled& message) {
    const auto next = client_.send({.topic = "next", .body = "n"});
    const auto id = parse_offset_message_id(*next.find("msgId"));
    return id->at.value() - message.log_offset;
  }
  // What view, query and a look by offset id answer is what was pulled.
  void expect_same_everywhere(const Pulled& message) {
    protocol::ViewMessageByIdRequest view;
    view.log_offset = message.log_offset;
    const auto viewed = records_of(client_.call(view).body);
    ASSERT_EQ(viewed.size(), 1U);
    EXPECT_EQ(viewed[0].body, message.body);
    EXPECT_EQ(viewed[0].properties, message.properties);
    EXPECT_EQ(viewed[0].topic, message.topic);
    EXPECT_EQ(viewed[0].store_ms, message.store_ms);
  }

  Node node_;
  TestClient client_{node_.port()};
  std::string body_ = std::string(kBody, 'b');
};

TEST_F(SharedBodyTest, ADelayedMessageIsStoredWithItsBodyOnce) {
  client_.send({.topic = "T", .body = body_, .tag = "A", .keys = "k", .properties = {{"DELAY", "3"}}});
  node_.clock.advance(std::chrono::seconds{10});
  const auto message = poll("T", 0);
  EXPECT_EQ(message.body, body_);
  EXPECT_EQ(message.properties.at("DELAY"), "3");
  EXPECT_LT(cost_of(message), 1000);
  expect_same_everywhere(message);
}

TEST_F(SharedBodyTest, ARetryOfARetryIsStoredWithoutABodyOfItsOwn) {
  client_.heartbeat("c", "g", {{"T", "*"}, {"%RETRY%g", "*"}});
  client_.send({.topic = "T", .body = body_, .tag = "A", .keys = "k"});
  auto message = poll("T", 0);
  for (int attempt = 0; attempt < 3; ++attempt) {
    SCOPED_TRACE(attempt);
    protocol::ConsumerSendMsgBackRequest back;
    back.group = "g";
    back.log_offset = message.log_offset;
    back.max_reconsume_times = 16;
    ASSERT_EQ(client_.call(back).code, response_code::kSuccess);
    node_.clock.advance(std::chrono::minutes{5});
    message = poll("%RETRY%g", attempt);
    EXPECT_EQ(message.body, body_);
    EXPECT_EQ(message.reconsume_times, attempt + 1);
    EXPECT_EQ(message.properties.at("RETRY_TOPIC"), "T");
    EXPECT_LT(cost_of(message), 1000);
    expect_same_everywhere(message);
  }
}

TEST_F(SharedBodyTest, ACommitStoresNoBodyAndARestartChangesNothing) {
  const auto sent = client_.send({.topic = "T",
                                  .body = body_,
                                  .tag = "A",
                                  .properties = {{"TRAN_MSG", "true"}, {"PGROUP", "PG"}, {"UNIQ_KEY", "U"}}});
  ASSERT_EQ(sent.code, response_code::kSuccess) << sent.remark;
  protocol::EndTransactionRequest end;
  end.topic = "T";
  end.producer_group = "PG";
  end.state_table_offset = number(sent, "queueOffset");
  end.log_offset = parse_offset_message_id(*sent.find("msgId"))->at.value();
  end.decision = protocol::EndTransactionRequest::kCommit;
  end.msg_id = "U";
  ASSERT_EQ(client_.call(end).code, response_code::kSuccess);
  const auto message = poll("T", 0);
  EXPECT_EQ(message.body, body_);
  EXPECT_EQ(message.sys_flag & sys_flag::kTransactionMask, sys_flag::kCommitted);
  EXPECT_LT(cost_of(message), 1000);
  expect_same_everywhere(message);
  node_.restart();
  TestClient client(node_.port());
  const auto again = records_of(client.pull("g", "T", 0, 0).body);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].body, body_);
  EXPECT_EQ(again[0].properties, message.properties);
}

}  // namespace
}  // namespace mq::apps
