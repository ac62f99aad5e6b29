#include "mq/broker/pop/ledger.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "mq/broker/testing_store.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::broker {
namespace {

using Offsets = std::vector<QueueOffset>;
constexpr std::string_view kGroup = "g";

class PopLedgerTest : public ::testing::Test {
 protected:
  PopLedgerTest() { reopen(); }
  void reopen() {
    offsets_ = std::make_unique<ConsumerOffsets>(*store_);
    ledger_ = std::make_unique<PopLedger>(*store_, *offsets_, clock_);
    offsets_->load(store_->metadata());
    ledger_->load(store_->metadata());
  }
  void flush() {
    ASSERT_TRUE(ledger_->flush_all());
    ASSERT_TRUE(offsets_->flush_all());
    store_.sync();
  }
  // Pops `count` messages; their pop's time.
  std::int64_t pop(std::int64_t count, std::int64_t invisible_ms = 1000) {
    const auto from = ledger_->begin(kGroup, queue_, QueueOffset{0});
    Offsets popped;
    for (std::int64_t i = 0; i < count; ++i) popped.emplace_back(from.value() + i);
    const auto now = ledger_->now_ms();
    ledger_->take(kGroup, queue_, popped, QueueOffset{from.value() + count}, now, now + invisible_ms);
    return now;
  }
  bool acknowledge(std::int64_t offset, std::int64_t pop_ms, bool in_order = false) {
    return ledger_->acknowledge({kGroup, queue_, QueueOffset{offset}, pop_ms, in_order});
  }
  QueueOffset begin() { return ledger_->begin(kGroup, queue_, QueueOffset{0}); }
  std::optional<QueueOffset> committed() { return offsets_->find(kGroup, queue_); }

