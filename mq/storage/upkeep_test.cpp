// Indexes, retention, recycling, timers: what goes on beside the hot path.
#include <gmock/gmock.h>

#include <algorithm>

#include "mq/storage/store_fixture.hpp"

namespace mq::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UpkeepTest : public StoreTest {
 protected:
  void fill(const std::string& topic, int count, std::int64_t store_ms = 1000) {
    for (int i = 0; i < count; ++i)
      send(topic, 0, std::string(200, 'x'), {.keys = "k", .store_ms = store_ms});
  }
  void one_job() {
    if (const auto job = store_->take_janitor_job()) store_->done(*job, job->run());
  }
};

TEST_F(UpkeepTest, ASealedSegmentGetsAnIndexAndReadsTheSame) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 100; ++i)
    send("t", i % 3, std::to_string(i), {.tag = "a", .keys = "k" + std::to_string(i % 7)});
  const auto before = consume("t", 1);
  const auto keys = find("t", "k4");
  EXPECT_FALSE(exists(".idx"));
  EXPECT_GT(tidy(), 2);
  EXPECT_TRUE(exists(".idx"));
  EXPECT_EQ(consume("t", 1), before);
  EXPECT_EQ(find("t", "k4"), keys);
  EXPECT_EQ(store_->entries({"t", 0}, QueueOffset{0}, 1).value().front().tag_hash, tag_hash("a"));
}

// Neither sealing a segment nor taking its index over is one long step of the hot thread.
TEST_F(UpkeepTest, AnIndexOfManyQueuesIsTakenOverInBitesAndReadsTheSameMeanwhile) {
  constexpr int kTopics = 100;
  constexpr int kQueues = 8;
  options_.segment_size = std::size_t{1} << 18;
  ASSERT_TRUE(open());
  const auto topic = [](int i) { return "t" + std::to_string(i); };
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kTopics * kQueues; ++i) append(topic(i / kQueues), i % kQueues, std::to_string(i));
  }
  ASSERT_TRUE(flush());
  while (store_->stats().segments < 2) send("fill", 0, std::string(4000, 'x'));
  const auto expect_all = [&](int from) {
    for (int i = from; i < kTopics * kQueues; ++i) {
      const auto text = std::to_string(i);
      ASSERT_THAT(consume(topic(i / kQueues), i % kQueues), ElementsAre(text, text)) << i;
    }
  };
  one_job();
  EXPECT_TRUE(exists(".idx"));
  expect_all(0);
  send("fill", 0, "x");
  ASSERT_TRUE(store_->remove_topic(topic(0)));
  ASSERT_TRUE(flush());
  expect_all(kQueues);
  store_->retain(kForever, 0);
  EXPECT_EQ(store_->begin(), LogOffset{0}) << "part of the queues still reads from memory";
  for (int pass = 0; pass < 10; ++pass) ASSERT_TRUE(store_->write_pass());
  expect_all(kQueues);
  EXPECT_THAT(consume(topic(0)), IsEmpty());
  kill();
  ASSERT_TRUE(open()) << problem_;
  expect_all(kQueues);
  EXPECT_THAT(consume(topic(0)), IsEmpty());
  tidy();
  send("fill", 0, "x");
  tidy();
  store_->retain(kForever, 0);
  flush();
  tidy();
  store_->retain(kForever, 0);
  EXPECT_GT(store_->begin(), LogOffset{0});
}

TEST_F(UpkeepTest, AnIndexIsNotWrittenBeforeItsSegmentIsDurable) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 40; ++i) append("t", 0, std::string(200, 'x'));
  ASSERT_TRUE(store_->write_pass());
  store_->assume_durable();
  EXPECT_FALSE(store_->take_janitor_job());
  ASSERT_TRUE(flush());
  EXPECT_TRUE(store_->take_janitor_job());
}

TEST_F(UpkeepTest, AnIndexThatCannotBeWrittenIsTriedAgain) {
  ASSERT_TRUE(open());
  fill("t", 40);
  disk_.set_free_space(0);
  const auto job = store_->take_janitor_job();
  const auto outcome = job->run();
  EXPECT_FALSE(outcome);
  store_->done(*job, outcome);
  EXPECT_FALSE(store_->take_janitor_job()) << "not at once";
  EXPECT_EQ(consume("t").size(), 40U);
  disk_.set_free_space(std::nullopt);
  int calls = 0;
  while (tidy() == 0) ASSERT_LT(++calls, 5000);
  EXPECT_TRUE(exists(".idx"));
  EXPECT_EQ(consume("t").size(), 40U);
}

