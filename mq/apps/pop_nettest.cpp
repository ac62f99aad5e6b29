// Consuming by pop (rocketmq-wire.md 4.11).
#include <thread>

#include "mq/apps/pop_testing.hpp"
#include "mq/base/base64.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using namespace std::chrono_literals;
using namespace testing;  // NOLINT: the fixture and what it speaks of
using PopTest = PopOn<NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>>;

TEST_F(PopTest, EachMessageGoesToOneOfTheGroupWhateverItsQueue) {
  for (int i = 0; i < 8; ++i) send(std::to_string(i), i % 4);
  auto few = request();
  few.max_count = 3;
  const auto first = pop(few);
  const auto others = pop();
  EXPECT_EQ(first.size(), 3U);
  auto all = first;
  all.insert(all.end(), others.begin(), others.end());
  EXPECT_EQ(sorted_bodies(all), (Bodies{"0", "1", "2", "3", "4", "5", "6", "7"}));
  EXPECT_TRUE(pop().empty());
}

TEST_F(PopTest, AnAnswerSaysWhatAStockClientNeeds) {
  send("a");
  send("b");
  auto one = request(30'000);
  one.max_count = 1;
  one.queue = 0;
  const auto answer = client_.call(one);
  ASSERT_EQ(answer.code, response_code::kSuccess) << answer.remark;
  EXPECT_EQ(answer.find("startOffsetInfo"), "0 0 0");
  EXPECT_EQ(answer.find("msgOffsetInfo"), "0 0 0");
  EXPECT_EQ(answer.find("invisibleTime"), "30000");
  EXPECT_EQ(answer.find("reviveQid"), "0");
  EXPECT_EQ(number(answer, "restNum"), 1);
  EXPECT_GT(number(answer, "popTime"), 0);
  const auto nothing = client_.call(request());
  ASSERT_EQ(nothing.code, response_code::kSuccess);
  const auto none = client_.call(request());
  EXPECT_EQ(none.code, response_code::kPollingTimeout);
  EXPECT_TRUE(none.find("popTime")) << "stock clients read the header of this answer too";
}

TEST_F(PopTest, AnAcknowledgedMessageNeverComesAgainAndTheGroupMovesOn) {
  send("acknowledged");
  send("not acknowledged");
  const auto got = pop(2000);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(stored_offset(), 0);
  EXPECT_EQ(ack(got[0]), response_code::kSuccess);
  EXPECT_EQ(ack(got[0]), response_code::kSuccess) << "again is the same as once";
  EXPECT_EQ(stored_offset(), 1);
  const auto again = pop_waiting();
  ASSERT_EQ(again.size(), 1U) << "the time of both is over";
  EXPECT_EQ(again[0].body, "not acknowledged");
  EXPECT_EQ(stored_offset(), 2) << "it is stored again behind its first place";
  EXPECT_EQ(ack(again[0]), response_code::kSuccess);
}

TEST_F(PopTest, AMessageThatNobodyAcknowledgesComesAgainAsARetry) {
  send("a");
  ASSERT_EQ(pop(1).size(), 1U);
  const auto again = pop_waiting(1);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].body, "a");
  EXPECT_EQ(again[0].times, 1);
  EXPECT_EQ(broker::parse_pop_receipt(again[0].receipt)->retry_flag, '1');
  const auto third = pop_waiting();
  ASSERT_EQ(third.size(), 1U);
  EXPECT_EQ(third[0].times, 2);
  EXPECT_EQ(ack(third[0]), response_code::kSuccess);
  EXPECT_EQ(ack(again[0]), response_code::kSuccess) << "late, and of no effect";
  std::this_thread::sleep_for(20ms);
  EXPECT_TRUE(pop().empty());
  EXPECT_EQ(stored_offset(), 1);
}

TEST_F(PopTest, AMessageInFlightIsNobodyElsesOverARestart) {
  send("kept");
  send("done");
  const auto got = pop();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(ack(got[1]), response_code::kSuccess);
  node_.restart();
  TestClient after(node_.port());
  EXPECT_EQ(after.call(request()).code, response_code::kPollingTimeout);
  EXPECT_EQ(after.call(ack_request(got[0])).code, response_code::kSuccess);
}

TEST_F(PopTest, AWaitingPopIsWokenByAMessage) {
  send("first");
  ASSERT_EQ(pop().size(), 1U);
  TestClient waiting(node_.port());
  auto asked = request();
  asked.poll_ms = 15'000;
  const auto opaque = waiting.start(protocol::make_request(asked));
  EXPECT_FALSE(waiting.wait(opaque, 50));
  protocol::PollingInfoRequest info;
  info.consumer_group = "g";
  info.topic = "T";
  EXPECT_EQ(number(client_.call(info), "pollingNum"), 1);
  send("second", 2);
  const auto answer = waiting.wait(opaque);
  ASSERT_TRUE(answer);
  EXPECT_EQ(sorted_bodies(messages(*answer)), Bodies{"second"});
}

