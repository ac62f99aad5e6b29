// What waits does not hold the log: pending timers and undecided half messages are carried forward before
// their segment goes, and exactly one of the two places counts, wherever a crash comes.
#include <gmock/gmock.h>

#include "mq/storage/store_fixture.hpp"

namespace mq::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CarryTest : public StoreTest {
 protected:
  void fill(int count) {
    for (int i = 0; i < count; ++i) send("t", 0, std::string(200, 'x'));
    tidy();
  }
  // Carries what there is to carry now; the places where it waits from then on.
  std::vector<LogOffset> carry_all() {
    std::vector<LogOffset> places;
    while (const auto held = store_->next_held()) {
      const auto done = store_->carry(*held, 1000);
      if (!done) break;
      places.push_back(done->at);
    }
    EXPECT_TRUE(flush());
    return places;
  }
  // Retention, with all that it waits for, until nothing changes any more.
  void retain_all(std::uint64_t size = 0) {
    LogOffset before{-1};
    store_->retain(kForever, size);
    while (store_->begin() != before) {
      before = store_->begin();
      for (int round = 0; round < 3; ++round) {
        carry_all();
        tidy();
      }
    }
  }
  std::vector<LogOffset> pending() const {
    std::vector<LogOffset> origins;
    for (const auto& timer : store_->pending_timers()) origins.push_back(timer.origin);
    return origins;
  }
};

TEST_F(CarryTest, ATimerGoesOnWaitingAtAnotherPlaceWithAllThatItSays) {
  ASSERT_TRUE(open());
  const auto timer = append("timers", 0, "later", {.keys = "k", .extra = {.timer_due_ms = 5000}});
  ASSERT_TRUE(flush());
  fill(100);
  EXPECT_FALSE(store_->next_held()) << "retention wants nothing yet";
  store_->retain(kForever, 0);
  EXPECT_EQ(store_->begin(), LogOffset{0});
  const auto held = store_->next_held();
  ASSERT_TRUE(held);
  EXPECT_EQ(held->at, timer.at);
  EXPECT_EQ(held->due_ms, 5000);
  EXPECT_FALSE(store_->is_carried({5000, timer.at}));
  const auto places = carry_all();
  ASSERT_EQ(places.size(), 1U);
  EXPECT_TRUE(store_->is_carried({5000, timer.at}));
  EXPECT_FALSE(store_->is_carried({5000, places[0]}));
  tidy();
  EXPECT_GT(store_->begin(), timer.at) << "retention goes on by itself";
  EXPECT_TRUE(store_->is_carried({5000, timer.at}));
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(read(places[0]), "later");
    EXPECT_THAT(find("timers", "k"), ElementsAre(places[0]));
    life == 0 ? kill() : cut_power();
    ASSERT_TRUE(open()) << problem_;
    EXPECT_THAT(pending(), ElementsAre(places[0]));
    EXPECT_EQ(store_->pending_timers()[0].due_ms, 5000);
  }
  deliver("t", "later", places[0]);
  ASSERT_TRUE(flush());
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(pending(), IsEmpty());
}

// The first place is still there: a restart must not find the timer twice, nor not at all.
TEST_F(CarryTest, ACrashBeforeOrAfterTheCopyIsDurableLeavesTheTimerOnce) {
  for (const bool durable : {false, true}) {
    SCOPED_TRACE(durable);
    for (const auto& name : disk_.names()) disk_.erase(name);
    ASSERT_TRUE(open());
    const auto first = timer("first", 5000);
    const auto second = timer("second", 4000);
    ASSERT_TRUE(flush());
    fill(40);
    store_->retain(kForever, 0);
    const auto held = store_->next_held();
    ASSERT_TRUE(held);
    EXPECT_EQ(held->at, second.at) << "in the order in which they are due";
    const auto copy = store_->carry(*held, 1000);
    ASSERT_TRUE(copy);
    if (durable) ASSERT_TRUE(flush());
    cut_power();
    ASSERT_TRUE(open()) << problem_;
    EXPECT_THAT(pending(), ElementsAre(durable ? copy->at : second.at, first.at));
    ASSERT_TRUE(store_->close());
    kill();
    ASSERT_TRUE(open()) << problem_;
    EXPECT_THAT(pending(), ElementsAre(durable ? copy->at : second.at, first.at)) << "from a snapshot";
    kill();
  }
}

TEST_F(CarryTest, ATimerThatWasTakenBackIsDroppedInsteadAndWhatSaidSoWithIt) {
  ASSERT_TRUE(open());
  const auto kept = timer("kept", 4000);
  const auto recalled = timer("recalled", 5000);
  ASSERT_TRUE(store_->put_meta({{"recall", "x"}}));
  fill(40);
  store_->retain(kForever, 0);
  const auto first = store_->next_held();
  ASSERT_TRUE(first);
  ASSERT_TRUE(store_->carry(*first, 1000));
  const auto second = store_->next_held();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->at, recalled.at);
  ASSERT_TRUE(store_->drop_held(*second, {{"recall", std::nullopt}}));
  EXPECT_FALSE(store_->next_held());
  EXPECT_TRUE(store_->is_carried({5000, recalled.at}));
  ASSERT_TRUE(flush());
  cut_power();
  ASSERT_TRUE(open()) << problem_;
  ASSERT_EQ(pending().size(), 1U);
  EXPECT_NE(pending()[0], kept.at);
  EXPECT_EQ(read(pending()[0]), "kept");
  EXPECT_THAT(store_->metadata(), IsEmpty());
}