TEST_F(UpkeepTest, RetentionBySizeTakesTheOldestAndOffsetsGoOn) {
  ASSERT_TRUE(open());
  fill("t", 100);
  tidy();
  store_->retain(0, 8000);
  EXPECT_GT(min("t"), 50);
  EXPECT_EQ(max("t"), 100);
  EXPECT_EQ(static_cast<std::int64_t>(find("t", "k").size()), 100 - min("t"));
  const auto first = min("t");
  EXPECT_GT(store_->begin(), LogOffset{0});
  tidy();
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_EQ(min("t"), first);
  EXPECT_EQ(max("t"), 100);
  EXPECT_EQ(send("t", 0, "next").queue_offset, QueueOffset{100});
}

TEST_F(UpkeepTest, RetentionByTimeKeepsWhatIsYoungEnough) {
  ASSERT_TRUE(open());
  fill("t", 50, 1000);
  fill("t", 50, 2000);
  tidy();
  store_->retain(2000, ~std::uint64_t{0});
  EXPECT_GT(min("t"), 20);
  EXPECT_LE(min("t"), 50);
  store_->retain(1'000'000, ~std::uint64_t{0});
  EXPECT_GT(min("t"), 50);
}

// Queue offsets, metadata and topics whose messages are all gone must not start over.
TEST_F(UpkeepTest, AQueueWhoseMessagesAreAllGoneKeepsItsOffset) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store_->put_meta({{"topic/quiet", "config"}}));
  for (int i = 0; i < 5; ++i) send("quiet", 3, "x");
  fill("busy", 100);
  tidy();
  store_->retain(0, 8000);
  tidy();
  const auto expect_kept = [&] {
    EXPECT_EQ(min("quiet", 3), 5);
    EXPECT_EQ(max("quiet", 3), 5);
    EXPECT_EQ(store_->metadata().size(), 1U);
  };
  expect_kept();
  kill();
  ASSERT_TRUE(open()) << problem_;
  expect_kept();
  ASSERT_TRUE(store_->close());
  kill();
  ASSERT_TRUE(open()) << problem_;
  expect_kept();
  EXPECT_EQ(send("quiet", 3, "again").queue_offset, QueueOffset{5});
}

TEST_F(UpkeepTest, TheOnlySnapshotIsNeverRetired) {
  ASSERT_TRUE(open());
  fill("t", 15);  // one sealed segment and a young one
  tidy();
  store_->retain(kForever, 0);
  EXPECT_EQ(store_->begin(), LogOffset{0}) << "first a checkpoint of the young one";
  send("t", 0, "x");
  tidy();
  store_->retain(kForever, 0);
  EXPECT_GT(store_->begin(), LogOffset{0});
  tidy();
  cut_power();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_EQ(max("t"), 16);
}

TEST_F(UpkeepTest, ASegmentWithAPendingTimerStays) {
  ASSERT_TRUE(open());
  const auto waiting = timer("later", 5000);
  fill("t", 100);
  tidy();
  store_->retain(kForever, 0);
  EXPECT_EQ(store_->begin(), LogOffset{0});
  EXPECT_EQ(deliver("t", "now", waiting.at).refused, Refused::none);
  ASSERT_TRUE(flush());
  store_->retain(kForever, 0);
  EXPECT_EQ(store_->begin(), LogOffset{0}) << "a crash could take the delivery's snapshot back";
  fill("t", 30);
  tidy();
  store_->retain(kForever, 0);
  EXPECT_GT(store_->begin(), LogOffset{0});
}

// The old bytes of a recycled segment are valid entries of other offsets. Wherever the new log ends,
// they must not be taken for its continuation.
TEST_F(UpkeepTest, ARecycledSegmentsOldBytesAreHarmless) {
  options_.reserve_segments = 1;
  ASSERT_TRUE(open());
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    const auto before = max("t");
    for (int i = 0; i < 11 + round % 5; ++i) send("t", 0, std::string(200, 'x'));
    tidy();
    store_->retain(0, 6000);
    tidy();
    EXPECT_LE(disk_.names().size(), 12U) << "files are recycled or removed";
    if (round % 3 != 2) continue;
    round % 2 == 0 ? kill() : cut_power();
    ASSERT_TRUE(open()) << problem_;
    EXPECT_EQ(max("t"), before + 11 + round % 5);
    EXPECT_EQ(static_cast<std::int64_t>(consume("t").size()), max("t") - min("t"));
  }
  EXPECT_EQ(store_->stats().reserve_ready, 1U);
}

