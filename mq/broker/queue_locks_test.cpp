#include "mq/broker/queue_locks.hpp"

#include <gtest/gtest.h>

namespace mq::broker {
namespace {

const QueueId kQueue{"T", 0};
constexpr QueueLocks::Now kStart{};
constexpr auto kLife = QueueLocks::kLife;

TEST(QueueLocks, OneClientHoldsAQueueAndMayRenewIt) {
  QueueLocks locks;
  EXPECT_TRUE(locks.lock("g", kQueue, "a", kStart));
  EXPECT_FALSE(locks.lock("g", kQueue, "b", kStart));
  EXPECT_TRUE(locks.lock("g", kQueue, "a", kStart + kLife));
  EXPECT_FALSE(locks.lock("g", kQueue, "b", kStart + kLife + std::chrono::seconds{1})) << "renewed since";
}

TEST(QueueLocks, GroupsAndQueuesDoNotMeet) {
  QueueLocks locks;
  EXPECT_TRUE(locks.lock("g", kQueue, "a", kStart));
  EXPECT_TRUE(locks.lock("h", kQueue, "b", kStart));
  EXPECT_TRUE(locks.lock("g", {"T", 1}, "b", kStart));
}

TEST(QueueLocks, ALockThatIsNotRenewedForSixtySecondsIsFree) {
  QueueLocks locks;
  ASSERT_TRUE(locks.lock("g", kQueue, "a", kStart));
  EXPECT_FALSE(locks.lock("g", kQueue, "b", kStart + kLife));
  EXPECT_TRUE(locks.any_held("g", kStart + kLife));
  EXPECT_FALSE(locks.any_held("g", kStart + kLife + std::chrono::milliseconds{1}));
  EXPECT_TRUE(locks.lock("g", kQueue, "b", kStart + kLife + std::chrono::milliseconds{1}));
}

TEST(QueueLocks, OnlyTheHolderUnlocks) {
  QueueLocks locks;
  ASSERT_TRUE(locks.lock("g", kQueue, "a", kStart));
  locks.unlock("g", kQueue, "b");
  EXPECT_FALSE(locks.lock("g", kQueue, "b", kStart));
  locks.unlock("g", kQueue, "a");
  EXPECT_TRUE(locks.lock("g", kQueue, "b", kStart));
}

}  // namespace
}  // namespace mq::broker
