#include "mq/broker/timer_queue.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <utility>

namespace mq::broker {
namespace {

using storage::PendingTimer;
using Key = std::pair<std::int64_t, std::int64_t>;

Key key(const PendingTimer& timer) { return {timer.due_ms, timer.origin.value()}; }
PendingTimer timer(Key key) { return {key.first, LogOffset{key.second}}; }

// Rows come and go, timers move to other places, and all the while the queue says what an ordered set says.
class TimerQueueTest : public ::testing::Test {
 protected:
  bool has_left(const PendingTimer& timer) const { return left_.contains(key(timer)); }
  std::size_t rows() const {
    return queue_.next(1'000'000, [](const PendingTimer&) { return false; }).size();
  }
  void push(Key key) {
    queue_.push(timer(key));
    waiting_.insert(key);
  }
  void carry_one() {
    if (waiting_.empty()) return;
    auto at = waiting_.lower_bound({static_cast<std::int64_t>(random_() % 1000), 0});
    if (at == waiting_.end()) at = waiting_.begin();
    const auto old = *at;
    waiting_.erase(at);
    left_.insert(old);
    queue_.leave_one();
    push({old.first, ++place_});
  }
  void skip_left() {
    while (!queue_.empty() && has_left(queue_.top())) queue_.pop_left();
  }

  std::mt19937 random_{7};
  TimerQueue queue_;
  std::set<Key> waiting_;
  std::set<Key> left_;
  std::int64_t place_ = 0;
};

TEST_F(TimerQueueTest, IsInOrderHoweverManyRowsHaveLeft) {
  bool tidied = false;
  for (int step = 0; step < 60'000; ++step) {
    const auto what = random_() % 8;
    if (what < 2) push({static_cast<std::int64_t>(random_() % 1000), ++place_});
    if (what >= 2 && what < 7) carry_one();
    if (what == 7) {
      skip_left();
      ASSERT_EQ(queue_.empty(), waiting_.empty());
      if (!queue_.empty()) {
        ASSERT_EQ(key(queue_.top()), *waiting_.begin());
        queue_.pop();
        waiting_.erase(waiting_.begin());
      }
    }
    if (step % 50 == 0) queue_.tidy([this](const PendingTimer& t) { return has_left(t); });
    ASSERT_EQ(queue_.size(), waiting_.size());
    if (step % 1000 == 0) tidied |= rows() < left_.size();
  }
  EXPECT_TRUE(tidied) << "rows that have left are taken out";
  while (!waiting_.empty()) {
    skip_left();
    ASSERT_EQ(key(queue_.top()), *waiting_.begin());
    queue_.pop();
    waiting_.erase(waiting_.begin());
  }
  skip_left();
  EXPECT_TRUE(queue_.empty());
}

TEST_F(TimerQueueTest, TheFirstRowsAreToldInOrder) {
  std::vector<PendingTimer> sorted;
  for (std::int64_t i = 0; i < 100; ++i) sorted.push_back(timer({i, i}));
  queue_.load(sorted);
  queue_.push(timer({3, 1000}));
  const auto next = queue_.next(6, [](const PendingTimer&) { return false; });
  ASSERT_EQ(next.size(), 6U);
  for (std::size_t i = 0; i + 1 < next.size(); ++i) EXPECT_LT(key(next[i]), key(next[i + 1]));
  EXPECT_EQ(key(next[4]), (Key{3, 1000}));
  EXPECT_EQ(queue_.size(), 101U);
}

}  // namespace
}  // namespace mq::broker
