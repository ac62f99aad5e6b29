#include "mq/broker/pop/waiters.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mq::broker {
namespace {

using Tried = PopWaiters::Tried;
using Names = std::vector<std::string>;
constexpr auto kLater = std::chrono::seconds{10};

class PopWaitersTest : public ::testing::Test {
 protected:
  // Answers when there are messages, and takes one.
  void hold(const std::string& name, const std::string& group = "g", std::int32_t queue = -1,
            std::chrono::seconds wait = kLater, net::ConnectionKey connection = {}) {
    ASSERT_TRUE(waiters_.hold({group, "T", queue}, start_ + wait, connection, [this, name](bool last) {
      tried_.push_back(name);
      if (messages_ == 0 && !last) return Tried::waits;
      answered_.push_back(name);
      if (messages_ > 0) --messages_;
      return messages_ > 0 ? Tried::answered_saw_more : Tried::answered;
    }));
  }
  void serve(std::chrono::seconds after = {}) {
    while (waiters_.serve(start_ + after, PopWaiters::Now::max())) {
    }
  }
  void arrive(int count, const QueueId& queue = {"T", 0}) {
    messages_ += count;
    waiters_.arrived(queue);
    serve();
  }

  const PopWaiters::Now start_ = std::chrono::steady_clock::now();
  int messages_ = 0;
  Names tried_;
  Names answered_;
  PopWaiters waiters_;
};

TEST_F(PopWaitersTest, OneMessageWakesTheOldestOnly) {
  hold("first");
  hold("second");
  arrive(1);
  EXPECT_EQ(answered_, Names{"first"});
  EXPECT_EQ(tried_, Names{"first"}) << "nobody else was bothered";
  EXPECT_EQ(waiters_.size(), 1U);
}

TEST_F(PopWaitersTest, WhoSawMoreWakesTheNext) {
  for (const auto* name : {"first", "second", "third"}) hold(name);
  arrive(2);
  EXPECT_EQ(answered_, (Names{"first", "second"}));
}

TEST_F(PopWaitersTest, AMessageThatIsGoneAlreadyLeavesThemWaiting) {
  hold("first");
  arrive(0);
  EXPECT_EQ(tried_, Names{"first"});
  EXPECT_EQ(waiters_.size(), 1U);
  arrive(1);
  EXPECT_EQ(answered_, Names{"first"});
}

TEST_F(PopWaitersTest, EachGroupIsWoken) {
  hold("one", "g1");
  hold("other", "g2");
  arrive(2);
  EXPECT_EQ(answered_.size(), 2U);
}

TEST_F(PopWaitersTest, AQueueWakesThoseWhoWantItOrAny) {
  hold("of queue 1", "g", 1);
  arrive(1, {"T", 0});
  EXPECT_TRUE(tried_.empty());
  hold("of any", "g", -1);
  arrive(1, {"T", 1});
  EXPECT_EQ(answered_.size(), 2U);
}

TEST_F(PopWaitersTest, TheGroupsRetryTopicWakesIt) {
  hold("one", "g1");
  hold("other", "g2");
  arrive(1, {"%RETRY%g2_T", 0});
  EXPECT_EQ(answered_, Names{"other"});
}

TEST_F(PopWaitersTest, ATimeIsOver) {
  hold("short", "g", -1, std::chrono::seconds{1});
  hold("long", "g", -1, std::chrono::seconds{2});
  EXPECT_EQ(waiters_.next_deadline(), start_ + std::chrono::seconds{1});
  serve(std::chrono::seconds{1});
  EXPECT_EQ(answered_, Names{"short"});
  EXPECT_EQ(waiters_.next_deadline(), start_ + std::chrono::seconds{2});
  waiters_.serve_all();
  EXPECT_EQ(answered_, (Names{"short", "long"}));
  EXPECT_FALSE(waiters_.next_deadline());
}

TEST_F(PopWaitersTest, AClosedConnectionPassesItsTurnOn) {
  const net::ConnectionKey closing{7};
  hold("gone", "g", -1, kLater, closing);
  hold("stays");
  messages_ = 1;
  waiters_.arrived({"T", 0});
  waiters_.drop(closing);
  serve();
  EXPECT_EQ(answered_, Names{"stays"});
}

TEST_F(PopWaitersTest, WhoLooksOnTriesAgainUntilItKnows) {
  int left = 3;
  ASSERT_TRUE(waiters_.hold({"g", "T", -1}, start_ + kLater, {},
                            [&](bool) { return --left > 0 ? Tried::looks_on : Tried::answered; }));
  waiters_.wake("g", {"T", -1});
  serve();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(waiters_.size(), 0U);
}

TEST_F(PopWaitersTest, TooManyAreRefused) {
  for (std::size_t i = 0; i < PopWaiters::kHeldOfOneMax; ++i) hold("one");
  EXPECT_EQ(waiters_.waiting("g", "T", -1), PopWaiters::kHeldOfOneMax);
  EXPECT_FALSE(waiters_.hold({"g", "T", -1}, start_, {}, [](bool) { return Tried::answered; }));
  EXPECT_TRUE(waiters_.hold({"g", "T", 3}, start_, {}, [](bool) { return Tried::answered; }));
}

}  // namespace
}  // namespace mq::broker
