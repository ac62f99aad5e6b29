#include "mq/namesrv/broker_registry.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mq/model/names.hpp"

namespace mq::namesrv {
namespace {

using std::chrono::seconds;
using Now = BrokerRegistry::Now;
using protocol::RegisterBrokerBody;
using protocol::RegisterBrokerRequest;

RegisterBrokerRequest who(const std::string& broker, const std::string& address, std::int64_t id = 0,
                          const std::string& cluster = "c") {
  RegisterBrokerRequest request;
  request.who = {broker, address, cluster, id};
  request.ha_address = "127.0.0.1:10912";
  return request;
}

RegisterBrokerBody topics(std::int64_t version, const std::vector<std::string>& names,
                          std::int32_t queues = 4) {
  RegisterBrokerBody body;
  body.topics.data_version = {version, 0, 1};
  for (const auto& name : names) {
    auto& topic = body.topics.topics[name];
    topic.topic = name;
    topic.read_queues = topic.write_queues = queues;
  }
  return body;
}

struct Table : testing::Test {
  BrokerRegistry registry{RegistryOptions{}};
  Now now{};
  net::ConnectionKey here{1}, there{2};

  std::string enroll(const RegisterBrokerRequest& request, const RegisterBrokerBody& body,
                     net::ConnectionKey on) {
    return registry.enroll(request, body, 7, on, now).refused;
  }
  [[nodiscard]] bool has(const std::string& broker, const std::string& topic) const {
    const auto found = registry.brokers().find(broker);
    return found != registry.brokers().end() && found->second.topics.contains(topic);
  }
  [[nodiscard]] const protocol::QueueData& queues(const std::string& broker, const std::string& topic) const {
    return registry.brokers().find(broker)->second.topics.find(topic)->second;
  }
};

TEST_F(Table, SeveralBrokersOfSeveralClustersAreKeptApart) {
  EXPECT_EQ(enroll(who("a", "h:1"), topics(1, {"T", "U"}), here), "");
  EXPECT_EQ(enroll(who("b", "h:2", 0, "d"), topics(1, {"T", "V"}, 8), there), "");
  EXPECT_EQ(queues("a", "T").write_queues, 4);
  EXPECT_EQ(queues("b", "T").write_queues, 8);
  EXPECT_EQ(registry.brokers().at("b").cluster, "d");
  EXPECT_NE(enroll(who("a", "h:3", 1, "d"), topics(1, {"T", "U"}), there), "") << "one name, one cluster";
}

TEST_F(Table, AKnownVersionChangesNoTopicThatIsThereAndBringsBackOneThatIsNot) {
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), here);
  registry.remove_topic("U", "");
  enroll(who("a", "h:1"), topics(1, {"T", "U"}, 9), here);
  EXPECT_EQ(queues("a", "T").write_queues, 4);
  EXPECT_EQ(queues("a", "U").write_queues, 9);
  enroll(who("a", "h:1"), topics(2, {"T", "U"}, 9), here);
  EXPECT_EQ(queues("a", "T").write_queues, 9);
}

TEST_F(Table, TopicsThatAreNotNamedStayUnlessSetOtherwise) {
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), here);
  enroll(who("a", "h:1"), topics(2, {"T"}), here);
  EXPECT_TRUE(has("a", "U"));

  RegistryOptions options;
  options.delete_absent_topics = true;
  registry = BrokerRegistry(options);
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), here);
  enroll(who("a", "h:1"), topics(2, {"T"}), here);
  EXPECT_FALSE(has("a", "U"));
  EXPECT_TRUE(has("a", "T"));
}

TEST_F(Table, ABrokerThatNeverRegisteredWholeCannotRegisterOneTopic) {
  EXPECT_EQ(enroll(who("a", "h:1"), topics(1, {"T"}), here), "register broker failed");
  EXPECT_EQ(registry.live(), 0U);
}

TEST_F(Table, ASlaveLearnsItsMasterAndItsTopicsDoNotCount) {
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), here);
  const auto told = registry.enroll(who("a", "h:2", 1), topics(1, {"X", "Y"}), 7, there, now);
  EXPECT_EQ(told.master.master_address, "h:1");
  EXPECT_EQ(told.master.ha_address, "127.0.0.1:10912");
  EXPECT_FALSE(has("a", "X"));
  EXPECT_EQ(registry.brokers().at("a").addresses.size(), 2U);
}

TEST_F(Table, ASlaveThatBecomesTheMasterHasOneId) {
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), here);
  enroll(who("a", "h:2", 1), topics(1, {"T", "U"}), there);
  registry.closed(here);
  enroll(who("a", "h:2", 0), topics(2, {"T", "U"}), there);
  EXPECT_EQ(registry.brokers().at("a").addresses, (std::map<std::int64_t, std::string>{{0, "h:2"}}));
}

TEST_F(Table, AnEarlierStateOfTheGroupDoesNotTakeTheIdOver) {
  auto later = topics(1, {"T", "U"});
  later.topics.data_version.state_version = 5;
  enroll(who("a", "h:1"), later, here);
  enroll(who("a", "h:2"), topics(9, {"T", "U"}), there);
  EXPECT_EQ(registry.brokers().at("a").addresses.at(0), "h:1");
}

