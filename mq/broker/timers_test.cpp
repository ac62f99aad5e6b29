#include "mq/broker/timers.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mq/broker/message_writer.hpp"
#include "mq/broker/testing_store.hpp"
#include "mq/model/properties.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::broker {
namespace {

constexpr auto kNoHurry = std::chrono::steady_clock::time_point::max();

class TimersTest : public ::testing::Test {
 protected:
  void send_later(const std::string& body, std::int64_t delay_ms, const std::string& topic = "T") {
    Record record;
    record.topic = topic;
    record.queue = 2;
    record.body = base::bytes_of(body);
    record.born_ms = 17;
    record.reconsume_times = 4;
    std::string properties = "TAGS\x01tag\x02";
    const auto text = std::to_string(delay_ms);
    DelayWish wish;
    wish.timer_delay_ms = text;
    ASSERT_EQ(writer_.write(record, properties, wish).refused.code, response_code::kSuccess);
  }
  std::vector<std::string> delivered(const std::string& topic = "T") {
    store_.sync();
    std::vector<std::string> bodies;
    for (const auto& entry : *store_->entries({topic, 2}, QueueOffset{0}, 100)) {
      record_.clear();
      EXPECT_TRUE(store_->read_record(entry.at, record_));
      bodies.emplace_back(base::text_of(decode_record(record_)->record.body));
    }
    return bodies;
  }
  void deliver() {
    while (timers_.deliver(kNoHurry)) {
    }
  }

  mq::testing::ManualClock clock_;
  testing::StoreOn<mq::testing::FaultyDisk> store_;
  Recalls recalls_{*store_};
  Timers timers_{*store_, clock_, recalls_};
  Stats stats_{clock_};
  ClientRegistry clients_{{}};
  TopicTable topics_{*store_, {}, 0};
  TransactionChecks checks_{{*store_, clock_, clients_, topics_}, {}, {}};
  MessageWriter writer_{*store_, clock_, timers_, checks_, stats_, {}};
  base::Bytes record_;
};

TEST_F(TimersTest, AMessageIsDeliveredAtItsDueTimeToTheMillisecond) {
  send_later("late", 1500);
  store_.sync();
  EXPECT_EQ(timers_.next_due_ms(), base::to_millis(clock_.now()) + 1500);
  clock_.advance(std::chrono::milliseconds{1499});
  deliver();
  EXPECT_TRUE(delivered().empty());
  clock_.advance(std::chrono::milliseconds{1});
  deliver();
  EXPECT_EQ(delivered(), (std::vector<std::string>{"late"}));
  deliver();
  EXPECT_EQ(delivered().size(), 1U);
}

TEST_F(TimersTest, AJumpOfTheClockDeliversEverythingOverdueInOrderOfDueTime) {
  send_later("third", 3000);
  send_later("first", 1000);
  send_later("second", 2000);
  send_later("second too", 2000);
  store_.sync();
  clock_.advance(std::chrono::hours{24});
  deliver();
  EXPECT_EQ(delivered(), (std::vector<std::string>{"first", "second", "second too", "third"}));
}

TEST_F(TimersTest, WhatIsNotDurableYetIsNotDeliveredAndHoldsBackWhatIsDueLater) {
  send_later("durable", 2000);
  store_.sync();
  send_later("not durable", 1000);
  clock_.advance(std::chrono::hours{1});
  deliver();
  EXPECT_EQ(timers_.pending(), 2U);
  store_.sync();
  deliver();
  EXPECT_EQ(delivered(), (std::vector<std::string>{"not durable", "durable"}));
}

TEST_F(TimersTest, TheDeliveredMessageIsTheOneThatWasSent) {
  send_later("late", 1000);
  store_.sync();
  clock_.advance(std::chrono::seconds{1});
  deliver();
  delivered();
  const auto record = decode_record(record_)->record;
  EXPECT_EQ(record.topic, "T");
  EXPECT_EQ(record.queue, 2);
  EXPECT_EQ(record.born_ms, 17);
  EXPECT_EQ(record.reconsume_times, 4);
  EXPECT_EQ(find_property(record.properties, "TAGS"), "tag");
  EXPECT_EQ(find_property(record.properties, "REAL_TOPIC"), "T") << "stays visible, as upstream leaves it";
  EXPECT_TRUE(find_property(record.properties, "TIMER_DEQUEUE_MS"));
  EXPECT_EQ(store_->entries({"T", 2}, QueueOffset{0}, 1)->front().tag_hash, tag_hash("tag"));
}

// Whatever a crash leaves, each message comes exactly once: delivery and its mark are one entry.
TEST_F(TimersTest, AfterAPowerCutEachMessageIsStillDeliveredExactlyOnce) {
  for (int i = 0; i < 10; ++i) send_later(std::to_string(i), 100 * (i + 1));
  store_.sync();
  clock_.advance(std::chrono::milliseconds{500});
  deliver();
  EXPECT_EQ(delivered().size(), 5U) << "synced";
  clock_.advance(std::chrono::milliseconds{300});
  deliver();  // three more, appended and not synced
  store_.crash();
  Timers after(*store_, clock_, recalls_);
  after.load(store_->pending_timers());
  EXPECT_EQ(after.pending(), 5U);
  clock_.advance(std::chrono::hours{1});
  while (after.deliver(kNoHurry)) {
  }
  EXPECT_EQ(delivered(), (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}));
}

