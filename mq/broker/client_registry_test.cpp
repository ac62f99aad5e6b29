#include "mq/broker/client_registry.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mq::broker {
namespace {

using protocol::ConsumerData;
using protocol::SubscriptionData;
using Subscriptions = ClientRegistry::Subscriptions;
using Notice = ClientRegistry::Notice;

constexpr net::ConnectionKey kFirst{1};
constexpr net::ConnectionKey kSecond{2};

class ClientRegistryTest : public ::testing::Test {
 protected:
  static ConsumerData group_data(std::vector<std::pair<std::string, std::int64_t>> subscriptions) {
    ConsumerData data;
    data.group = "g";
    for (auto& [topic, version] : subscriptions) {
      SubscriptionData subscription;
      subscription.topic = topic;
      subscription.expression = "tag" + std::to_string(version);
      subscription.version = version;
      data.subscriptions.push_back(std::move(subscription));
    }
    return data;
  }
  static Client client(net::ConnectionKey connection, std::string id) {
    return {connection, {}, std::move(id), "JAVA", 479};
  }
  void join(net::ConnectionKey connection, const std::string& id, const ConsumerData& data) {
    clients_.register_consumer(data, client(connection, id), Subscriptions::replace, Notice::send, now_);
  }
  // Who was told of a change since the last call.
  std::vector<net::ConnectionKey> told() { return std::exchange(told_, {}); }

