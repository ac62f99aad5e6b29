#include "mq/client/queue_selector.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace mq::client {
namespace {

using namespace std::chrono_literals;

std::vector<MessageQueue> queues(std::string topic, int brokers, int each) {
  std::vector<MessageQueue> all;
  for (int broker = 0; broker < brokers; ++broker) {
    for (int queue = 0; queue < each; ++queue)
      all.push_back({topic, std::string(1, static_cast<char>('a' + broker)), queue});
  }
  return all;
}

TEST(QueueSelector, TakesAllQueuesInTurn) {
  const auto all = queues("T", 2, 3);
  QueueSelector selector;
  std::map<MessageQueue, int> picked;
  for (int i = 0; i < 60; ++i) ++picked[selector.pick(all, "", {})];
  EXPECT_EQ(picked.size(), 6U);
  for (const auto& [queue, times] : picked) EXPECT_EQ(times, 10) << queue.broker << queue.queue;
}

// One counter for all topics would give each topic only every second queue here.
TEST(QueueSelector, EachTopicHasItsOwnTurn) {
  const auto one = queues("one", 1, 2);
  const auto two = queues("two", 1, 2);
  QueueSelector selector;
  std::map<MessageQueue, int> picked;
  for (int i = 0; i < 20; ++i) {
    ++picked[selector.pick(one, "", {})];
    ++picked[selector.pick(two, "", {})];
  }
  EXPECT_EQ(picked.size(), 4U);
}

TEST(QueueSelector, ARetryGoesToAnotherBroker) {
  const auto all = queues("T", 2, 4);
  QueueSelector selector;
  for (int i = 0; i < 16; ++i) EXPECT_EQ(selector.pick(all, "a", {}).broker, "b");
}

TEST(QueueSelector, ABrokerThatFailedIsSparedForAWhile) {
  const auto all = queues("T", 2, 2);
  const QueueSelector::Time now{1h};
  QueueSelector selector;
  selector.failed("a", now);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(selector.pick(all, "", now + 1s).broker, "b");
  std::map<std::string, int> later;
  for (int i = 0; i < 8; ++i) ++later[selector.pick(all, "", now + QueueSelector::kAvoidFor).broker];
  EXPECT_EQ(later["a"], 4);
}

TEST(QueueSelector, SuccessEndsTheSparing) {
  const auto all = queues("T", 2, 2);
  QueueSelector selector;
  selector.failed("a", {});
  selector.succeeded("a");
  std::map<std::string, int> picked;
  for (int i = 0; i < 8; ++i) ++picked[selector.pick(all, "", {}).broker];
  EXPECT_EQ(picked["a"], 4);
}

TEST(QueueSelector, WithoutAnAlternativeTheFailedBrokerIsTriedAgain) {
  const auto all = queues("T", 1, 2);
  QueueSelector selector;
  selector.failed("a", {});
  EXPECT_EQ(selector.pick(all, "a", {}).broker, "a");
}

TEST(QueueSelector, ARetryPrefersAFailedOtherBrokerToTheSameOne) {
  const auto all = queues("T", 2, 2);
  QueueSelector selector;
  selector.failed("a", {});
  selector.failed("b", {});
  EXPECT_EQ(selector.pick(all, "b", {}).broker, "a");
}

// "order_created_event_v2" hashes to -2144314743 in Java; a remainder of -7 means queue 7 there.
TEST(Shard, IsThatOfTheStockJavaSelectorAlsoForNegativeHashes) {
  ASSERT_EQ(tag_hash("order_created_event_v2"), -2144314743);
  const auto all = queues("T", 1, 8);
  EXPECT_EQ(shard(all, "order_created_event_v2").queue, 7);
  EXPECT_EQ(shard(all, "TagA").queue, 2598919 % 8);
}

TEST(Shard, OrderNumbersSpreadOverAllQueues) {
  const auto all = queues("T", 2, 4);
  std::map<MessageQueue, int> picked;
  for (int i = 0; i < 8000; ++i) ++picked[shard(all, "ORD2026112100" + std::to_string(100000 + i))];
  EXPECT_EQ(picked.size(), 8U);
  for (const auto& [queue, times] : picked) {
    EXPECT_GT(times, 500) << queue.broker << queue.queue;
    EXPECT_LT(times, 2000) << queue.broker << queue.queue;
  }
}

}  // namespace
}  // namespace mq::client
