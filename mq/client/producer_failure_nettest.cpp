// What sends do when brokers and name servers fail.
#include <gmock/gmock.h>

#include "mq/client/producer_testing.hpp"

namespace mq::client {
namespace {
namespace asio = boost::asio;
namespace code = protocol::request_code;
namespace response = protocol::response_code;
using namespace std::chrono_literals;
using testing::FakeBroker;
using testing::FakeCluster;
using testing::is_send;
using testing::message_to;
using testing::ProducerTest;

using Deed = FakeBroker::Deed;

TEST_F(ProducerTest, ABusyBrokerIsLeftForAnother) {
  FakeBroker b(cluster_, "b");
  a_.script = [](const protocol::Command& request) {
    return is_send(request) ? FakeBroker::refuse(response::kSystemBusy) : FakeBroker::Script{};
  };
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    for (int i = 0; i < 12; ++i) EXPECT_EQ((co_await producer.send(message_to("T"))).queue.broker, "b");
    EXPECT_LE(a_.requests[code::kSendMessageV2], 2) << "it is spared after it failed";
  });
}

TEST_F(ProducerTest, ABrokerThatDiesIsLeftForAnother) {
  FakeBroker b(cluster_, "b");
  name_servers_ = {b.address(), a_.address()};
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    for (int i = 0; i < 4; ++i) (void)co_await producer.send(message_to("T"));
    co_await a_.close();
    for (int i = 0; i < 16; ++i) EXPECT_EQ((co_await producer.send(message_to("T"))).queue.broker, "b");
  });
}

TEST_F(ProducerTest, RefusalsThatNoOtherBrokerCuresSurfaceAtOnce) {
  a_.script = [](const protocol::Command& request) {
    return is_send(request) ? FakeBroker::refuse(response::kMessageIllegal, "too long")
                            : FakeBroker::Script{};
  };
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    const auto error = co_await failure_of(producer.send(message_to("T")));
    EXPECT_EQ(error.code(), response::kMessageIllegal);
    EXPECT_FALSE(error.outcome_unknown());
    EXPECT_EQ(a_.requests[code::kSendMessageV2], 1);
  });
}

TEST_F(ProducerTest, RetriesAreCounted) {
  a_.script = [](const protocol::Command& request) {
    return is_send(request) ? FakeBroker::refuse(response::kSystemBusy) : FakeBroker::Script{};
  };
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    const auto error = co_await failure_of(producer.send(message_to("T")));
    EXPECT_EQ(error.code(), response::kSystemBusy);
    EXPECT_FALSE(error.outcome_unknown());
    EXPECT_EQ(a_.requests[code::kSendMessageV2], 3);
  });
}

TEST_F(ProducerTest, SilenceLeavesTheOutcomeUnknown) {
  a_.script = [](const protocol::Command& request) {
    return FakeBroker::Script{is_send(request) ? Deed::silence : Deed::usual, {}};
  };
  ProducerOptions options;
  options.send_timeout = 300ms;
  with_producer(
      [&](Producer& producer) -> asio::awaitable<void> {
        const auto error = co_await failure_of(producer.send(message_to("T")));
        EXPECT_EQ(error.code(), -1);
        EXPECT_TRUE(error.outcome_unknown());
      },
      options);
}

TEST_F(ProducerTest, AYesThatCannotBeReadIsNoCertainFailure) {
  a_.script = [](const protocol::Command& request) {
    return is_send(request) ? FakeBroker::refuse(response::kSuccess, "") : FakeBroker::Script{};
  };
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    const auto error = co_await failure_of(producer.send(message_to("T")));
    EXPECT_TRUE(error.outcome_unknown());
    EXPECT_EQ(a_.requests[code::kSendMessageV2], 1) << "it is not sent again";
  });
}

// The last attempt is refused for sure, but the first may have been stored.
TEST_F(ProducerTest, AnUnknownOutcomeIsNotForgottenByALaterRefusal) {
  int sends = 0;
  a_.script = [&](const protocol::Command& request) {
    if (!is_send(request)) return FakeBroker::Script{};
    return ++sends == 1 ? FakeBroker::Script{Deed::hang_up, {}}
                        : FakeBroker::refuse(response::kMessageIllegal);
  };
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    const auto error = co_await failure_of(producer.send(message_to("T")));
    EXPECT_EQ(error.code(), response::kMessageIllegal);
    EXPECT_TRUE(error.outcome_unknown());
  });
}

// Finding the route is part of a send: name servers that take a request and say nothing cost no more than
// the time the send has.
TEST_F(ProducerTest, SilentNameServersDoNotProlongASend) {
  a_.script = [](const protocol::Command&) { return FakeBroker::Script{Deed::silence, {}}; };
  name_servers_ = {a_.address(), a_.address(), a_.address()};
  ProducerOptions options;
  options.send_timeout = 300ms;
  with_producer(
      [&](Producer& producer) -> asio::awaitable<void> {
        for (const bool sharded : {false, true}) {
          const auto begun = std::chrono::steady_clock::now();
          auto send =
              sharded ? producer.send_sharded(message_to("T"), "key") : producer.send(message_to("T"));
          const auto error = co_await failure_of(std::move(send));
          EXPECT_FALSE(error.outcome_unknown());
          EXPECT_THAT(error.what(), ::testing::HasSubstr("no name server"));
          EXPECT_LT(std::chrono::steady_clock::now() - begun, 900ms) << "one name server alone has 1 s";
        }
      },
      options);
}

