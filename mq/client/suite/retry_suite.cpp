#include "mq/client/suite/suite.hpp"
#include "mq/model/names.hpp"
#include "mq/model/properties.hpp"

namespace mq::client::suite {
namespace {

class Retry : public SuiteTest {};

TEST_F(Retry, RetryLaterComesAgainUntilItIsDone) {
  play([&]() -> asio::awaitable<void> {
    (void)co_await send_numbers(topic_, 5);
    auto& one = member(group_of(topic_, group_), [](const ReceivedMessage& message) {
      return message.reconsume_times < 2 ? Verdict::retry_later : Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one.consumer().stats().done >= 5; }));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(one.count(std::to_string(i)), 3U);
    for (const auto& message : one.received) EXPECT_EQ(message.topic, topic_);
    EXPECT_EQ(one.consumer().stats().retried, 10U);
  });
}

TEST_F(Retry, AHandlerThatThrowsIsTriedAgain) {
  play([&]() -> asio::awaitable<void> {
    (void)co_await send_numbers(topic_, 1);
    auto& one = member(group_of(topic_, group_), [](const ReceivedMessage& message) {
      if (message.reconsume_times == 0) throw std::runtime_error("not now");
      return Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one.consumer().stats().done >= 1; }));
    EXPECT_EQ(one.received.size(), 2U);
  });
}

TEST_F(Retry, RejectGoesToTheDeadLettersAtOnce) {
  play([&]() -> asio::awaitable<void> {
    auto message = message_to(topic_, "poison");
    message.keys = "order-1";
    message.tag = "paid";
    (void)co_await producer().send(message);
    auto& one = member(group_of(topic_, group_), [](const ReceivedMessage&) { return Verdict::reject; });
    EXPECT_TRUE(co_await dead_letters_come(group_, 1));
    EXPECT_EQ(one.received.size(), 1U);
    for (const auto& dead : co_await read_topic(dead_letter_topic(group_), 1)) {
      EXPECT_EQ(dead.body, "poison");
      EXPECT_EQ(dead.keys, "order-1");
      EXPECT_EQ(dead.tag, "paid");
      EXPECT_EQ(dead.properties.at(std::string(property::kRetryTopic)), topic_);
    }
  });
}

TEST_F(Retry, ExhaustedAttemptsEndInTheDeadLetters) {
  play([&]() -> asio::awaitable<void> {
    (void)co_await send_numbers(topic_, 3);
    auto options = group_of(topic_, group_);
    options.attempts_max = 2;
    auto& one = member(options, [](const ReceivedMessage&) { return Verdict::retry_later; });
    EXPECT_TRUE(co_await dead_letters_come(group_, 3));
    EXPECT_EQ(one.received.size(), 9U) << "each at first and in two retries";
    co_await base::sleep_for(1500ms);
    EXPECT_EQ(one.received.size(), 9U);
  });
}

TEST_F(Retry, AFailedMessageDoesNotHoldUpOthers) {
  play([&]() -> asio::awaitable<void> {
    (void)co_await send_numbers(topic_, 50);
    auto& one = member(group_of(topic_, group_), [](const ReceivedMessage& message) {
      return message.body == "7" && message.reconsume_times == 0 ? Verdict::retry_later : Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one.consumer().stats().done >= 50; }));
    EXPECT_EQ(one.count("7"), 2U);
    EXPECT_EQ(one.received.size(), 51U);
  });
}

}  // namespace
}  // namespace mq::client::suite
