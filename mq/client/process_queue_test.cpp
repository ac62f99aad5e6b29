#include "mq/client/process_queue.hpp"

#include <gmock/gmock.h>

#include <random>

namespace mq::client {
namespace {

ReceivedMessage message_at(std::int64_t offset, std::size_t bytes = 10) {
  ReceivedMessage message;
  message.queue_offset = QueueOffset{offset};
  message.body.assign(bytes, 'x');
  return message;
}
std::vector<ReceivedMessage> messages(std::int64_t begin, std::int64_t end) {
  std::vector<ReceivedMessage> all;
  for (auto offset = begin; offset < end; ++offset) all.push_back(message_at(offset));
  return all;
}

// Follows a queue through random steps and remembers what a committed offset must never pass.
// `Committable` says what would be committed, so that a wrong rule can be put in (negative control).
template <class Committable>
bool passes_an_unfinished_message(unsigned seed, Committable committable) {
  std::mt19937 random(seed);
  ProcessQueue queue(ConsumeMode::concurrent, 0);
  std::vector<ProcessQueue::Ticket> taken;
  std::set<std::int64_t> unfinished;
  std::int64_t highest_finished = -1;
  for (int step = 0; step < 400; ++step) {
    const auto dice = random() % 10;
    if (dice < 2) {
      const auto begin =
          queue.next_pull() + static_cast<std::int64_t>(random() % 3);  // filtered ones are gaps
      const auto end = begin + static_cast<std::int64_t>(random() % 5);
      for (auto offset = begin; offset < end; ++offset) unfinished.insert(offset);
      queue.put(messages(begin, end), end + static_cast<std::int64_t>(random() % 3));
    } else if (dice < 6) {
      if (auto work = queue.take()) taken.push_back(work->ticket);
    } else if (!taken.empty()) {
      const auto chosen = taken.begin() + static_cast<std::ptrdiff_t>(random() % taken.size());
      if (random() % 20 == 0) {
        queue.abandon(*chosen);  // stays in `unfinished` for good
      } else {
        queue.finish(*chosen);
        unfinished.erase(chosen->offset);
        highest_finished = std::max(highest_finished, chosen->offset);
      }
      taken.erase(chosen);
    }
    if (!unfinished.empty() && committable(queue, highest_finished) > *unfinished.begin()) return true;
  }
  return false;
}

TEST(ProcessQueue, CommittedOffsetNeverPassesAnUnfinishedMessage) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    EXPECT_FALSE(passes_an_unfinished_message(
        seed, [](const ProcessQueue& queue, std::int64_t) { return queue.committable(); }));
  }
}

TEST(ProcessQueue, NegativeControlCommittingTheHighestFinishedIsCaught) {
  EXPECT_TRUE(passes_an_unfinished_message(
      1, [](const ProcessQueue&, std::int64_t highest_finished) { return highest_finished + 1; }));
}

TEST(ProcessQueue, LowestUnfinishedIsCommittedWhateverFinishesFirst) {
  ProcessQueue queue(ConsumeMode::concurrent, 5);
  queue.put(messages(5, 8), 8);
  const auto first = queue.take();
  const auto second = queue.take();
  const auto third = queue.take();
  EXPECT_EQ(queue.committable(), 5);
  queue.finish(third->ticket);
  queue.finish(second->ticket);
  EXPECT_EQ(queue.committable(), 5);
  EXPECT_EQ(queue.span(), 3);
  queue.finish(first->ticket);
  EXPECT_EQ(queue.committable(), 8);
}

TEST(ProcessQueue, FilteredMessagesAreCommittedOnceNothingBeforeThemIsOpen) {
  ProcessQueue queue(ConsumeMode::concurrent, 0);
  queue.put(messages(2, 3), 10);
  EXPECT_EQ(queue.committable(), 2);
  queue.finish(queue.take()->ticket);
  EXPECT_EQ(queue.committable(), 10);
  queue.put({}, 25);
  EXPECT_EQ(queue.committable(), 25);
}

