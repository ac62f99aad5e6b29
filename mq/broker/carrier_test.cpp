// Delayed messages and half messages while retention takes the log behind them.
#include "mq/broker/carrier.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "mq/broker/durable_waits.hpp"
#include "mq/broker/message_writer.hpp"
#include "mq/broker/processors/end_transaction.hpp"
#include "mq/broker/testing_store.hpp"
#include "mq/model/properties.hpp"
#include "mq/net/loop.hpp"
#include "mq/net/server.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::broker {
namespace {

constexpr auto kNoHurry = std::chrono::steady_clock::time_point::max();
constexpr auto kLongOver = std::chrono::steady_clock::time_point::min();

class CarrierTest : public ::testing::Test {
 protected:
  LogOffset send_later(const std::string& body, std::int64_t delay_ms) {
    Record record;
    record.topic = "T";
    record.body = base::bytes_of(body);
    std::string properties = "UNIQ_KEY\x01" + body + "\x02";
    const auto text = std::to_string(delay_ms);
    DelayWish wish;
    wish.timer_delay_ms = text;
    const auto written = writer_.write(record, properties, wish);
    EXPECT_EQ(written.refused.code, response_code::kSuccess);
    return written.appended.at;
  }
  // More than a segment of other messages.
  void fill() {
    const std::string body(std::size_t{200} << 10, 'x');
    for (int i = 0; i < 45; ++i) {
      Record record;
      record.topic = "other";
      record.body = base::bytes_of(body);
      std::string properties;
      writer_.write(record, properties, {});
      if (i % 10 == 0) store_.sync();
    }
    store_.sync();
    tidy();
  }
  void tidy() {
    while (const auto job = store_->take_janitor_job()) store_->done(*job, job->run());
  }
  void retain() {
    store_->retain(std::int64_t{1} << 60, 0);
    for (int round = 0; round < 3; ++round) {
      while (carrier_.run(kNoHurry)) {
      }
      store_.sync();
      tidy();
    }
  }
  std::vector<std::string> deliver(Timers& timers) {
    while (timers.deliver(kNoHurry)) {
    }
    store_.sync();
    std::vector<std::string> bodies;
    for (const auto& entry : *store_->entries({"T", 0}, QueueOffset{0}, 10'000)) {
      record_.clear();
      EXPECT_TRUE(store_->read_record(entry.at, record_));
      bodies.emplace_back(base::text_of(decode_record(record_)->record.body));
    }
    return bodies;
  }

  mq::testing::ManualClock clock_;
  testing::StoreOn<mq::testing::FaultyDisk> store_;
  Recalls recalls_{*store_};
  Timers timers_{*store_, clock_, recalls_};
  Carrier carrier_{*store_, clock_, timers_, recalls_};
  Stats stats_{clock_};
  ClientRegistry clients_{{}};
  TopicTable topics_{*store_, {}, 0};
  TransactionChecks checks_{{*store_, clock_, clients_, topics_}, {}, {}};
  MessageWriter writer_{*store_, clock_, timers_, checks_, stats_, {}};
  base::Bytes record_;
};

TEST_F(CarrierTest, DelayedMessagesOutliveTheirPartOfTheLogAndComeOnceAndInOrder) {
  const auto first = send_later("first", 10'000);
  send_later("third", 30'000);
  send_later("second", 20'000);
  for (int round = 0; round < 3; ++round) {
    fill();
    retain();
    EXPECT_EQ(timers_.pending(), 3U);
  }
  EXPECT_GT(store_->begin(), first);
  EXPECT_EQ(store_->stats().carried, 9U);
  ASSERT_EQ(timers_.next(10).size(), 3U);
  clock_.advance(std::chrono::milliseconds{9'999});
  EXPECT_TRUE(deliver(timers_).empty());
  clock_.advance(std::chrono::hours{1});
  EXPECT_EQ(deliver(timers_), (std::vector<std::string>{"first", "second", "third"}));
  EXPECT_EQ(timers_.pending(), 0U);
}

TEST_F(CarrierTest, ACrashInTheMiddleLeavesEachMessageToComeOnce) {
  constexpr int kMessages = 200;
  for (int i = 0; i < kMessages; ++i) send_later(std::to_string(i), 1000 + i);
  fill();
  store_->retain(std::int64_t{1} << 60, 0);
  for (int step = 0; step < 50; ++step) EXPECT_TRUE(carrier_.run(kLongOver)) << "one at a time";
  store_.sync();
  for (int step = 0; step < 50; ++step) EXPECT_TRUE(carrier_.run(kLongOver));
  ASSERT_TRUE(store_->write_pass());
  store_.crash_at_random(4711);
  Timers after(*store_, clock_, recalls_);
  after.load(store_->take_pending_timers());
  EXPECT_EQ(after.pending(), 200U);
  clock_.advance(std::chrono::hours{1});
  const auto bodies = deliver(after);
  EXPECT_EQ(bodies.size(), 200U);
  EXPECT_EQ(std::set<std::string>(bodies.begin(), bodies.end()).size(), 200U);
}

TEST_F(CarrierTest, WhatWasTakenBackIsNotCarriedAndNeverComes) {
  const auto recalled = send_later("recalled", 10'000);
  send_later("kept", 20'000);
  store_.sync();
  ASSERT_TRUE(recalls_.add(recalled));
  fill();
  retain();
  EXPECT_GT(store_->begin(), recalled);
  EXPECT_EQ(timers_.pending(), 1U);
  EXPECT_FALSE(recalls_.contains(recalled));
  store_.crash();
  EXPECT_TRUE(store_->metadata().empty()) << "nothing is kept of it";
  Timers after(*store_, clock_, recalls_);
  after.load(store_->take_pending_timers());
  clock_.advance(std::chrono::hours{1});
  EXPECT_EQ(deliver(after), (std::vector<std::string>{"kept"}));
}

TEST_F(CarrierTest, ATimerIsFoundByItsKeyAtItsNewPlaceAndCanBeTakenBackThere) {
  send_later("x", 10'000);
  store_.sync();
  fill();
  retain();
  const auto found = store_->find_key(kTimerTopic, "x", 0, std::int64_t{1} << 60, 10);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  ASSERT_TRUE(recalls_.add(found->front()));
  clock_.advance(std::chrono::hours{1});
  EXPECT_TRUE(deliver(timers_).empty());
  EXPECT_EQ(timers_.pending(), 0U);
}

TEST_F(CarrierTest, AHalfMessageIsStillAskedAboutAndParkedFromItsNewPlace) {
  Record record;
  record.topic = "T";
  record.body = base::bytes_of("half");
  std::string properties = "PGROUP\x01g\x02UNIQ_KEY\x01u\x02";
  const auto half = writer_.write_half(record, properties).appended.at;
  store_.sync();
  fill();
  retain();
  ASSERT_GT(store_->begin(), half);
  ASSERT_TRUE(store_->is_undecided(half));
  ASSERT_EQ(checks_.waiting(10).size(), 1U);
  EXPECT_EQ(checks_.waiting(10).front().half, half);
  TransactionChecks hurried({*store_, clock_, clients_, topics_}, {},
                            {.timeout = std::chrono::milliseconds{0}, .times_max = 0});
  hurried.load(store_->undecided_halves());
  while (hurried.run(kNoHurry)) {
  }
  EXPECT_EQ(hurried.parked(), 1U);
  EXPECT_FALSE(store_->is_undecided(half));
}

// Producers name a half message by what its send was answered with, however long ago that was.
TEST_F(CarrierTest, AProducerDecidesAHalfMessageByThePlaceWhereItWasSent) {
  net::Loop loop;
  net::Server server(loop, {}, [](auto&&...) {}, [](auto&&...) {});
  DurableWaits waits(*store_);
  EndTransaction decide({*store_, writer_, waits, stats_, clock_}, std::chrono::seconds{6});
  std::vector<protocol::EndTransactionRequest> requests;
  for (const auto decision :
       {protocol::EndTransactionRequest::kRollback, protocol::EndTransactionRequest::kCommit}) {
    Record record;
    record.topic = "T";
    record.body = base::bytes_of("half");
    std::string properties = "PGROUP\x01g\x02UNIQ_KEY\x01u\x02";
    const auto sent = writer_.write_half(record, properties).appended;
    auto& request = requests.emplace_back();
    request.producer_group = "g";
    request.state_table_offset = sent.queue_offset.value();
    request.log_offset = sent.at.value();
    request.decision = decision;
  }
  store_.sync();
  fill();
  retain();
  ASSERT_GT(store_->begin(), LogOffset{requests.back().log_offset});
  EXPECT_EQ(store_->stats().undecided_halves, 2U);
  const auto answered = [&](const protocol::EndTransactionRequest& request) {
    decide(request, {}, ReplyTo<NoHeader>(net::Reply{.server = &server, .connection = {}}));
  };
  auto wrong = requests.back();
  wrong.producer_group = "another";
  answered(wrong);
  EXPECT_EQ(store_->stats().undecided_halves, 2U);
  for (int again = 0; again < 2; ++again) {
    for (const auto& request : requests) answered(request);
  }
  EXPECT_EQ(store_->stats().undecided_halves, 0U);
  EXPECT_EQ(deliver(timers_), (std::vector<std::string>{"half"})) << "committed once, rolled back once";
}

}  // namespace
}  // namespace mq::broker
