#include <set>

#include "mq/client/suite/suite.hpp"

namespace mq::client::suite {
namespace {

class Consume : public SuiteTest {};

TEST_F(Consume, EveryMessageArrivesOnceWithAllItsParts) {
  play([&]() -> asio::awaitable<void> {
    auto message = message_to(topic_, "first");
    message.tag = "paid";
    message.keys = "k";
    message.properties["own"] = "value";
    const auto receipt = co_await producer().send(message);
    auto& one = member(group_of(topic_, group_));
    (void)co_await send_numbers(topic_, 200);
    EXPECT_TRUE(co_await eventually([&] { return one.received.size() >= 201; }));
    co_await one.stop();
    EXPECT_EQ(one.received.size(), 201U);
    for (const auto& received : one.received) {
      if (received.body != "first") continue;
      EXPECT_EQ(received.id, receipt.message_id);
      EXPECT_EQ(received.topic, topic_);
      EXPECT_EQ(received.broker, receipt.queue.broker);
      EXPECT_EQ(received.queue, receipt.queue.queue);
      EXPECT_EQ(received.queue_offset, receipt.offset);
      EXPECT_EQ(received.tag, "paid");
      EXPECT_EQ(received.keys, "k");
      EXPECT_EQ(received.properties.at("own"), "value");
      EXPECT_EQ(received.reconsume_times, 0);
      EXPECT_GT(received.born_ms, 0);
      EXPECT_GT(received.store_ms, 0);
    }
  });
}

TEST_F(Consume, ALongPollIsWokenByANewMessage) {
  play([&]() -> asio::awaitable<void> {
    auto& one = member(group_of(topic_, group_));
    EXPECT_TRUE(co_await eventually([&] { return one.consumer().stats().queues >= 5; }));
    co_await base::sleep_for(1s);
    (void)co_await send_numbers(topic_, 4);
    EXPECT_TRUE(co_await eventually([&] { return one.received.size() >= 4; }));
  });
}

TEST_F(Consume, TagsAreFiltered) {
  play([&]() -> asio::awaitable<void> {
    auto options = group_of(topic_, group_);
    options.subscriptions[topic_] = "paid || Aa";
    for (const std::string tag : {"paid", "created", "Aa", "BB", ""}) {
      auto message = message_to(topic_, tag.empty() ? "no tag" : tag);
      message.tag = tag;
      (void)co_await producer().send(message);
    }
    auto& one = member(options);
    auto& all = member(group_of(topic_, unique("SuiteGroup")));
    EXPECT_TRUE(co_await eventually([&] { return all.received.size() >= 5 && one.received.size() >= 2; }));
    auto sorted = one.bodies();
    std::ranges::sort(sorted);
    EXPECT_THAT(sorted, ::testing::ElementsAre("Aa", "paid"));
  });
}

TEST_F(Consume, GroupsDoNotTakeFromEachOther) {
  play([&]() -> asio::awaitable<void> {
    auto& one = member(group_of(topic_, group_));
    auto& other = member(group_of(topic_, unique("SuiteGroup")));
    (void)co_await send_numbers(topic_, 20);
    EXPECT_TRUE(
        co_await eventually([&] { return one.received.size() >= 20 && other.received.size() >= 20; }));
  });
}

TEST_F(Consume, ARestartGoesOnAtTheStoredOffset) {
  play([&]() -> asio::awaitable<void> {
    (void)co_await send_numbers(topic_, 40);
    auto& first = member(group_of(topic_, group_));
    EXPECT_TRUE(co_await eventually([&] { return first.received.size() >= 40; }));
    co_await first.stop();
    (void)co_await send_numbers(topic_, 40, 40);
    auto& second = member(group_of(topic_, group_));
    EXPECT_TRUE(co_await eventually([&] { return second.received.size() >= 40; }));
    co_await base::sleep_for(1s);
    EXPECT_EQ(second.received.size(), 40U);
    for (const auto& body : second.bodies()) EXPECT_GE(std::stoi(body), 40);
  });
}

TEST_F(Consume, WhatAStoppedHandlerDidNotFinishComesAgain) {
  play([&]() -> asio::awaitable<void> {
    (void)co_await send_numbers(topic_, 8);
    auto& first = member(group_of(topic_, group_));
    first.work = 10min;
    EXPECT_TRUE(co_await eventually([&] { return first.consumer().stats().in_flight == 8; }));
    co_await first.consumer().stop(100ms);
    auto& second = member(group_of(topic_, group_));
    EXPECT_TRUE(co_await eventually([&] { return second.received.size() >= 8; }));
    EXPECT_EQ(second.received.size(), 8U);
  });
}

}  // namespace
}  // namespace mq::client::suite