TEST(ProcessQueue, WhatWasPulledBeforeIsNotTakenAgain) {
  ProcessQueue queue(ConsumeMode::concurrent, 0);
  queue.put(messages(0, 3), 3);
  queue.put(messages(1, 5), 5);
  EXPECT_EQ(queue.waiting(), 5U);
  queue.put({}, 2);
  EXPECT_EQ(queue.next_pull(), 5);
}

TEST(ProcessQueue, OrderlyHandsOutOneAtATime) {
  ProcessQueue queue(ConsumeMode::orderly, 0);
  queue.put(messages(0, 3), 3);
  const auto first = queue.take();
  ASSERT_TRUE(first);
  EXPECT_FALSE(queue.can_take());
  EXPECT_FALSE(queue.take());
  queue.finish(first->ticket);
  const auto second = queue.take();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->message.queue_offset, QueueOffset{1});
}

// The message at the handler cannot be called back, so even after the position jumped its successor waits.
TEST(ProcessQueue, OrderlyHandsOutOneAtATimeAlsoAcrossAReset) {
  ProcessQueue queue(ConsumeMode::orderly, 0);
  queue.put(messages(0, 3), 3);
  const auto old = queue.take();
  queue.reset(100);
  queue.put(messages(100, 101), 101);
  EXPECT_FALSE(queue.take());
  queue.finish(old->ticket);
  EXPECT_TRUE(queue.take());
}

TEST(ProcessQueue, DroppedQueueHandsOutNothingAndCommitsOnlyWhatIsFinished) {
  ProcessQueue queue(ConsumeMode::concurrent, 0);
  queue.put(messages(0, 4), 4);
  const auto first = queue.take();
  queue.drop();
  EXPECT_FALSE(queue.take());
  EXPECT_EQ(queue.committable(), 0);
  queue.put(messages(4, 6), 6);  // a pull that was under way
  EXPECT_EQ(queue.next_pull(), 4);
  queue.finish(first->ticket);
  EXPECT_EQ(queue.committable(), 1) << "the waiting ones belong to the next owner";
}

TEST(ProcessQueue, AbandonedMessageHoldsTheCommittedOffset) {
  ProcessQueue queue(ConsumeMode::concurrent, 0);
  queue.put(messages(0, 2), 2);
  const auto first = queue.take();
  const auto second = queue.take();
  queue.abandon(first->ticket);
  queue.finish(second->ticket);
  EXPECT_EQ(queue.committable(), 0);
  EXPECT_EQ(queue.buffered(), 0U);
}

TEST(ProcessQueue, ResetMovesBothWaysAndOldVerdictsNoLongerCount) {
  for (const std::int64_t target : {2, 500}) {
    SCOPED_TRACE(target);
    ProcessQueue queue(ConsumeMode::concurrent, 10);
    queue.put(messages(10, 13), 13);
    const auto old = queue.take();
    queue.reset(target);
    EXPECT_EQ(queue.committable(), target);
    EXPECT_EQ(queue.waiting(), 0U);
    queue.finish(old->ticket);
    EXPECT_EQ(queue.committable(), target);
    EXPECT_EQ(queue.buffered_bytes(), 0U);
  }
}

TEST(ProcessQueue, BufferedCountsWhatWaitsAndWhatIsTaken) {
  ProcessQueue queue(ConsumeMode::concurrent, 0);
  queue.put(messages(0, 4), 4);
  const auto work = queue.take();
  EXPECT_EQ(queue.buffered(), 4U);
  EXPECT_EQ(queue.buffered_bytes(), 40U);
  queue.finish(work->ticket);
  EXPECT_EQ(queue.buffered(), 3U);
  EXPECT_EQ(queue.buffered_bytes(), 30U);
  queue.drop();
  EXPECT_EQ(queue.buffered(), 0U);
  EXPECT_EQ(queue.buffered_bytes(), 0U);
}

TEST(ProcessQueueDeathTest, FinishingTwiceIsABug) {
  ProcessQueue queue(ConsumeMode::concurrent, 0);
  queue.put(messages(0, 2), 2);
  const auto first = queue.take();
  queue.finish(first->ticket);
  EXPECT_DEATH(queue.finish(first->ticket), "given back");
}

}  // namespace
}  // namespace mq::client