TEST_F(PopTest, AWaitingPopEndsInTime) {
  send("first");
  ASSERT_EQ(pop().size(), 1U);
  auto asked = request();
  asked.poll_ms = 30;
  EXPECT_EQ(client_.call(asked).code, response_code::kPollingTimeout);
}

TEST_F(PopTest, ALongerTimeMakesANewReceipt) {
  send("a");
  const auto got = pop();
  ASSERT_EQ(got.size(), 1U);
  const auto changed = change(got[0], 1);
  ASSERT_EQ(changed.code, response_code::kSuccess) << changed.remark;
  EXPECT_EQ(changed.find("invisibleTime"), "1");
  const auto again = pop_waiting();
  ASSERT_EQ(again.size(), 1U) << "one millisecond is over";
  const auto refused = change(got[0], kLong);
  EXPECT_EQ(refused.code, response_code::kNoMessage) << "the old receipt";
  auto kept = again[0];
  const auto longer = change(kept, kLong);
  ASSERT_EQ(longer.code, response_code::kSuccess) << longer.remark;
  auto receipt = *broker::parse_pop_receipt(kept.receipt);
  receipt.pop_ms = number(longer, "popTime");
  kept.receipt = broker::format_pop_receipt(receipt);
  EXPECT_EQ(ack(kept), response_code::kSuccess);
  EXPECT_TRUE(pop().empty());
}

TEST_F(PopTest, ManyAreAcknowledgedAtOnce) {
  for (int i = 0; i < 4; ++i) send(std::to_string(i));
  const auto got = pop();
  ASSERT_EQ(got.size(), 4U);
  const auto receipt = *broker::parse_pop_receipt(got[0].receipt);
  protocol::BatchAck batch;
  batch.consumer_group = "g";
  batch.topic = "T";
  batch.retry_flag = "0";
  batch.pop_ms = receipt.pop_ms;
  batch.offsets = base::to_base64("\x0b");  // 0, 1 and 3
  const protocol::BatchAckMessageRequest body{{batch}, "broker-a"};
  EXPECT_EQ(client_.call(protocol::request_code::kBatchAckMessage, protocol::encode_body(body)).code,
            response_code::kSuccess);
  EXPECT_EQ(stored_offset(), 2);
  EXPECT_EQ(ack(got[2]), response_code::kSuccess);
  EXPECT_EQ(stored_offset(), 4);
}

TEST_F(PopTest, AFilterPassesOverWhatItDoesNotWant) {
  for (int i = 0; i < 2000; ++i) client_.send({.topic = "T", .body = "x", .tag = i == 1500 ? "B" : "A"});
  auto wanted = request();
  wanted.expression_type = "TAG";
  wanted.expression = "B";
  wanted.poll_ms = 15'000;
  const auto got = pop(wanted);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].offset, 1500) << "beyond what one look may cover";
  wanted.expression = "A ||";
  wanted.expression_type = "SQL92";
  EXPECT_EQ(client_.call(wanted).code, response_code::kSubscriptionParseFailed);
}

TEST_F(PopTest, PeekTakesNothingAndANotificationSaysWhetherThereIsSomething) {
  send("a");
  protocol::PeekMessageRequest peek;
  peek.consumer_group = "g";
  peek.topic = "T";
  for (int i = 0; i < 2; ++i) {
    const auto seen = client_.call(peek);
    ASSERT_EQ(seen.code, response_code::kSuccess) << seen.remark;
    EXPECT_EQ(broker::testing::bodies_of(seen.body), Bodies{"a"});
  }
  protocol::NotificationRequest notify;
  notify.consumer_group = "g";
  notify.topic = "T";
  EXPECT_EQ(client_.call(notify).find("hasMsg"), "true");
  ASSERT_EQ(pop().size(), 1U);
  EXPECT_EQ(client_.call(peek).code, response_code::kPullNotFound);
  EXPECT_EQ(client_.call(notify).find("hasMsg"), "false");
  notify.poll_ms = 15'000;
  TestClient waiting(node_.port());
  const auto opaque = waiting.start(protocol::make_request(notify));
  EXPECT_FALSE(waiting.wait(opaque, 50));
  send("b");
  const auto answer = waiting.wait(opaque);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->find("hasMsg"), "true");
}

TEST_F(PopTest, ANewGroupMayBeginAtTheEndOfAnOldQueue) {
  for (int i = 0; i < 3; ++i) send(std::to_string(i));
  auto from_end = request();
  from_end.init_mode = 1;
  EXPECT_EQ(pop(from_end).size(), 3U) << "a young queue is read from its beginning all the same";
}

TEST_F(PopTest, ADeletedTopicTakesItsRetriesWithIt) {
  send("a");
  ASSERT_EQ(pop(1).size(), 1U);
  ASSERT_EQ(pop_waiting(1).size(), 1U);
  protocol::DeleteTopicRequest remove;
  remove.topic = "T";
  ASSERT_EQ(client_.call(remove).code, response_code::kSuccess);
  send("new");
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(sorted_bodies(pop()), Bodies{"new"});
}

}  // namespace
}  // namespace mq::apps