TEST_F(ProducerTest, NoBrokerToConnectToIsACertainFailureAtTheDeadline) {
  FakeBroker name_server(cluster_, "ns");
  name_server.in_route = false;
  name_servers_ = {name_server.address()};
  ProducerOptions options;
  options.send_timeout = 500ms;
  with_producer(
      [&](Producer& producer) -> asio::awaitable<void> {
        co_await a_.close();
        const auto error = co_await failure_of(producer.send(message_to("T")));
        EXPECT_FALSE(error.outcome_unknown());
      },
      options);
}

// A restart or the election of a master must not cost a message when there is time left.
TEST_F(ProducerTest, ABrokerThatComesBackBeforeTheDeadlineTakesTheMessage) {
  FakeBroker name_server(cluster_, "ns");
  name_server.in_route = false;
  name_servers_ = {name_server.address()};
  ProducerOptions options;
  options.send_timeout = 20s;
  options.retry_times = 0;
  with_producer(
      [&](Producer& producer) -> asio::awaitable<void> {
        co_await a_.close();
        base::TaskGroup helper(context_.get_executor());
        helper.spawn("restart", [](FakeBroker& broker) -> asio::awaitable<void> {
          co_await base::sleep_for(400ms);
          broker.open();
        }(a_));
        const auto receipt = co_await producer.send(message_to("T"));
        EXPECT_EQ(receipt.queue.broker, "a");
        co_await helper.stop();
      },
      options);
}

TEST_F(ProducerTest, AMissingMasterIsWaitedFor) {
  FakeBroker name_server(cluster_, "ns");
  name_server.in_route = false;
  name_servers_ = {name_server.address()};
  a_.has_master = false;
  ProducerOptions options;
  options.send_timeout = 20s;
  with_producer(
      [&](Producer& producer) -> asio::awaitable<void> {
        base::TaskGroup helper(context_.get_executor());
        helper.spawn("elect", [](FakeBroker& broker) -> asio::awaitable<void> {
          co_await base::sleep_for(300ms);
          broker.has_master = true;
        }(a_));
        (void)co_await producer.send(message_to("T"));
        co_await helper.stop();
      },
      options);
}

TEST_F(ProducerTest, OneKeyStaysOnOneQueueAlsoWhenItsBrokerFails) {
  FakeBroker b(cluster_, "b");
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    const auto first = co_await producer.send_sharded(message_to("T"), "order-17");
    for (int i = 0; i < 6; ++i) {
      EXPECT_EQ((co_await producer.send_sharded(message_to("T"), "order-17")).queue, first.queue);
    }
    int refusals = 2;
    const auto busy = [&](const protocol::Command& request) {
      return is_send(request) && refusals-- > 0 ? FakeBroker::refuse(response::kSystemBusy)
                                                : FakeBroker::Script{};
    };
    a_.script = b.script = busy;
    EXPECT_EQ((co_await producer.send_sharded(message_to("T"), "order-17")).queue, first.queue);
    EXPECT_LT(refusals, 0);
  });
}

TEST_F(ProducerTest, ANameServerThatDiesIsReplacedByTheNextAndNotAskedAgain) {
  FakeBroker second(cluster_, "ns2");
  second.in_route = false;
  name_servers_ = {"127.0.0.1:1", second.address()};
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    (void)co_await producer.send(message_to("T"));
    (void)co_await producer.send(message_to("Other"));
    EXPECT_GE(second.requests[code::kGetRouteInfoByTopic], 3);
  });
}

TEST_F(ProducerTest, KnownRoutesOutliveTheNameServers) {
  FakeBroker name_server(cluster_, "ns");
  name_server.in_route = false;
  name_servers_ = {name_server.address()};
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    (void)co_await producer.send(message_to("T"));
    co_await name_server.close();
    a_.script = [refusals = 1](const protocol::Command& request) mutable {
      return is_send(request) && refusals-- > 0 ? FakeBroker::refuse(response::kTopicNotExist)
                                                : FakeBroker::Script{};
    };
    (void)co_await producer.send(message_to("T"));
    EXPECT_EQ(stored(a_, "T"), 2U);
  });
}

TEST_F(ProducerTest, ARestartedNameServerThatKnowsNothingTakesNothingAway) {
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    (void)co_await producer.send(message_to("T"));
    bool refused = false;
    a_.script = [&](const protocol::Command& request) {
      if (request.code == code::kGetRouteInfoByTopic) return FakeBroker::refuse(response::kTopicNotExist);
      return is_send(request) && !std::exchange(refused, true) ? FakeBroker::refuse(response::kTopicNotExist)
                                                               : FakeBroker::Script{};
    };
    (void)co_await producer.send(message_to("T"));
    EXPECT_EQ(stored(a_, "T"), 2U);
  });
}

}  // namespace
}  // namespace mq::client