TEST_F(TimersTest, ADamagedMessageIsCountedAndTheOthersGoOn) {
  send_later("damaged", 1000);
  const auto damaged_end = store_->end();
  send_later("whole", 2000);
  store_.sync();
  store_.crash();  // so that reads go to the disk
  Timers after(*store_, clock_, recalls_);
  after.load(store_->pending_timers());
  store_.disk().flip("00000000000000000000.log", static_cast<std::size_t>(damaged_end.value()) - 20);
  clock_.advance(std::chrono::hours{1});
  while (after.deliver(kNoHurry)) {
  }
  EXPECT_EQ(after.damaged(), 1U);
  EXPECT_EQ(delivered(), (std::vector<std::string>{"whole"}));
}

TEST_F(TimersTest, AMessageThatCannotBeReadNowIsKeptAndHoldsBackLaterOnes) {
  send_later("first", 1000);
  send_later("second", 2000);
  store_.sync();
  store_.crash();
  Timers after(*store_, clock_, recalls_);
  after.load(store_->pending_timers());
  clock_.advance(std::chrono::hours{1});
  store_.disk().fail_reads(true);
  EXPECT_FALSE(after.deliver(kNoHurry));
  EXPECT_EQ(after.pending(), 2U);
  store_.disk().fail_reads(false);
  while (after.deliver(kNoHurry)) {
  }
  EXPECT_EQ(after.damaged(), 0U);
  EXPECT_EQ(delivered(), (std::vector<std::string>{"first", "second"}));
}

TEST_F(TimersTest, TheBodyOfAWaitingMessageIsStoredOnce) {
  const std::string body(1024, 'b');
  const auto before = store_->end();
  send_later(body, 1000);
  store_.sync();
  const auto sent = store_->end();
  clock_.advance(std::chrono::seconds{1});
  deliver();
  EXPECT_EQ(delivered(), (std::vector<std::string>{body}));
  const auto first = sent.value() - before.value();
  const auto second = store_->end().value() - sent.value();
  EXPECT_GT(first, 1024);
  EXPECT_LT(second, first - 900) << "an entry that shares the body, of " << second << " bytes";
}

TEST_F(TimersTest, ABurstIsDeliveredInSlices) {
  for (int i = 0; i < 100; ++i) send_later(std::to_string(i), 1);
  store_.sync();
  clock_.advance(std::chrono::seconds{1});
  const auto already_over = std::chrono::steady_clock::now();
  EXPECT_TRUE(timers_.deliver(already_over));
  EXPECT_EQ(timers_.delivered(), 1U) << "a slice gets at least one message further";
  deliver();
  EXPECT_EQ(delivered().size(), 100U);
}

}  // namespace
}  // namespace mq::broker