TEST_F(CarryTest, AHalfMessageKeepsItsNameAndIsDecidedByIt) {
  ASSERT_TRUE(open());
  const auto half = send("halves", 0, "half", {.extra = {.half = true}});
  const auto other = send("halves", 0, "other", {.extra = {.half = true}});
  fill(60);
  store_->retain(kForever, 0);
  const auto held = store_->next_held();
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->half);
  EXPECT_EQ(held->origin, half.at);
  const auto copy = store_->carry(*held, 1000);
  ASSERT_TRUE(copy);
  EXPECT_TRUE(store_->is_undecided(half.at));
  EXPECT_EQ(store_->place_of(half.at), half.at) << "a copy that is not durable is not read";
  ASSERT_TRUE(flush());
  EXPECT_EQ(store_->place_of(half.at), copy->at);
  retain_all();
  EXPECT_GT(store_->begin(), other.at);
  const auto expect_both = [&] {
    EXPECT_THAT(store_->undecided_halves(), ElementsAre(half.at, other.at));
    EXPECT_EQ(read(store_->place_of(half.at)), "half");
    EXPECT_EQ(read(store_->place_of(other.at)), "other");
  };
  expect_both();
  cut_power();
  ASSERT_TRUE(open()) << problem_;
  expect_both();
  fill(60);
  retain_all();
  expect_both();
  EXPECT_EQ(append("t", 0, "committed", {.extra = {.half_origin = half.at}}).refused, Refused::none);
  ASSERT_TRUE(store_->roll_back(other.at));
  EXPECT_THAT(store_->undecided_halves(), IsEmpty());
  ASSERT_TRUE(flush());
  cut_power();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_THAT(store_->undecided_halves(), IsEmpty());
}

// A waiting message has its body in its own segment, so that one step frees all of it.
TEST_F(CarryTest, AWaitingMessageSharesABodyOnlyWithinItsSegment) {
  ASSERT_TRUE(open());
  const std::string body(600, 'b');
  const auto original = send("t", 0, body);
  const auto near = append("timers", 0, body, {.extra = {.timer_due_ms = 5000, .body_at = original.at}});
  EXPECT_EQ(store_->stats().shared_bodies, 1U);
  ASSERT_TRUE(flush());
  fill(20);
  append("timers", 0, body, {.extra = {.timer_due_ms = 6000, .body_at = original.at}});
  EXPECT_EQ(store_->stats().shared_bodies, 1U);
  append("t", 0, body, {.extra = {.body_at = original.at}});
  EXPECT_EQ(store_->stats().shared_bodies, 2U) << "what does not wait";
  fill(40);
  retain_all();
  EXPECT_GT(store_->begin(), near.at);
  kill();
  ASSERT_TRUE(open()) << problem_;
  ASSERT_EQ(pending().size(), 2U);
  for (const auto at : pending()) EXPECT_EQ(read(at), body);
}

// Else a log in which nearly all waits would be written over and over, and never get smaller.
TEST_F(CarryTest, NoMoreIsCarriedThanWasAppendedOtherwise) {
  ASSERT_TRUE(open());
  for (int i = 0; i < 100; ++i) timer(std::string(300, 'x'), 5000 + i);
  ASSERT_TRUE(flush());
  tidy();
  const auto once = static_cast<std::uint64_t>(store_->end().value());
  for (int round = 0; round < 10; ++round) retain_all(2000);
  EXPECT_LE(static_cast<std::uint64_t>(store_->end().value()), 2 * once + options_.segment_size);
  EXPECT_GE(store_->stats().carried, 100U);
  // With other messages among them the log gets as small as what waits allows.
  for (int round = 0; round < 40; ++round) {
    fill(40);
    retain_all(2000);
  }
  const auto size = static_cast<std::uint64_t>(store_->end().value() - store_->begin().value());
  EXPECT_LE(size, 3 * once);
  kill();
  ASSERT_TRUE(open()) << problem_;
  EXPECT_EQ(pending().size(), 100U);
}

TEST_F(CarryTest, ADamagedTimerKeepsItsSegmentUntilItIsDue) {
  ASSERT_TRUE(open());
  const auto damaged = timer("damaged", 5000);
  ASSERT_TRUE(flush());
  fill(60);
  kill();
  ASSERT_TRUE(open()) << problem_;
  disk_.flip(file_of(damaged.at), position_of(damaged.at) + 90);
  store_->retain(kForever, 0);
  const auto held = store_->next_held();
  ASSERT_TRUE(held);
  EXPECT_FALSE(store_->carry(*held, 1000));
  EXPECT_FALSE(store_->next_held()) << "not again and again";
  EXPECT_EQ(store_->begin(), LogOffset{0});
  store_->retain(kForever, 0);
  EXPECT_TRUE(store_->next_held());
}

TEST_F(CarryTest, WhatIsDeliveredMeanwhileIsNotCarried) {
  ASSERT_TRUE(open());
  const auto soon = timer("soon", 4000);
  const auto late = timer("late", 5000);
  ASSERT_TRUE(flush());
  fill(60);
  store_->retain(kForever, 0);
  deliver("t", "soon", soon.at);
  const auto held = store_->next_held();
  ASSERT_TRUE(held);
  EXPECT_EQ(held->at, late.at);
  deliver("t", "late", late.at);
  EXPECT_FALSE(store_->next_held());
  ASSERT_TRUE(flush());
  tidy();
  EXPECT_GT(store_->begin(), late.at);
}

}  // namespace
}  // namespace mq::storage
