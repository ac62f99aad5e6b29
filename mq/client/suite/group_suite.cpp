#include <set>

#include "mq/client/suite/suite.hpp"

namespace mq::client::suite {
namespace {

class Group : public SuiteTest {
 protected:
  static std::size_t queues(Member& who) { return who.consumer().stats().queues; }
  static std::set<std::string> together(std::initializer_list<Member*> members) {
    std::set<std::string> bodies;
    for (const auto* member : members) {
      for (const auto& message : member->received) bodies.insert(message.body);
    }
    return bodies;
  }
};

TEST_F(Group, TwoMembersShareAndTheOtherTakesOver) {
  play([&]() -> asio::awaitable<void> {
    auto& one = member(group_of(topic_, group_));
    EXPECT_TRUE(co_await eventually([&] { return queues(one) >= 5; }));
    const auto all = queues(one);
    auto& two = member(group_of(topic_, group_));
    EXPECT_TRUE(co_await eventually([&] { return queues(two) >= 2 && queues(one) + queues(two) == all; }));
    (void)co_await send_numbers(topic_, 100);
    EXPECT_TRUE(co_await eventually([&] { return together({&one, &two}).size() == 100; }));
    EXPECT_FALSE(one.received.empty());
    EXPECT_FALSE(two.received.empty());

    co_await one.stop();
    EXPECT_TRUE(co_await eventually([&] { return queues(two) == all; }));
    (void)co_await send_numbers(topic_, 100, 100);
    EXPECT_TRUE(co_await eventually([&] { return together({&one, &two}).size() == 200; }));
    EXPECT_EQ(one.received.size() + two.received.size(), 200U) << "a graceful stop repeats nothing";
  });
}

TEST_F(Group, NothingIsSkippedWhileMembersComeAndGo) {
  play([&]() -> asio::awaitable<void> {
    std::vector<Member*> members;
    int sent = 0;
    for (int round = 0; round < 6; ++round) {
      members.push_back(&member(group_of(topic_, group_)));
      members.back()->work = 2ms;
      (void)co_await send_numbers(topic_, 50, sent);
      sent += 50;
      co_await base::sleep_for(500ms);
      if (round % 2 == 1) co_await members[static_cast<std::size_t>(round) - 1]->stop();
      (void)co_await send_numbers(topic_, 50, sent);
      sent += 50;
    }
    std::set<std::string> bodies;
    EXPECT_TRUE(co_await eventually([&] {
      for (const auto* one : members) {
        for (const auto& message : one->received) bodies.insert(message.body);
      }
      return bodies.size() == static_cast<std::size_t>(sent);
    }));
  });
}

}  // namespace
}  // namespace mq::client::suite
