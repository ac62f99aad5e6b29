#include "mq/client/suite/suite.hpp"

namespace mq::client::suite {
namespace {

// Timers of a genuine broker count whole seconds and may come up to one early (rocketmq-wire.md 4.8).
constexpr std::int64_t kTickMs = 1100;

class Delay : public SuiteTest {};

TEST_F(Delay, ALevelHoldsAMessageBack) {
  play([&]() -> asio::awaitable<void> {
    auto& one = member(group_of(topic_, group_));
    auto late = message_to(topic_, "five seconds");
    deliver_after_level(late, 2);
    auto soon = message_to(topic_, "one second");
    deliver_after_level(soon, 1);
    const auto sent = base::to_millis(base::SystemClock{}.now());
    (void)co_await producer().send(late);
    (void)co_await producer().send(soon);
    (void)co_await producer().send(message_to(topic_, "at once"));
    EXPECT_TRUE(co_await eventually([&] { return one.received.size() >= 3; }));
    EXPECT_THAT(one.bodies(), ::testing::ElementsAre("at once", "one second", "five seconds"));
    EXPECT_GE(one.received[1].store_ms - sent, 900);
    EXPECT_GE(one.received[2].store_ms - sent, 4900);
    EXPECT_EQ(one.received[2].topic, topic_);
  });
}

TEST_F(Delay, ATimerDeliversAtItsTime) {
  play([&]() -> asio::awaitable<void> {
    auto& one = member(group_of(topic_, group_));
    const auto now = base::SystemClock{}.now();
    auto late = message_to(topic_, "in four seconds");
    deliver_at(late, now + 4s);
    late.tag = "timer";
    const auto receipt = co_await producer().send(late);
    auto past = message_to(topic_, "long ago");
    deliver_at(past, now - 1h);
    (void)co_await producer().send(past);
    EXPECT_TRUE(co_await eventually([&] { return one.received.size() >= 2; }));
    EXPECT_THAT(one.bodies(), ::testing::ElementsAre("long ago", "in four seconds"));
    EXPECT_GE(one.received[1].store_ms, base::to_millis(now + 4s) - kTickMs);
    EXPECT_EQ(one.received[1].id, receipt.message_id);
    EXPECT_EQ(one.received[1].tag, "timer");
  });
}

}  // namespace
}  // namespace mq::client::suite
