#include <map>

#include "mq/client/suite/suite.hpp"

namespace mq::client::suite {
namespace {

class Orderly : public SuiteTest {
 protected:
  ConsumerOptions orderly() const {
    auto options = group_of(topic_, group_);
    options.mode = ConsumeMode::orderly;
    options.orderly_pause = 100ms;
    return options;
  }
  // Bodies are "key number"; numbers of each key must not fall.
  static void expect_order(const std::vector<std::string>& bodies) {
    std::map<std::string, int> last;
    for (const auto& body : bodies) {
      const auto blank = body.find(' ');
      const auto key = body.substr(0, blank);
      const auto number = std::stoi(body.substr(blank + 1));
      EXPECT_GE(number, last[key]) << body;
      last[key] = number;
    }
  }
  asio::awaitable<void> send_sharded(int keys, int each, int first = 0) {
    for (int number = first; number < first + each; ++number) {
      for (int i = 0; i < keys; ++i) {
        const auto key = "order-" + std::to_string(i);
        (void)co_await producer().send_sharded(message_to(topic_, key + " " + std::to_string(number)), key);
      }
    }
  }
};

TEST_F(Orderly, EachKeyStaysInOrder) {
  play([&]() -> asio::awaitable<void> {
    auto& one = member(orderly());
    one.work = 1ms;
    co_await send_sharded(10, 20);
    EXPECT_TRUE(co_await eventually([&] { return one.received.size() >= 200; }));
    EXPECT_EQ(one.received.size(), 200U);
    expect_order(one.bodies());
  });
}

TEST_F(Orderly, ARetryKeepsItsPlace) {
  play([&]() -> asio::awaitable<void> {
    co_await send_sharded(2, 10);
    auto& one = member(orderly(), [](const ReceivedMessage& message) {
      return message.body == "order-1 4" && message.reconsume_times < 2 ? Verdict::retry_later
                                                                        : Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one.consumer().stats().done >= 20; }));
    EXPECT_EQ(one.count("order-1 4"), 3U);
    expect_order(one.bodies());
  });
}

TEST_F(Orderly, ExhaustedAttemptsEndInTheDeadLettersAndTheQueueGoesOn) {
  play([&]() -> asio::awaitable<void> {
    co_await send_sharded(2, 10);
    auto options = orderly();
    options.attempts_max = 2;
    auto& one = member(options, [](const ReceivedMessage& message) {
      if (message.body == "order-0 3") return Verdict::retry_later;
      return message.body == "order-1 5" ? Verdict::reject : Verdict::done;
    });
    EXPECT_TRUE(co_await dead_letters_come(group_, 2));
    EXPECT_TRUE(co_await eventually([&] { return one.consumer().stats().done >= 18; }));
    EXPECT_EQ(one.count("order-0 3"), 3U);
    EXPECT_EQ(one.count("order-1 5"), 1U);
    expect_order(one.bodies());
  });
}

TEST_F(Orderly, QueuesChangeHandsInOrder) {
  play([&]() -> asio::awaitable<void> {
    auto& one = member(orderly());
    auto& two = member(orderly());
    one.work = two.work = 2ms;
    co_await send_sharded(8, 20);
    EXPECT_TRUE(co_await eventually([&] { return !one.received.empty() && !two.received.empty(); }));
    co_await one.stop();
    co_await send_sharded(8, 20, 20);
    EXPECT_TRUE(co_await eventually([&] { return one.received.size() + two.received.size() >= 320; }));
    EXPECT_EQ(one.received.size() + two.received.size(), 320U);
    expect_order(one.bodies());
    expect_order(two.bodies());
  });
}

}  // namespace
}  // namespace mq::client::suite
