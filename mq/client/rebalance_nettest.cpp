// Several members of one group, and what the broker asks of a client.
#include <gmock/gmock.h>

#include <random>

#include "mq/client/consumer_testing.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::client {
namespace {
namespace asio = boost::asio;
namespace code = protocol::request_code;
using namespace std::chrono_literals;
using testing::ConsumerTest;
using testing::eventually;
using testing::FakeBroker;
using testing::Member;

class RebalanceTest : public ConsumerTest {
 protected:
  PushConsumer::Handler done() {
    return [this](ReceivedMessage message) -> asio::awaitable<Verdict> {
      co_await base::sleep_for(1ms);
      ++handled_[message.id];
      witness_.finished(message);
      co_return Verdict::done;
    };
  }
  std::map<std::string, int> handled_;
};

TEST_F(RebalanceTest, TwoMembersShareTheQueuesAndTheOtherTakesOverAtOnce) {
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().queues == 5; }));
    auto two = member(options(), done());
    const auto queues = [](const auto& who) { return who->consumer().stats().queues; };
    // Four queues of T and one of the retry topic.
    EXPECT_TRUE(co_await eventually([&] { return queues(one) + queues(two) == 5 && queues(two) >= 2; }));
    for (int queue = 0; queue < 4; ++queue) fill(a_, queue, 25);
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 100; }));
    co_await one->stop();
    EXPECT_TRUE(co_await eventually([&] { return queues(two) == 5; }));
    for (int queue = 0; queue < 4; ++queue) fill(a_, queue, 25);
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 200; }));
    co_await two->stop();
  });
  for (const auto& [id, times] : handled_) EXPECT_EQ(times, 1) << id << ": a graceful stop repeats nothing";
  EXPECT_EQ(witness_.violations(), 0);
}

// Members come, go in order, are cut off, while messages flow and the broker restarts: nothing may be
// skipped, and no commit may pass an unfinished message.
TEST_F(RebalanceTest, NothingIsSkippedInAStormOfMembers) {
  FakeBroker name_server(cluster_, "ns");
  name_server.in_route = false;
  name_servers_ = {name_server.address()};
  play([&]() -> asio::awaitable<void> {
    std::mt19937 random(7);
    std::vector<std::unique_ptr<Member>> members;
    for (int step = 0; step < 60; ++step) {
      fill(a_, static_cast<std::int32_t>(random() % 4), 20);
      const auto dice = random() % 6;
      if (members.size() < 2 || (dice < 2 && members.size() < 4)) {
        members.push_back(member(options(), done()));
      } else if (dice == 2) {
        co_await members.front()->stop();
        members.erase(members.begin());
      } else if (dice == 3) {
        co_await members.back()->cancel();
        members.pop_back();
      } else if (dice == 4 && step % 3 == 0) {
        co_await a_.close();
        a_.open();
      }
      co_await base::sleep_for(std::chrono::milliseconds(random() % 60));
    }
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == static_cast<std::size_t>(filled_); }));
    for (auto& one : members) co_await one->stop();
  });
  EXPECT_EQ(handled_.size(), static_cast<std::size_t>(filled_));
  EXPECT_EQ(witness_.violations(), 0);
}

TEST_F(RebalanceTest, AMemberKnowsWhetherItHasJoined) {
  play([&]() -> asio::awaitable<void> {
    co_await a_.close();
    auto one = member(options(), done());
    co_await base::sleep_for(200ms);
    EXPECT_FALSE(one->consumer().stats().joined) << "nobody was there to ask";
    a_.open();
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().joined; }));
    EXPECT_EQ(one->consumer().stats().queues, 5U);
    co_await one->stop();
  });
}

// The same witness must see it when commits do pass unfinished messages.
TEST_F(RebalanceTest, NegativeControlAConsumerThatNeverFinishesIsSeenByTheWitness) {
  fill(a_, 0, 10);
  play([&]() -> asio::awaitable<void> {
    auto one =
        member(options(), [](ReceivedMessage) -> asio::awaitable<Verdict> { co_return Verdict::done; });
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 10; }));
    co_await one->stop();
  });
  EXPECT_GT(witness_.violations(), 0);
}

