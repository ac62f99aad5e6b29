#include <algorithm>
#include <numeric>

#include "mq/client/suite/suite.hpp"
#include "mq/model/names.hpp"

namespace mq::client::suite {
namespace {
using ::testing::Contains;
using ::testing::Not;

class AdminCalls : public SuiteTest {
 protected:
  // Asks until the answer satisfies; genuine brokers tell each other with some delay.
  template <class Ask, class Satisfies>
  static asio::awaitable<bool> comes(Ask ask, Satisfies satisfies) {
    for (const auto deadline = base::deadline_in(kPatience); std::chrono::steady_clock::now() < deadline;) {
      try {
        if (satisfies(co_await ask())) co_return true;
      } catch (const AdminError&) {
        // not there yet
      }
      co_await base::sleep_for(100ms);
    }
    co_return false;
  }
};

TEST_F(AdminCalls, TopicsAreCreatedListedAndDeleted) {
  play([&]() -> asio::awaitable<void> {
    EXPECT_THAT(co_await admin().topics(), Contains(topic_));
    const auto states = co_await admin().topic_state(topic_);
    EXPECT_EQ(states.size() % 4, 0U);
    EXPECT_FALSE(states.empty());
    co_await admin().delete_topic(topic_);
    EXPECT_TRUE(co_await comes(
        [&] { return admin().topics(); },
        [&](const auto& topics) { return std::ranges::find(topics, topic_) == topics.end(); }));
  });
}

TEST_F(AdminCalls, AnUnknownTopicIsAnErrorWithTheBrokersCode) {
  play([&]() -> asio::awaitable<void> {
    std::int32_t code = 0;
    try {
      (void)co_await admin().topic_state(unique("SuiteMissing"));
    } catch (const AdminError& error) {
      code = error.code();
    }
    EXPECT_EQ(code, 17);
  });
}

TEST_F(AdminCalls, TopicStateCountsMessages) {
  play([&]() -> asio::awaitable<void> {
    (void)co_await send_numbers(topic_, 21);
    EXPECT_TRUE(co_await comes([&] { return admin().topic_state(topic_); },
                               [](const auto& states) {
                                 std::int64_t count = 0;
                                 for (const auto& state : states)
                                   count += state.max_offset - state.min_offset;
                                 return count == 21;
                               }));
    for (const auto& state : co_await admin().topic_state(topic_)) EXPECT_GT(state.last_store_ms, 0);
  });
}

TEST_F(AdminCalls, AGroupIsListedWithMembersAndLag) {
  play([&]() -> asio::awaitable<void> {
    (void)co_await send_numbers(topic_, 30);
    auto options = group_of(topic_, group_);
    options.commit_interval = 200ms;
    auto& one = member(options);
    EXPECT_TRUE(co_await eventually([&] { return one.received.size() >= 30; }));
    EXPECT_TRUE(co_await comes(
        [&] { return admin().groups(); },
        [&](const auto& groups) { return std::ranges::find(groups, group_) != groups.end(); }));
    EXPECT_TRUE(co_await comes([&] { return admin().group_members(group_); },
                               [](const auto& members) { return members.size() == 1; }));
    const auto is_topic = [&](const QueueLag& lag) { return lag.queue.topic == topic_; };
    EXPECT_TRUE(co_await comes([&] { return admin().group_lag(group_); },
                               [&](const auto& lags) {
                                 std::int64_t consumed = 0;
                                 std::int64_t left = 0;
                                 for (const auto& lag : lags) {
                                   if (!is_topic(lag)) continue;
                                   consumed += lag.consumer_offset;
                                   left += lag.lag();
                                 }
                                 return consumed == 30 && left == 0;
                               }));
    co_await one.stop();
    EXPECT_TRUE(co_await comes([&] { return admin().group_members(group_); },
                               [](const auto& members) { return members.empty(); }));
    (void)co_await send_numbers(topic_, 7);
    EXPECT_TRUE(co_await comes([&] { return admin().group_lag(group_); },
                               [&](const auto& lags) {
                                 std::int64_t left = 0;
                                 for (const auto& lag : lags) left += is_topic(lag) ? lag.lag() : 0;
                                 return left == 7;
                               }));
  });
}

TEST_F(AdminCalls, MessagesAreFoundByIdAndByKey) {
  play([&]() -> asio::awaitable<void> {
    auto message = message_to(topic_, "find me");
    message.keys = "order-9 other-key";
    const auto receipt = co_await producer().send(message);
    const auto viewed = co_await admin().view_message(receipt.offset_message_id);
    EXPECT_TRUE(viewed.has_value());
    if (viewed) {
      EXPECT_EQ(viewed->id, receipt.message_id);
    }
    for (const auto& key : {std::string("order-9"), std::string("other-key"), receipt.message_id}) {
      EXPECT_TRUE(
          co_await comes([&] { return admin().find_by_key(topic_, key, 10); },
                         [](const auto& found) { return found.size() == 1 && found[0].body == "find me"; }))
          << key;
    }
    EXPECT_TRUE((co_await admin().find_by_key(topic_, "no-such-key", 10)).empty());
  });
}

TEST_F(AdminCalls, AQueueIsReadWithoutLeavingATrace) {
  play([&]() -> asio::awaitable<void> {
    const auto receipts = co_await send_numbers(topic_, 300);
    const auto queue = receipts.front().queue;
    const auto sent = static_cast<std::size_t>(std::ranges::count(receipts, queue, &SendReceipt::queue));
    EXPECT_EQ((co_await read_back(queue, QueueOffset{0}, sent)).size(), sent);
    const auto all = co_await admin().read_queue(queue, 0, 1000);
    EXPECT_EQ(all.size(), sent);
    const auto some = co_await admin().read_queue(queue, 3, 2);
    EXPECT_EQ(some.size(), 2U);
    if (!some.empty()) {
      EXPECT_EQ(some[0].queue_offset, QueueOffset{3});
    }
    EXPECT_TRUE((co_await admin().read_queue(queue, static_cast<std::int64_t>(all.size()), 5)).empty());
  });
}

TEST_F(AdminCalls, ABrokerDescribesItself) {
  play([&]() -> asio::awaitable<void> {
    const auto receipt = co_await producer().send(message_to(topic_, "x"));
    const auto id = parse_offset_message_id(receipt.offset_message_id);
    const auto info = co_await admin().broker_info(to_string(id->host));
    EXPECT_TRUE(std::ranges::any_of(info, [](const auto& entry) { return entry.first == "putTps"; }));
  });
}

}  // namespace
}  // namespace mq::client::suite
