// Concurrent consumption: offsets, back-pressure, stopping, brokers that come and go.
#include <gmock/gmock.h>

#include "mq/client/consumer_testing.hpp"
#include "mq/model/properties.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::client {
namespace {
namespace asio = boost::asio;
namespace code = protocol::request_code;
namespace response = protocol::response_code;
using namespace std::chrono_literals;
using testing::ConsumerTest;
using testing::eventually;
using testing::FakeBroker;
using ::testing::SizeIs;

class ConcurrentTest : public ConsumerTest {
 protected:
  // Finishes everything and remembers it.
  PushConsumer::Handler done() {
    return [this](ReceivedMessage message) -> asio::awaitable<Verdict> {
      ++handled_[message.id];
      witness_.finished(message);
      co_return Verdict::done;
    };
  }
  std::map<std::string, int> handled_;
};

TEST_F(ConcurrentTest, EverythingIsHandledOnceAndStopCommitsAllOfIt) {
  for (int queue = 0; queue < 4; ++queue) fill(a_, queue, 100);
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 400; }));
    co_await one->stop();
    for (int queue = 0; queue < 4; ++queue) EXPECT_EQ(committed(a_, queue), 100);
    EXPECT_TRUE(a_.members()["G"].empty()) << "it left the group";
  });
  for (const auto& [id, times] : handled_) EXPECT_EQ(times, 1) << id;
  EXPECT_EQ(witness_.violations(), 0);
}

TEST_F(ConcurrentTest, TheNextRunGoesOnWhereTheLastEnded) {
  fill(a_, 0, 50);
  play([&]() -> asio::awaitable<void> {
    auto first = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 50; }));
    co_await first->stop();
    fill(a_, 0, 50);
    auto second = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 100; }));
    co_await second->stop();
  });
  for (const auto& [id, times] : handled_) EXPECT_EQ(times, 1) << id;
}

TEST_F(ConcurrentTest, NewMessagesWakeALongPoll) {
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return a_.requests[code::kPullMessage] >= 5; }));
    fill(a_, 2, 1);
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 1; }));
    co_await one->stop();
  });
}

// The slow message is the first of its queue: all others finish, the offset stays before it.
TEST_F(ConcurrentTest, ASlowMessageHoldsTheCommittedOffset) {
  fill(a_, 0, 20);
  play([&]() -> asio::awaitable<void> {
    bool release = false;
    auto one = member(options(), [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      while (message.queue_offset == QueueOffset{3} && !release) co_await base::sleep_for(5ms);
      ++handled_[message.id];
      witness_.finished(message);
      co_return Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 19; }));
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 3; }));
    co_await base::sleep_for(200ms);
    EXPECT_EQ(committed(a_, 0), 3);
    release = true;
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 20; }));
    co_await one->stop();
  });
  EXPECT_EQ(witness_.violations(), 0);
}

TEST_F(ConcurrentTest, StopWaitsForHandlersAndCommitsWhatTheyFinish) {
  fill(a_, 0, 8);
  play([&]() -> asio::awaitable<void> {
    int begun = 0;
    auto one = member(options(), [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      ++begun;
      co_await base::sleep_for(300ms);
      witness_.finished(message);
      co_return Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return begun == 8; }));
    co_await one->stop();
    EXPECT_EQ(committed(a_, 0), 8);
  });
  EXPECT_EQ(witness_.violations(), 0);
}

TEST_F(ConcurrentTest, HandlersThatOutlastTheGraceAreCutOffAndTheirMessagesComeAgain) {
  fill(a_, 0, 4);
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      if (message.queue_offset.value() >= 2) co_await base::sleep_for(1h);
      witness_.finished(message);
      co_return Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().done == 2; }));
    co_await one->stop(50ms);
    EXPECT_EQ(committed(a_, 0), 2);
    auto two = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 2; }));
    co_await two->stop();
  });
  EXPECT_EQ(witness_.violations(), 0);
}

TEST_F(ConcurrentTest, CancellingRunEndsItInOrder) {
  fill(a_, 0, 10);
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 10; }));
    co_await one->cancel();
    EXPECT_EQ(committed(a_, 0), 10);
    EXPECT_TRUE(a_.members()["G"].empty());
  });
}

TEST_F(ConcurrentTest, PullingPausesWhenTheBufferIsFull) {
  for (int queue = 0; queue < 4; ++queue) fill(a_, queue, 500);
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = options();
    consumer_options.buffered_messages_max = 40;
    consumer_options.pull_batch = 10;
    consumer_options.concurrency = 2;
    bool open = false;
    std::size_t most = 0;
    std::size_t at_once = 0;
    std::size_t at_once_most = 0;
    std::unique_ptr<testing::Member> one;
    one = member(consumer_options, [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      at_once_most = std::max(at_once_most, ++at_once);
      while (!open) co_await base::sleep_for(5ms);
      most = std::max(most, one->consumer().stats().buffered);
      --at_once;
      ++handled_[message.id];
      co_return Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().buffered >= 40; }));
    co_await base::sleep_for(100ms);
    open = true;
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 2000; }));
    EXPECT_LE(most, 40U + 4 * 10) << "each queue may have had one pull on its way";
    EXPECT_EQ(at_once_most, 2U);
    co_await one->stop();
  });
}

