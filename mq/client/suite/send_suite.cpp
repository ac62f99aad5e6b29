#include <map>
#include <set>

#include "mq/client/suite/suite.hpp"
#include "mq/model/names.hpp"

namespace mq::client::suite {
namespace {

class Send : public SuiteTest {};

TEST_F(Send, AReceiptNamesThePlaceWhereTheMessageIsRead) {
  play([&]() -> asio::awaitable<void> {
    auto message = message_to(topic_, "hello, 世界");
    message.tag = "paid";
    message.keys = "k1 k2";
    message.properties["own"] = "välue";
    const auto receipt = co_await producer().send(message);
    EXPECT_EQ(receipt.status, SendStatus::ok);

    const auto found = co_await read_back(receipt.queue, receipt.offset, 1);
    EXPECT_EQ(found.size(), 1U);
    if (found.empty()) co_return;
    EXPECT_EQ(found[0].id, receipt.message_id);
    EXPECT_EQ(found[0].offset_id, receipt.offset_message_id);
    EXPECT_EQ(found[0].body, message.body);
    EXPECT_EQ(found[0].tag, "paid");
    EXPECT_EQ(found[0].keys, "k1 k2");
    EXPECT_EQ(found[0].properties.at("own"), "välue");
  });
}

TEST_F(Send, ManySendsMayBeInFlight) {
  play([&]() -> asio::awaitable<void> {
    std::size_t done = 0;
    base::TaskGroup sends(context_.get_executor());
    for (int i = 0; i < 500; ++i) {
      sends.spawn("send", [](Producer& to, Message message, std::size_t& count) -> asio::awaitable<void> {
        (void)co_await to.send(std::move(message));
        ++count;
      }(producer(), message_to(topic_, std::to_string(i)), done));
    }
    EXPECT_TRUE(co_await eventually([&] { return done == 500; }));
    co_await sends.stop();
    std::set<std::string> bodies;
    for (const auto& message : co_await read_topic(topic_, 500)) bodies.insert(message.body);
    EXPECT_EQ(bodies.size(), 500U);
  });
}

TEST_F(Send, SendsTakeAllQueuesInTurn) {
  play([&]() -> asio::awaitable<void> {
    std::map<MessageQueue, int> used;
    const auto states = co_await admin().topic_state(topic_);
    for (const auto& receipt : co_await send_numbers(topic_, static_cast<int>(states.size()) * 3)) {
      ++used[receipt.queue];
    }
    EXPECT_EQ(used.size(), states.size());
    for (const auto& [queue, times] : used) EXPECT_EQ(times, 3) << queue.broker << " " << queue.queue;
  });
}

TEST_F(Send, OneWaySendsArrive) {
  play([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 20; ++i) co_await producer().send_oneway(message_to(topic_, std::to_string(i)));
    auto& all = member(group_of(topic_, group_));
    EXPECT_TRUE(co_await eventually([&] { return all.received.size() >= 20; }));
  });
}

TEST_F(Send, ABatchLiesInOneQueueInOrder) {
  play([&]() -> asio::awaitable<void> {
    std::vector<Message> batch;
    for (int i = 0; i < 10; ++i) {
      batch.push_back(message_to(topic_, "b" + std::to_string(i)));
      batch.back().tag = i % 2 == 0 ? "even" : "odd";
    }
    const auto receipts = co_await producer().send_batch(batch);
    EXPECT_EQ(receipts.size(), 10U);
    const auto found = co_await read_back(receipts[0].queue, receipts[0].offset, 10);
    EXPECT_EQ(found.size(), 10U);
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].body, batch[i].body);
      EXPECT_EQ(found[i].tag, batch[i].tag);
      EXPECT_EQ(found[i].id, receipts[i].message_id);
      EXPECT_EQ(found[i].offset_id, receipts[i].offset_message_id);
      EXPECT_EQ(found[i].queue_offset, receipts[i].offset);
    }
  });
}

TEST_F(Send, OneKeyOneQueue) {
  play([&]() -> asio::awaitable<void> {
    std::map<std::string, std::set<std::int32_t>> queues;
    std::set<MessageQueue> used;
    for (int i = 0; i < 60; ++i) {
      const auto key = "order-" + std::to_string(i % 20);
      const auto receipt = co_await producer().send_sharded(message_to(topic_, key), key);
      queues[key].insert(receipt.queue.queue);
      used.insert(receipt.queue);
    }
    for (const auto& [key, its] : queues) EXPECT_EQ(its.size(), 1U) << key;
    EXPECT_GE(used.size(), 3U);
  });
}

TEST_F(Send, ACertainQueueMayBeNamed) {
  play([&]() -> asio::awaitable<void> {
    for (const auto& state : co_await admin().topic_state(topic_)) {
      const auto receipt = co_await producer().send_to(message_to(topic_, "here"), state.queue);
      EXPECT_EQ(receipt.queue, state.queue);
    }
  });
}

TEST_F(Send, ATopicThatDoesNotExistIsCreated) {
  play([&]() -> asio::awaitable<void> {
    const auto fresh = unique("SuiteFresh");
    for (const auto& receipt : co_await send_numbers(fresh, 8)) EXPECT_EQ(receipt.status, SendStatus::ok);
    auto& all = member(group_of(fresh, group_));
    EXPECT_TRUE(co_await eventually([&] { return all.received.size() >= 8; }));
  });
}

TEST_F(Send, LargeBodiesComeBackAsTheyWere) {
  play([&]() -> asio::awaitable<void> {
    std::string noise(1'000'000, '\0');
    unsigned state = 1;
    for (auto& byte : noise) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    // None is empty: a genuine broker cannot take that.
    const std::vector<std::string> bodies{std::string(100'000, 'x'), noise, std::string(1, '\0')};
    for (const auto& body : bodies) {
      const auto receipt = co_await producer().send(message_to(topic_, body));
      const auto found = co_await read_back(receipt.queue, receipt.offset, 1);
      EXPECT_TRUE(found.size() == 1 && found[0].body == body) << body.size();
    }
  });
}

TEST_F(Send, RefusalsCarryTheBrokersCode) {
  play([&]() -> asio::awaitable<void> {
    std::int32_t code = 0;
    try {
      (void)co_await producer().send(message_to("SCHEDULE_TOPIC_XXXX", "not for clients"));
    } catch (const SendError& error) {
      code = error.code();
      EXPECT_FALSE(error.outcome_unknown());
    }
    EXPECT_NE(code, 0);
  });
}

}  // namespace
}  // namespace mq::client::suite