  std::vector<net::ConnectionKey> told_;
  ClientRegistry clients_{[this](net::ConnectionKey member, const std::string&) { told_.push_back(member); }};
  ClientRegistry::Now now_{};
};

TEST_F(ClientRegistryTest, AMemberThatJoinsIsToldToAllAndAHeartbeatThatSaysNothingNewToNobody) {
  join(kFirst, "a", group_data({{"T", 1}}));
  EXPECT_EQ(told(), (std::vector{kFirst}));
  join(kSecond, "b", group_data({{"T", 1}}));
  EXPECT_EQ(told(), (std::vector{kFirst, kSecond}));
  join(kSecond, "b", group_data({{"T", 1}}));
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(clients_.client_ids("g"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(ClientRegistryTest, AProducerIsFoundByItsClientIdAsLongAsItIsInAGroup) {
  clients_.register_producer("p", client(kFirst, "a"), now_);
  clients_.register_producer("q", client(kFirst, "a"), now_);
  EXPECT_EQ(clients_.find_producer("a"), kFirst);
  EXPECT_EQ(clients_.find_producer("b"), std::nullopt);
  clients_.unregister_producer("p", kFirst);
  EXPECT_EQ(clients_.find_producer("a"), kFirst);
  clients_.register_producer("q", client(kSecond, "a"), now_);  // the same program on a new connection
  clients_.closed(kFirst);
  EXPECT_EQ(clients_.find_producer("a"), kSecond);
  clients_.unregister_producer("q", kSecond);
  EXPECT_EQ(clients_.find_producer("a"), std::nullopt);
}

TEST_F(ClientRegistryTest, AddedAndRemovedTopicsAreToldAndANewVersionOfOneIsTakenQuietly) {
  join(kFirst, "a", group_data({{"T", 1}}));
  told();
  join(kFirst, "a", group_data({{"T", 1}, {"U", 1}}));
  EXPECT_EQ(told().size(), 1U);
  join(kFirst, "a", group_data({{"T", 2}, {"U", 1}}));
  EXPECT_TRUE(told().empty());
  join(kFirst, "a", group_data({{"T", 2}}));
  EXPECT_EQ(told().size(), 1U);
  EXPECT_EQ(clients_.find_consumers("g")->subscriptions.size(), 1U);
}

TEST_F(ClientRegistryTest, AnOlderVersionOfASubscriptionDoesNotReplaceANewerOne) {
  join(kFirst, "a", group_data({{"T", 5}}));
  join(kSecond, "b", group_data({{"T", 4}}));
  const auto& subscription = clients_.find_consumers("g")->subscriptions.find("T")->second;
  EXPECT_EQ(subscription.data.version, 5);
  EXPECT_TRUE(subscription.filter->matches("TAGS\x01tag5\x02"));
}

TEST_F(ClientRegistryTest, AHeartbeatWithoutSubscriptionsKeepsThem) {
  join(kFirst, "a", group_data({{"T", 1}}));
  clients_.register_consumer(group_data({}), client(kFirst, "a"), Subscriptions::keep, Notice::send, now_);
  EXPECT_TRUE(clients_.find_consumers("g")->subscriptions.contains("T"));
}

TEST_F(ClientRegistryTest, AFingerprintThatStandsForNothingWeKnowAsksForEverything) {
  const auto whole = Subscriptions::replace;
  const auto without = Subscriptions::keep;
  EXPECT_TRUE(clients_.note_fingerprint("g", 1, whole)) << "unknown group";
  join(kFirst, "a", group_data({{"T", 1}}));
  EXPECT_FALSE(clients_.note_fingerprint("g", 1, whole));
  EXPECT_FALSE(clients_.note_fingerprint("g", 1, without));
  EXPECT_TRUE(clients_.note_fingerprint("g", 2, without));
  EXPECT_TRUE(clients_.note_fingerprint("g", 2, without)) << "saying it again brings nothing";
  EXPECT_TRUE(clients_.note_fingerprint("g", 2, whole)) << "the other members may mean something else";
  EXPECT_FALSE(clients_.note_fingerprint("g", 2, without));
}

TEST_F(ClientRegistryTest, AfterARestartNoMemberIsBelievedUntilOneSentEverything) {
  const auto whole = Subscriptions::replace;
  const auto without = Subscriptions::keep;
  clients_.register_consumer(group_data({}), client(kFirst, "a"), without, Notice::send, now_);
  EXPECT_TRUE(clients_.note_fingerprint("g", 1, without));
  clients_.register_consumer(group_data({}), client(kSecond, "b"), without, Notice::send, now_);
  EXPECT_TRUE(clients_.note_fingerprint("g", 1, without)) << "nobody has said yet what 1 stands for";
  join(kFirst, "a", group_data({{"T", 1}}));
  EXPECT_FALSE(clients_.note_fingerprint("g", 1, whole));
  EXPECT_FALSE(clients_.note_fingerprint("g", 1, without));
}

TEST_F(ClientRegistryTest, AHeartbeatOfTheFirstKindMakesAFingerprintWorthless) {
  join(kFirst, "a", group_data({{"T", 1}}));
  EXPECT_FALSE(clients_.note_fingerprint("g", 1, Subscriptions::replace));
  join(kSecond, "b", group_data({{"U", 1}}));
  EXPECT_TRUE(clients_.note_fingerprint("g", 0, Subscriptions::replace));
  EXPECT_TRUE(clients_.note_fingerprint("g", 1, Subscriptions::keep)) << "it stood for T";
}

TEST_F(ClientRegistryTest, WhoLeavesOrClosesIsGoneAndTheOthersAreTold) {
  join(kFirst, "a", group_data({{"T", 1}}));
  join(kSecond, "b", group_data({{"T", 1}}));
  told();
  clients_.closed(kFirst);
  EXPECT_EQ(told(), (std::vector{kSecond}));
  clients_.unregister_consumer("g", kSecond, Notice::send);
  EXPECT_TRUE(told().empty()) << "nobody is left to tell";
  EXPECT_EQ(clients_.find_consumers("g"), nullptr);
}

TEST_F(ClientRegistryTest, AClientThatReconnectedIsOneMemberAlsoWhileItsOldConnectionLingers) {
  join(kFirst, "a", group_data({{"T", 1}}));
  join(kSecond, "a", group_data({{"T", 1}}));
  EXPECT_EQ(clients_.client_ids("g"), (std::vector<std::string>{"a"}));
  clients_.closed(kFirst);
  EXPECT_EQ(clients_.client_ids("g"), (std::vector<std::string>{"a"}));
}

TEST_F(ClientRegistryTest, WhoIsSilentForTwoMinutesIsDropped) {
  join(kFirst, "a", group_data({{"T", 1}}));
  clients_.register_producer("p", client(kFirst, "a"), now_);
  clients_.expire(now_ + ClientRegistry::kExpiry);
  EXPECT_NE(clients_.find_consumers("g"), nullptr);
  EXPECT_EQ(clients_.producers_of("p").size(), 1U);
  clients_.expire(now_ + ClientRegistry::kExpiry + std::chrono::milliseconds{1});
  EXPECT_EQ(clients_.find_consumers("g"), nullptr);
  EXPECT_TRUE(clients_.producers_of("p").empty());
}

TEST_F(ClientRegistryTest, BroadcastingAndGroupsThatDoNotWantItAreNotNotified) {
  auto data = group_data({{"T", 1}});
  data.model = protocol::MessageModel::broadcasting;
  join(kFirst, "a", data);
  EXPECT_TRUE(told().empty());
  data.group = "quiet";
  data.model = protocol::MessageModel::clustering;
  clients_.register_consumer(data, client(kFirst, "a"), Subscriptions::replace, Notice::withhold, now_);
  EXPECT_TRUE(told().empty());
}

}  // namespace
}  // namespace mq::broker
