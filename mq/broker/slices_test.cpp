// What tools list is as long as the broker has topics and groups. A step of the hot loop must not be.
#include "mq/broker/slices.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mq/broker/processors/consume_stats.hpp"
#include "mq/broker/processors/group_admin.hpp"
#include "mq/broker/processors/topic_admin.hpp"
#include "mq/broker/processors/topic_stats.hpp"
#include "mq/broker/testing_store.hpp"
#include "mq/net/loop.hpp"
#include "mq/net/server.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::broker {
namespace {

constexpr int kGroups = 5000;
constexpr int kQueues = 4;

class SlicesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(topics_.load({}) && groups_.load({}));
    for (int i = 0; i < kGroups; ++i) {
      const auto number = std::to_string(i);
      TopicConfig topic;
      topic.topic = "topic-" + number;
      topic.read_queues = topic.write_queues = kQueues;
      ASSERT_TRUE(topics_.put(topic));
      GroupConfig group;
      group.group = "group-" + number;
      ASSERT_TRUE(groups_.put(group));
      offsets_.commit(group.group, {topic.topic, 0}, QueueOffset{1});
    }
    store_.sync();
  }
  // How many steps it takes when no step has time for more than it must do.
  int steps() {
    int steps = 1;
    while (slices_.run(Slices::Now::min())) ++steps;
    return steps;
  }
  template <class Header = NoHeader>
  [[nodiscard]] ReplyTo<Header> nobody() {
    return ReplyTo<Header>(net::Reply{.server = &server_, .connection = {}});
  }

  mq::testing::ManualClock clock_;
  testing::StoreOn<mq::testing::FaultyDisk> store_;
  TopicTable topics_{*store_, {}, 0};
  GroupTable groups_{*store_, true, 0};
  ConsumerOffsets offsets_{*store_};
  ClientRegistry clients_{[](auto&&...) {}};
  Stats stats_{clock_};
  Slices slices_;
  net::Loop loop_;
  net::Server server_{loop_, {}, [](auto&&...) {}, [](auto&&...) {}};
};

TEST_F(SlicesTest, AllTopicsAreListedOneByOne) {
  GetAllTopicConfig list(topics_, slices_);
  list({}, {}, nobody<protocol::GetAllTopicConfigResponse>());
  EXPECT_GE(steps(), kGroups);
}

TEST_F(SlicesTest, AllGroupsAreListedOneByOne) {
  GetAllGroupConfig list(groups_, slices_);
  list({}, {}, nobody<protocol::GetAllSubscriptionGroupConfigResponse>());
  EXPECT_GE(steps(), kGroups);
}

TEST_F(SlicesTest, WhereAllGroupsStandIsReadQueueByQueue) {
  ConsumeStats one({topics_, clients_, offsets_, *store_, stats_, slices_}, "broker-a");
  BrokerConsumeStats all(one, groups_, "127.0.0.1:10911");
  all({}, {}, nobody());
  EXPECT_GE(steps(), kGroups * kQueues);
}

TEST_F(SlicesTest, WhereOneGroupStandsInThousandsOfTopicsIsReadQueueByQueue) {
  for (int i = 0; i < kGroups; ++i) {
    offsets_.commit("group-1", {"topic-" + std::to_string(i), 0}, QueueOffset{1});
  }
  ConsumeStats one({topics_, clients_, offsets_, *store_, stats_, slices_}, "broker-a");
  protocol::GetConsumeStatsRequest request;
  request.consumer_group = "group-1";
  one(request, {}, nobody());
  EXPECT_GE(steps(), kGroups * kQueues);
}

TEST_F(SlicesTest, WhatIsDeletedMeanwhileIsPassedOver) {
  ConsumeStats one({topics_, clients_, offsets_, *store_, stats_, slices_}, "broker-a");
  BrokerConsumeStats all(one, groups_, "127.0.0.1:10911");
  all({}, {}, nobody());
  for (int i = 0; i < 100; ++i) slices_.run(Slices::Now::min());
  for (int i = 0; i < kGroups; ++i) {
    ASSERT_TRUE(groups_.remove("group-" + std::to_string(i)));
    ASSERT_TRUE(topics_.remove("topic-" + std::to_string(i)));
  }
  store_.sync();
  EXPECT_LT(steps(), kGroups);
}

TEST_F(SlicesTest, WorksTakeTurns) {
  std::string order;
  for (const auto* name : {"a", "b"}) {
    slices_.add([&order, name, left = 3](Slices::Now) mutable {
      order += name;
      return --left == 0;
    });
  }
  EXPECT_EQ(steps(), 6);
  EXPECT_EQ(order, "ababab");
}

}  // namespace
}  // namespace mq::broker