TEST_F(Table, ABrokerGoesWithItsConnectionAndTheLastOneTakesTheTopics) {
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), here);
  enroll(who("b", "h:2"), topics(1, {"T", "U"}), there);
  registry.closed(here);
  EXPECT_FALSE(has("a", "T"));
  EXPECT_TRUE(has("b", "T"));
  registry.remove({"b", "h:2", "c", 0});
  EXPECT_TRUE(registry.brokers().empty());
  EXPECT_EQ(registry.live(), 0U);
}

TEST_F(Table, AnotherConnectionOfTheSameBrokerKeepsItWhenTheFirstOneCloses) {
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), here);
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), there);
  registry.closed(here);
  EXPECT_TRUE(has("a", "T"));
}

TEST_F(Table, SilentBrokersExpireEachAfterItsOwnTime) {
  auto hasty = who("b", "h:2");
  hasty.expiry_ms = 5000;
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), here);
  enroll(hasty, topics(1, {"T", "U"}), there);
  EXPECT_TRUE(registry.expire(now + seconds(5)).empty());
  EXPECT_EQ(registry.expire(now + seconds(6)), std::vector{there});
  registry.touch("c", "h:1", now + seconds(100));
  EXPECT_TRUE(registry.expire(now + seconds(121)).empty());
  EXPECT_EQ(registry.expire(now + seconds(221)), std::vector{here});
  EXPECT_TRUE(registry.brokers().empty());
}

TEST_F(Table, TheSameBodyAgainIsASignOfLifeOnItsOwnConnectionOnly) {
  const auto request = who("a", "h:1");
  EXPECT_FALSE(registry.enroll_again(request, 7, here, now)) << "nothing is known yet";
  enroll(request, topics(1, {"T", "U"}), here);
  EXPECT_TRUE(registry.enroll_again(request, 7, here, now + seconds(100)));
  EXPECT_TRUE(registry.expire(now + seconds(150)).empty());
  EXPECT_FALSE(registry.enroll_again(request, 8, here, now)) << "another body";
  EXPECT_FALSE(registry.enroll_again(request, 7, there, now)) << "the connection is what it dies with";
  registry.remove_topic("T", "c");
  EXPECT_FALSE(registry.enroll_again(request, 7, here, now)) << "the body would bring the topic back";
}

TEST_F(Table, WritingIsTakenAndGivenBackForOneBroker) {
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), here);
  enroll(who("b", "h:2"), topics(1, {"T", "U"}), there);
  EXPECT_EQ(registry.set_writing("a", false), 2U);
  EXPECT_EQ(queues("a", "T").perm, perm::kRead);
  EXPECT_EQ(queues("b", "T").perm, perm::kRead | perm::kWrite);
  EXPECT_EQ(registry.set_writing("a", true), 2U);
  EXPECT_EQ(queues("a", "T").perm, perm::kRead | perm::kWrite);
  EXPECT_EQ(registry.set_writing("nobody", false), 0U);
}

TEST_F(Table, SingleTopicsAreTakenForKnownBrokersOnly) {
  enroll(who("a", "h:1"), topics(1, {"T", "U"}), here);
  registry.put_topic("N", {{"a", 6, 2, 0, 2}});
  EXPECT_TRUE(has("a", "N"));
  registry.put_topic("M", {{"a", 6, 2, 0, 2}, {"nobody", 6, 2, 0, 2}});
  EXPECT_FALSE(has("a", "M"));
}

TEST_F(Table, WhatMakesNoSenseIsRefusedAndKeepsNothing) {
  const auto two = topics(1, {"T", "U"});
  for (const auto* address : {"", "h", ":1", "h:", "h:x", "h 1:2", "h,i:1", "h\"i:1", "h:123456"}) {
    EXPECT_NE(enroll(who("a", address), two, here), "") << address;
  }
  EXPECT_NE(enroll(who("", "h:1"), two, here), "");
  EXPECT_NE(enroll(who("a b", "h:1"), two, here), "");
  EXPECT_NE(enroll(who(std::string(256, 'a'), "h:1"), two, here), "");
  EXPECT_NE(enroll(who("a", "h:1", -1), two, here), "");
  EXPECT_NE(enroll(who("a", "h:1"), topics(1, {"T", "U\n"}), here), "");
  EXPECT_NE(enroll(who("a", "h:1"), topics(1, {"T", "U"}, -1), here), "");
  EXPECT_EQ(registry.live(), 0U);
  EXPECT_TRUE(registry.brokers().empty());
}

TEST_F(Table, BrokersAndTopicsHaveALimitAndThoseInsideGoOn) {
  RegistryOptions options;
  options.brokers_max = 2;
  options.topics_max = 5;
  registry = BrokerRegistry(options);
  EXPECT_EQ(enroll(who("a", "h:1"), topics(1, {"T", "U"}), here), "");
  EXPECT_NE(enroll(who("b", "h:2"), topics(1, {"A", "B", "C", "D"}), there), "");
  EXPECT_EQ(enroll(who("b", "h:2"), topics(1, {"A", "B", "C"}), there), "");
  EXPECT_NE(enroll(who("c", "h:3"), topics(1, {}), there), "");
  EXPECT_EQ(enroll(who("a", "h:1"), topics(2, {"T", "U"}), here), "") << "the same topics again are no more";
  registry.put_topic("N", {{"a", 6, 2, 0, 2}});
  EXPECT_FALSE(has("a", "N"));
  registry.closed(there);
  registry.put_topic("N", {{"a", 6, 2, 0, 2}});
  EXPECT_TRUE(has("a", "N")) << "what went makes room";
}

}  // namespace
}  // namespace mq::namesrv
