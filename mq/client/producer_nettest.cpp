// What sends put on the wire and what they return.
#include <gmock/gmock.h>

#include "mq/client/producer_testing.hpp"
#include "mq/model/compression.hpp"
#include "mq/model/properties.hpp"

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
using ::testing::SizeIs;

TEST_F(ProducerTest, ReceiptSaysWhereTheMessageLies) {
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    auto message = message_to("T");
    message.tag = "paid";
    message.keys = "o-1 o-2";
    message.properties["own"] = "value";
    const auto receipt = co_await producer.send(message);
    EXPECT_EQ(receipt.status, SendStatus::ok);
    EXPECT_EQ(receipt.queue.broker, "a");
    EXPECT_EQ(receipt.offset, QueueOffset{0});
    EXPECT_THAT(receipt.message_id, SizeIs(32));
    EXPECT_TRUE(parse_offset_message_id(receipt.offset_message_id));

    const auto& stored = a_.messages[{"T", receipt.queue.queue}].at(0);
    EXPECT_EQ(stored.body, "hello");
    EXPECT_EQ(find_property(stored.properties, property::kTags), "paid");
    EXPECT_EQ(find_property(stored.properties, property::kKeys), "o-1 o-2");
    EXPECT_EQ(find_property(stored.properties, property::kUniqueKey), receipt.message_id);
    EXPECT_EQ(find_property(stored.properties, "own"), "value");
  });
}

TEST_F(ProducerTest, LargeBodiesAreCompressedAndSmallOnesAreNot) {
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    const std::string large(20'000, 'x');
    const auto receipt = co_await producer.send(message_to("T", large));
    const auto& stored = a_.messages[{"T", receipt.queue.queue}].back();
    EXPECT_NE(stored.sys_flag & sys_flag::kCompressed, 0);
    EXPECT_LT(stored.body.size(), 1000U);
    EXPECT_EQ(decompress(base::bytes_of(stored.body), stored.sys_flag, large.size()).value(), large);
    const auto small = co_await producer.send(message_to("T"));
    EXPECT_EQ((a_.messages[{"T", small.queue.queue}].back().sys_flag), 0);
  });
}

TEST_F(ProducerTest, UnknownTopicIsCreatedByTheFirstSend) {
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    (void)co_await producer.send(message_to("Fresh"));
    EXPECT_EQ(a_.last[code::kSendMessageV2].find("c"), "TBW102");
    EXPECT_EQ(cluster_.topics.at("Fresh"), 4);
    for (int i = 0; i < 8; ++i) (void)co_await producer.send(message_to("Fresh"));
    EXPECT_EQ(stored(a_, "Fresh"), 9U);
  });
}

TEST_F(ProducerTest, UnknownTopicIsAnErrorWhereTheClusterCreatesNone) {
  cluster_.creates_topics = false;
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    const auto error = co_await failure_of(producer.send(message_to("Fresh")));
    EXPECT_EQ(error.code(), response::kTopicNotExist);
    EXPECT_FALSE(error.outcome_unknown());
  });
}

TEST_F(ProducerTest, SendsSpreadOverAllQueuesOfAllBrokers) {
  FakeBroker b(cluster_, "b");
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    std::map<MessageQueue, int> used;
    for (int i = 0; i < 32; ++i) ++used[(co_await producer.send(message_to("T"))).queue];
    EXPECT_THAT(used, SizeIs(8));
  });
}

TEST_F(ProducerTest, KeysSpreadOverQueues) {
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    std::set<std::int32_t> used;
    for (int i = 0; i < 40; ++i) {
      used.insert((co_await producer.send_sharded(message_to("T"), "o-" + std::to_string(i))).queue.queue);
    }
    EXPECT_THAT(used, SizeIs(4));
  });
}

TEST_F(ProducerTest, ABatchLiesInOneQueueInOrder) {
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    std::vector<Message> messages;
    for (int i = 0; i < 5; ++i) messages.push_back(message_to("T", std::to_string(i)));
    const auto receipts = co_await producer.send_batch(std::move(messages));
    EXPECT_THAT(receipts, SizeIs(5));
    for (std::size_t i = 0; i < receipts.size(); ++i) {
      EXPECT_EQ(receipts[i].queue, receipts[0].queue);
      EXPECT_EQ(receipts[i].offset.value(), static_cast<std::int64_t>(i));
      const auto& stored = a_.messages[{"T", receipts[0].queue.queue}].at(i);
      EXPECT_EQ(stored.body, std::to_string(i));
      EXPECT_EQ(find_property(stored.properties, property::kUniqueKey), receipts[i].message_id);
    }
    EXPECT_EQ(a_.last[code::kSendBatchMessage].find("m"), "true");
  });
}

