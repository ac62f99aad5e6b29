#include "mq/client/rebalance.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

namespace mq::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<MessageQueue> queues(int brokers, int each) {
  std::vector<MessageQueue> all;
  for (int broker = 0; broker < brokers; ++broker) {
    for (int queue = 0; queue < each; ++queue)
      all.push_back({"T", "broker-" + std::to_string(broker), queue});
  }
  return all;
}
std::vector<std::string> members(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back("10.0.0." + std::to_string(i) + "@1");
  return all;
}

// The rule that makes consumption complete and single: over all sizes, the shares of all members
// together are every queue exactly once.
TEST(Rebalance, SharesAreAPartitionForEverySize) {
  for (int count = 1; count <= 12; ++count) {
    for (int each = 0; each <= 17; ++each) {
      SCOPED_TRACE(testing::Message() << count << " members, 2 x " << each << " queues");
      const auto all = queues(2, each);
      std::map<MessageQueue, int> taken;
      std::size_t least = all.size();
      std::size_t most = 0;
      for (const auto& member : members(count)) {
        const auto share = allocate_average(members(count), all, member);
        least = std::min(least, share.size());
        most = std::max(most, share.size());
        for (const auto& queue : share) ++taken[queue];
      }
      EXPECT_EQ(taken.size(), all.size());
      EXPECT_TRUE(std::ranges::all_of(taken, [](const auto& entry) { return entry.second == 1; }));
      EXPECT_LE(most - least, 1U);
    }
  }
}

// What the Java client computes for 8 queues and 3 members: 0-2, 3-5, 6-7.
TEST(Rebalance, SharesAreThoseOfStockClients) {
  const auto all = queues(1, 8);
  EXPECT_THAT(allocate_average({"a", "b", "c"}, all, "a"), ElementsAre(all[0], all[1], all[2]));
  EXPECT_THAT(allocate_average({"a", "b", "c"}, all, "b"), ElementsAre(all[3], all[4], all[5]));
  EXPECT_THAT(allocate_average({"a", "b", "c"}, all, "c"), ElementsAre(all[6], all[7]));
}

TEST(Rebalance, FewerQueuesThanMembersLeavesTheLastMembersIdle) {
  const auto all = queues(1, 2);
  EXPECT_THAT(allocate_average({"a", "b", "c"}, all, "b"), ElementsAre(all[1]));
  EXPECT_THAT(allocate_average({"a", "b", "c"}, all, "c"), IsEmpty());
}

TEST(Rebalance, OrderAndDoublesOfTheInputDoNotMatter) {
  auto all = queues(2, 5);
  auto shuffled = all;
  std::ranges::reverse(shuffled);
  shuffled.push_back(all.front());
  for (const auto* self : {"a", "b", "c"}) {
    EXPECT_EQ(allocate_average({"c", "a", "b", "a"}, shuffled, self),
              allocate_average({"a", "b", "c"}, all, self));
  }
}

TEST(Rebalance, WhoIsNotAMemberGetsNothing) {
  EXPECT_THAT(allocate_average({"a", "b"}, queues(1, 4), "z"), IsEmpty());
  EXPECT_THAT(allocate_average({}, queues(1, 4), "a"), IsEmpty());
}

}  // namespace
}  // namespace mq::client