TEST_F(RebalanceTest, QueuesThatATopicGainsAreFound) {
  cluster_.topics["T"] = 1;
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().queues == 2; }));
    cluster_.topics["T"] = 3;
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().queues == 4; }));
    co_await one->stop();
  });
}

TEST_F(RebalanceTest, ATopicThatAppearsLaterIsConsumed) {
  auto consumer_options = options();
  consumer_options.subscriptions = {{"Later", "*"}};
  play([&]() -> asio::awaitable<void> {
    auto one = member(consumer_options, done());
    EXPECT_TRUE(co_await eventually([&] { return a_.requests[code::kGetRouteInfoByTopic] >= 4; }));
    cluster_.topics["Later"] = 2;
    fill(a_, 1, 3, "", "Later");
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 3; }));
    co_await one->stop();
  });
}

TEST_F(RebalanceTest, MembersComeFromASecondBrokerWhenTheFirstIsSilent) {
  FakeBroker b(cluster_, "b");
  a_.script = [](const protocol::Command& request) {
    return FakeBroker::Script{
        request.code == code::kGetConsumerListByGroup ? FakeBroker::Deed::silence : FakeBroker::Deed::usual,
        {}};
  };
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().queues == 10; }));
    co_await one->stop();
  });
}

TEST_F(RebalanceTest, EveryBrokerHearsOfAMemberAndOfItsLeaving) {
  FakeBroker b(cluster_, "b");
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(
        co_await eventually([&] { return a_.members()["G"].size() == 1 && b.members()["G"].size() == 1; }));
    EXPECT_THAT(a_.last[code::kHeartBeat].body, ::testing::HasSubstr("\"topic\":\"%RETRY%G\""));
    co_await one->stop();
    EXPECT_TRUE(a_.members()["G"].empty());
    EXPECT_TRUE(b.members()["G"].empty());
    EXPECT_EQ(b.last[code::kUnregisterClient].find("clientID"), one->client().id());
  });
}

TEST_F(RebalanceTest, ABrokerThatRestartsHearsOfItsClientsAtOnce) {
  FakeBroker name_server(cluster_, "ns");
  name_server.in_route = false;
  name_servers_ = {name_server.address()};
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return a_.members()["G"].size() == 1; }));
    co_await a_.close();
    EXPECT_TRUE(a_.members()["G"].empty());
    a_.open();
    EXPECT_TRUE(co_await eventually([&] { return a_.members()["G"].size() == 1; }));
    co_await one->stop();
  });
}

// What a client does not support is answered, and the connection stays.
TEST_F(RebalanceTest, RequestsOfTheBrokerDoNotDisturb) {
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().queues == 5; }));
    const auto heartbeats = a_.requests[code::kHeartBeat];
    for (const auto asked : {39, 40, 220, 221, 307, 309, 326, 9999}) {
      protocol::Command request;
      request.code = asked;
      request.opaque = asked;
      request.set("consumerGroup", "G");
      a_.tell_all(request);
    }
    fill(a_, 0, 5);
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 5; }));
    EXPECT_TRUE(
        co_await eventually([&] { return a_.responses.contains(307) && a_.responses.contains(9999); }));
    EXPECT_EQ(a_.responses[9999].code, protocol::response_code::kRequestCodeNotSupported);
    EXPECT_EQ(a_.responses[309].code, protocol::response_code::kRequestCodeNotSupported);
    EXPECT_EQ(a_.responses[307].code, 0);
    EXPECT_THAT(a_.responses[307].body, ::testing::HasSubstr("\"mqTable\":{{\"brokerName\":\"a\""));
    EXPECT_EQ(a_.requests[code::kHeartBeat], heartbeats) << "no reconnection";
    co_await one->stop();
  });
}

}  // namespace
}  // namespace mq::client