TEST_F(ProducerTest, OneWaySendsArriveAndNobodyAnswers) {
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    co_await producer.send_oneway(message_to("T"));
    EXPECT_TRUE(co_await testing::eventually([&] { return stored(a_, "T") == 1; }));
    EXPECT_TRUE(a_.last[code::kSendMessageV2].is_oneway());
  });
}

TEST_F(ProducerTest, ManySendsMayBeInFlight) {
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    std::size_t done = 0;
    base::TaskGroup sends(context_.get_executor());
    for (int i = 0; i < 300; ++i) {
      sends.spawn("send", [](Producer& to, std::size_t& count) -> asio::awaitable<void> {
        (void)co_await to.send(message_to("T"));
        ++count;
      }(producer, done));
    }
    EXPECT_TRUE(co_await testing::eventually([&] { return done == 300; }));
    EXPECT_EQ(stored(a_, "T"), 300U);
    co_await sends.stop();
  });
}

TEST_F(ProducerTest, FlushAndReplicaTimeoutsAreStatusesAndNotErrors) {
  std::int32_t status = response::kFlushDiskTimeout;
  a_.script = [&](const protocol::Command& request) {
    if (!is_send(request)) return FakeBroker::Script{};
    auto script = FakeBroker::refuse(status);
    script.answer.set("msgId", "7F00000100002A9F0000000000000000");
    script.answer.set("queueId", "1");
    script.answer.set("queueOffset", "5");
    return script;
  };
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    EXPECT_EQ((co_await producer.send(message_to("T"))).status, SendStatus::flush_disk_timeout);
    status = response::kFlushSlaveTimeout;
    EXPECT_EQ((co_await producer.send(message_to("T"))).status, SendStatus::flush_slave_timeout);
    status = response::kSlaveNotAvailable;
    const auto receipt = co_await producer.send(message_to("T"));
    EXPECT_EQ(receipt.status, SendStatus::slave_not_available);
    EXPECT_EQ(receipt.offset, QueueOffset{5});
  });
}

TEST_F(ProducerTest, ItIsKnownToTheBrokerWhileItRunsAndLeavesAtTheEnd) {
  ProducerOptions options;
  options.group = "PG";
  with_producer(
      [&](Producer& producer) -> asio::awaitable<void> {
        (void)co_await producer.send(message_to("T"));
        EXPECT_TRUE(co_await testing::eventually([&] { return a_.requests[code::kHeartBeat] > 0; }));
        EXPECT_THAT(a_.last[code::kHeartBeat].body, ::testing::HasSubstr("\"PG\""));
      },
      options);
  EXPECT_EQ(a_.last[code::kUnregisterClient].find("producerGroup"), "PG");
}

// Whoever stops a producer lets go of it next.
TEST_F(ProducerTest, StopWaitsForOneWaySendsToo) {
  a_.script = [](const protocol::Command& request) {
    const bool slow = request.code == protocol::request_code::kGetRouteInfoByTopic;
    return FakeBroker::Script{slow ? FakeBroker::Deed::silence : FakeBroker::Deed::usual, {}};
  };
  ProducerOptions options;
  options.send_timeout = 400ms;
  with_producer(
      [&](Producer& producer) -> asio::awaitable<void> {
        bool ended = false;
        base::TaskGroup helper(context_.get_executor());
        helper.spawn("one-way", [](Producer& one, bool& over) -> asio::awaitable<void> {
          try {
            co_await one.send_oneway(message_to("T"));
          } catch (const SendError&) {
          }
          over = true;
        }(producer, ended));
        co_await producer.stop();
        EXPECT_TRUE(ended);
        co_await helper.stop();
      },
      options);
}

TEST_F(ProducerTest, NothingIsSentAfterStop) {
  with_producer([&](Producer& producer) -> asio::awaitable<void> {
    co_await producer.stop();
    EXPECT_FALSE((co_await failure_of(producer.send(message_to("T")))).outcome_unknown());
    EXPECT_EQ(stored(a_, "T"), 0U);
  });
}

}  // namespace
}  // namespace mq::client