  mq::testing::ManualClock clock_;
  testing::StoreOn<mq::testing::FaultyDisk> store_;
  std::unique_ptr<ConsumerOffsets> offsets_;
  std::unique_ptr<PopLedger> ledger_;
  const QueueId queue_{"T", 1};
};

TEST_F(PopLedgerTest, TheConsumerOffsetFollowsWhatIsAcknowledged) {
  const auto at = pop(3);
  EXPECT_EQ(committed(), QueueOffset{0});
  EXPECT_EQ(begin(), QueueOffset{3});
  acknowledge(1, at);
  EXPECT_EQ(committed(), QueueOffset{0});
  acknowledge(0, at);
  EXPECT_EQ(committed(), QueueOffset{2});
  EXPECT_EQ(ledger_->in_flight(), 1U);
}

TEST_F(PopLedgerTest, WhatIsInFlightStaysSoOverACrash) {
  const auto at = pop(3);
  acknowledge(1, at);
  flush();
  store_.crash();
  reopen();
  EXPECT_EQ(begin(), QueueOffset{3}) << "nobody gets them twice";
  EXPECT_TRUE(acknowledge(0, at)) << "the receipt is still good";
  EXPECT_FALSE(acknowledge(1, at));
  clock_.advance(std::chrono::seconds{1});
  const auto due = ledger_->take_due();
  ASSERT_TRUE(due && due->popped);
  EXPECT_EQ(due->popped->offset, QueueOffset{2}) << "and what is not acknowledged becomes visible";
}

TEST_F(PopLedgerTest, WhatWasNotWrittenIsPoppedAgain) {
  const auto at = pop(3);
  flush();
  for (int offset = 0; offset < 3; ++offset) acknowledge(offset, at);
  pop(2);
  store_.crash();
  reopen();
  EXPECT_EQ(committed(), QueueOffset{0});
  EXPECT_EQ(begin(), QueueOffset{3}) << "the second pop";
  EXPECT_EQ(ledger_->in_flight(), 3U) << "the acknowledgements";
}

TEST_F(PopLedgerTest, AnOffsetAheadOfTheLedgerLosesNothing) {
  const auto at = pop(3);
  flush();
  acknowledge(0, at);
  acknowledge(2, at);
  ASSERT_TRUE(offsets_->flush_all());  // without the ledger
  store_.sync();
  store_.crash();
  reopen();
  EXPECT_EQ(begin(), QueueOffset{1}) << "the first that was not acknowledged";
}

TEST_F(PopLedgerTest, AnOffsetThatSomebodyElseSetsIsWhereTheNextPopBegins) {
  const auto at = pop(5);
  offsets_->commit(kGroup, queue_, QueueOffset{2});
  EXPECT_EQ(begin(), QueueOffset{2});
  EXPECT_FALSE(acknowledge(3, at)) << "popped before";
  pop(1);
  offsets_->reset(kGroup, queue_, QueueOffset{0});
  EXPECT_EQ(begin(), QueueOffset{0});
  EXPECT_EQ(ledger_->in_flight(), 0U);
}

TEST_F(PopLedgerTest, LooksOnceAtEachMessageThatBecomesVisible) {
  pop(2, 1000);
  clock_.advance(std::chrono::milliseconds{500});
  pop(1, 100);
  EXPECT_FALSE(ledger_->take_due());
  clock_.advance(std::chrono::milliseconds{100});
  auto due = ledger_->take_due();
  ASSERT_TRUE(due && due->popped);
  EXPECT_EQ(due->popped->offset, QueueOffset{2});
  EXPECT_EQ(ledger_->take_due()->popped->offset, QueueOffset{2}) << "until it was dropped";
  ledger_->drop(due->key, *due->popped);
  EXPECT_FALSE(ledger_->take_due());
  clock_.advance(std::chrono::seconds{1});
  for (const int offset : {0, 1}) {
    due = ledger_->take_due();
    ASSERT_TRUE(due && due->popped);
    EXPECT_EQ(due->popped->offset, QueueOffset{offset});
    ledger_->drop(due->key, *due->popped);
  }
  EXPECT_EQ(committed(), QueueOffset{3});
  EXPECT_FALSE(ledger_->next_due_ms());
}

TEST_F(PopLedgerTest, AnOrderlyPopBlocksItsQueueUntilItIsDone) {
  EXPECT_EQ(ledger_->begin_in_order(kGroup, queue_, QueueOffset{0}), QueueOffset{0});
  const auto at = ledger_->now_ms();
  ledger_->take_in_order(kGroup, queue_, "a", Offsets{QueueOffset{0}, QueueOffset{1}}, at, at + 1000);
  EXPECT_TRUE(ledger_->blocked(kGroup, queue_, "b"));
  EXPECT_TRUE(acknowledge(0, at, true));
  EXPECT_EQ(committed(), QueueOffset{1});
  flush();
  store_.crash();
  reopen();
  EXPECT_TRUE(ledger_->blocked(kGroup, queue_, "b")) << "a crash frees nothing";
  EXPECT_TRUE(acknowledge(1, at, true));
  EXPECT_FALSE(ledger_->blocked(kGroup, queue_, "b"));
  EXPECT_EQ(committed(), QueueOffset{2});
}

TEST_F(PopLedgerTest, TheEndOfAnOrderlyBlockIsSaidOnce) {
  ledger_->begin_in_order(kGroup, queue_, QueueOffset{0});
  const auto at = ledger_->now_ms();
  ledger_->take_in_order(kGroup, queue_, "a", Offsets{QueueOffset{0}}, at, at + 1000);
  EXPECT_FALSE(ledger_->take_due());
  clock_.advance(std::chrono::seconds{1});
  const auto due = ledger_->take_due();
  ASSERT_TRUE(due);
  EXPECT_FALSE(due->popped);
  EXPECT_EQ(due->key.queue, queue_);
  EXPECT_FALSE(ledger_->take_due());
  EXPECT_FALSE(ledger_->blocked(kGroup, queue_, "b"));
}

TEST_F(PopLedgerTest, AResetFreesAnOrderlyQueue) {
  ledger_->begin_in_order(kGroup, queue_, QueueOffset{0});
  const auto at = ledger_->now_ms();
  ledger_->take_in_order(kGroup, queue_, "a", Offsets{QueueOffset{0}, QueueOffset{1}}, at, at + 1000);
  offsets_->reset(kGroup, queue_, QueueOffset{1});
  EXPECT_FALSE(ledger_->blocked(kGroup, queue_, "b"));
  EXPECT_FALSE(acknowledge(0, at, true));
  EXPECT_EQ(ledger_->begin_in_order(kGroup, queue_, QueueOffset{0}), QueueOffset{1});
}

TEST_F(PopLedgerTest, NothingIsKeptOfAGroupThatHasNothingInFlight) {
  const auto before = store_->metadata().size();
  const auto at = pop(2);
  flush();
  EXPECT_EQ(store_->metadata().size(), before + 2) << "what is in flight, and the consumer offset";
  acknowledge(0, at);
  acknowledge(1, at);
  flush();
  EXPECT_EQ(store_->metadata().size(), before + 1);
  const auto end = store_->end();
  flush();
  EXPECT_EQ(store_->end(), end) << "nothing is written when nothing changed";
}

TEST_F(PopLedgerTest, ADeletedTopicOrGroupIsForgotten) {
  const auto at = pop(2);
  flush();
  ledger_->remove_topic("T");
  offsets_->remove_topic("T");
  EXPECT_FALSE(acknowledge(0, at));
  EXPECT_EQ(begin(), QueueOffset{0});
  pop(1);
  ledger_->remove_group(kGroup);
  offsets_->remove_group(kGroup);
  EXPECT_EQ(ledger_->in_flight(), 0U);
  flush();
  store_.crash();
  reopen();
  EXPECT_EQ(begin(), QueueOffset{0});
}

}  // namespace
}  // namespace mq::broker