TEST_F(ConcurrentTest, BytesPausePullingToo) {
  cluster_.topics["T"] = 1;
  for (int i = 0; i < 200; ++i) {
    FakeBroker::Stored message;
    message.body.assign(10'000, 'x');
    set_property(message.properties, property::kUniqueKey, "B" + std::to_string(i));
    a_.append("T", 0, std::move(message));
  }
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = options();
    consumer_options.buffered_bytes_max = 100'000;
    consumer_options.pull_batch = 5;
    bool open = false;
    auto one = member(consumer_options, [&](ReceivedMessage) -> asio::awaitable<Verdict> {
      while (!open) co_await base::sleep_for(5ms);
      co_return Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().buffered >= 10; }));
    co_await base::sleep_for(100ms);
    EXPECT_LE(one->consumer().stats().buffered, 15U);
    open = true;
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().done == 200; }));
    co_await one->stop();
  });
}

// "Aa" and "BB" have the same hash, so a broker that filters by hash sends both.
TEST_F(ConcurrentTest, TagsAreComparedByTextAndSkippedMessagesAreCommitted) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 3, "Aa");
  fill(a_, 0, 3, "BB");
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = options();
    consumer_options.subscriptions["T"] = "Aa";
    auto one = member(consumer_options, [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      EXPECT_EQ(message.tag, "Aa");
      ++handled_[message.id];
      co_return Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 6; }));
    EXPECT_THAT(handled_, SizeIs(3));
    co_await one->stop();
  });
}

TEST_F(ConcurrentTest, AnOffsetTheBrokerMovesIsFollowedAndStored) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 10);
  a_.offsets[{"G", {"T", 0}}] = 500;
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 10; }));
    fill(a_, 0, 1);
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 1; }));
    co_await one->stop();
  });
}

TEST_F(ConcurrentTest, AFreshGroupBeginsWhereItsPolicySays) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 10);
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = options();
    consumer_options.from = ConsumeFrom::last_offset;
    auto one = member(consumer_options, done());
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 10; }))
        << "the choice is stored at once";
    fill(a_, 0, 1);
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 1; }));
    EXPECT_TRUE(handled_.contains("ID10"));
    co_await one->stop();
  });
}

TEST_F(ConcurrentTest, ABrokerThatForgotTheGroupIsToldAgain) {
  fill(a_, 0, 1);
  play([&]() -> asio::awaitable<void> {
    int refusals = 3;
    a_.script = [&](const protocol::Command& request) {
      return request.code == code::kPullMessage && refusals-- > 0
                 ? FakeBroker::refuse(response::kSubscriptionNotExist)
                 : FakeBroker::Script{};
    };
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 1; }));
    EXPECT_GE(a_.requests[code::kHeartBeat], 2);
    co_await one->stop();
  });
}

TEST_F(ConcurrentTest, ConsumptionSurvivesARestartOfTheBroker) {
  FakeBroker name_server(cluster_, "ns");
  name_server.in_route = false;
  name_servers_ = {name_server.address()};
  fill(a_, 1, 5);
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 5; }));
    co_await a_.close();
    co_await base::sleep_for(300ms);
    fill(a_, 1, 5);
    a_.open();
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 10; }));
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 1) == 10; }));
    co_await one->stop();
  });
  EXPECT_EQ(witness_.violations(), 0);
}

TEST_F(ConcurrentTest, OneBrokerOfTwoThatDiesStopsOnlyItsOwnQueues) {
  FakeBroker b(cluster_, "b");
  name_servers_ = {b.address()};
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().queues >= 8; }));
    co_await a_.close();
    fill(b, 0, 20);
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 20; }));
    co_await one->stop();
    EXPECT_EQ(committed(b, 0), 20);
  });
}

// The wrong order: what the consumer has to say can no longer be said, and it must end all the same.
TEST_F(ConcurrentTest, AConsumerWhoseClientIsGoneStillStops) {
  fill(a_, 0, 3);
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = options();
    consumer_options.commit_interval = 1h;
    auto one = member(consumer_options, done());
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().done == 3; }));
    co_await one->client().stop();
    co_await base::with_deadline(base::deadline_in(10s), one->stop());
  });
}

TEST_F(ConcurrentTest, MisuseThrows) {
  play([&]() -> asio::awaitable<void> {
    ClientOptions client_options;
    client_options.name_servers = name_servers_;
    Client client(context_.get_executor(), client_options);
    auto no_group = options();
    no_group.group = "";
    auto no_topic = options();
    no_topic.subscriptions.clear();
    for (const auto& wrong : {no_group, no_topic}) {
      PushConsumer consumer(client, wrong, done());
      bool threw = false;
      try {
        co_await consumer.run();
      } catch (const std::invalid_argument&) {
        threw = true;
      }
      EXPECT_TRUE(threw);
      co_await consumer.stop();
    }
    co_await client.stop();
  });
}

}  // namespace
}  // namespace mq::client
