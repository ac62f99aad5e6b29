#include "cli/event_feed.hpp"

#include <gmock/gmock.h>

#include "mq/client/fake_cluster.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
using mq::client::testing::FakeBroker;
using mq::client::testing::FakeCluster;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(EventFeed, WhatWasReadBeforeAQueueThatDidNotAnswerIsShownByTheNextLook) {
  asio::io_context context;
  FakeCluster cluster(context);
  FakeBroker broker(cluster, "a");
  cluster.topics = {{"first", 1}, {"second", 1}};
  broker.append("first", 0, {"first", "one", "", 0, 0, 0});
  broker.append("second", 0, {"second", "two", "", 0, 0, 0});
  broker.pulls_refused = {"second"};
  std::vector<std::string> shown;
  mq::client::testing::run(context, [&]() -> asio::awaitable<void> {
    mq::client::ClientOptions options;
    options.name_servers = {broker.address()};
    mq::client::Client client(context.get_executor(), options);
    mq::client::Admin admin(client);
    EventFeed feed(admin, {"first", "second"}, [&](const auto& message) { shown.push_back(message.body); });
    bool failed = false;
    try {
      co_await feed.look();
    } catch (const mq::client::AdminError&) {
      failed = true;
    }
    EXPECT_TRUE(failed);
    EXPECT_THAT(shown, IsEmpty());
    broker.pulls_refused.clear();
    co_await feed.look();
    co_await feed.look();
    co_await client.stop();
    co_await broker.close();
  }());
  EXPECT_THAT(shown, ElementsAre("one", "two"));
}

}  // namespace
}  // namespace cli