TEST_F(UpkeepTest, WhileTheLogGrowsTheReserveIsFilledOnlyWhenItRunsLow) {
  options_.reserve_segments = 4;
  ASSERT_TRUE(open());
  tidy();
  ASSERT_EQ(store_->stats().reserve_ready, 4U);
  bool full_again = false;
  std::uint64_t lowest = 4;
  for (int i = 0; i < 200; ++i) {
    send("t", 0, std::string(200, 'x'));
    one_job();
    const auto ready = store_->stats().reserve_ready;
    full_again |= lowest < 4 && ready == 4;
    lowest = std::min(lowest, ready);
  }
  EXPECT_FALSE(full_again) << "three are enough while there is other work";
  EXPECT_EQ(lowest, 2U);
  EXPECT_EQ(store_->stats().reserve_used_up, 0U);
  tidy();
  EXPECT_EQ(store_->stats().reserve_ready, 4U) << "the log came to rest";
}

TEST_F(UpkeepTest, WhereNobodyWaitsForSyncsOnlyALogAtRestGetsAReserve) {
  options_.reserve_segments = 2;
  ASSERT_TRUE(open());
  tidy();
  store_->assume_durable();
  for (int i = 0; i < 100; ++i) {
    send("t", 0, std::string(200, 'x'));
    one_job();
  }
  EXPECT_EQ(store_->stats().reserve_ready, 0U);
  EXPECT_GT(store_->stats().reserve_used_up, 0U);
  tidy();
  EXPECT_EQ(store_->stats().reserve_ready, 2U);
}

TEST_F(UpkeepTest, TimersSurviveUntilTheirDeliveryIsDurable) {
  ASSERT_TRUE(open());
  const auto late = timer("late", 3000);
  const auto early = timer("early", 1000);
  const auto middle = timer("middle", 2000);
  ASSERT_TRUE(flush());
  const auto pending = [&] {
    std::vector<LogOffset> origins;
    for (const auto& t : store_->pending_timers()) origins.push_back(t.origin);
    return origins;
  };
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(pending(), ElementsAre(early.at, middle.at, late.at));

  deliver("t", "early", early.at);
  ASSERT_TRUE(flush());
  deliver("t", "middle", middle.at);
  cut_power();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), ElementsAre("early"));
  EXPECT_THAT(pending(), ElementsAre(middle.at, late.at));

  deliver("t", "middle", middle.at);
  deliver("t", "late", late.at);
  ASSERT_TRUE(flush());
  ASSERT_TRUE(store_->close());
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(consume("t"), ElementsAre("early", "middle", "late"));
  EXPECT_THAT(pending(), IsEmpty());
}

TEST_F(UpkeepTest, ATimerDueBeforeADeliveredOneIsMovedBehindIt) {
  ASSERT_TRUE(open());
  const auto first = timer("first", 5000);
  ASSERT_TRUE(flush());
  deliver("t", "first", first.at);
  const auto stepped_back = timer("the clock went back", 100);
  EXPECT_EQ(stepped_back.timer_due_ms, 5000);
  ASSERT_TRUE(flush());
  kill();
  ASSERT_TRUE(open()) << problem_;
  ASSERT_EQ(store_->pending_timers().size(), 1U);
  EXPECT_EQ(store_->pending_timers()[0].origin, stepped_back.at);
  EXPECT_EQ(store_->pending_timers()[0].due_ms, 5000);
}

TEST_F(UpkeepTest, TimersOfSealedSegmentsComeBackFromTheIndexes) {
  ASSERT_TRUE(open());
  std::vector<Appended> timers;
  for (int i = 0; i < 40; ++i) {
    timers.push_back(timer(std::string(200, 'x'), 1000 + (i * 37) % 40));
    ASSERT_TRUE(flush());
  }
  tidy();
  std::ranges::sort(timers, {}, [](const Appended& t) { return std::pair(t.timer_due_ms, t.at); });
  for (int i = 0; i < 15; ++i) {
    deliver("t", "x", timers[static_cast<std::size_t>(i)].at);
    ASSERT_TRUE(flush());
  }
  tidy();
  kill();
  ASSERT_TRUE(open()) << problem_;
  const auto pending = store_->pending_timers();
  ASSERT_EQ(pending.size(), 25U);
  for (std::size_t i = 0; i < pending.size(); ++i) {
    EXPECT_EQ(pending[i].origin, timers[i + 15].at);
    EXPECT_EQ(pending[i].due_ms, timers[i + 15].timer_due_ms);
  }
}

}  // namespace
}  // namespace mq::storage
