#include "sandbox/delivery.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>

#include "mq/testing/manual_clock.hpp"

namespace sandbox {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::array<std::chrono::milliseconds, 3> kPauses = {4min, 10min, 1h};

class DeliveriesTest : public ::testing::Test {
 protected:
  template <class T>
  static T run(asio::awaitable<T> body) {
    asio::io_context context(1);
    std::optional<T> value;
    asio::co_spawn(context, std::move(body), [&](std::exception_ptr error, T result) {
      if (error) std::rethrow_exception(error);
      value = std::move(result);
    });
    context.run();
    return *std::move(value);
  }
  // What is due now, oldest first.
  std::vector<std::string> due(std::size_t limit = 64) {
    std::vector<std::string> keys;
    for (const auto& job : run(deliveries_.due(clock_.now(), limit))) keys.push_back(job.key);
    return keys;
  }
  std::optional<base::Time> next_due() { return run(deliveries_.next_due()); }

  // Does what the loop does with everything that is due.
  int work() {
    auto jobs = run(deliveries_.due(clock_.now(), 64));
    for (auto& job : jobs) {
      asio::io_context context(1);
      asio::co_spawn(context, job.run(), [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
      });
      context.run();
    }
    return static_cast<int>(jobs.size());
  }

  mq::testing::ManualClock clock_;
  bool taken_ = false;
  std::vector<std::string> sent_, ended_;
  Deliveries deliveries_{clock_, kPauses,
                         [this](std::string key) -> asio::awaitable<bool> {
                           sent_.push_back(key);
                           co_return taken_;
                         },
                         [this](const std::string& key, bool taken) {
                           ended_.push_back(key + (taken ? " taken" : " given up"));
                         }};
};

TEST_F(DeliveriesTest, NothingIsOwedAtFirst) {
  EXPECT_THAT(due(), IsEmpty());
  EXPECT_EQ(next_due(), std::nullopt);
}

TEST_F(DeliveriesTest, ACallThatIsTakenIsOver) {
  taken_ = true;
  deliveries_.owe("a", clock_.now());
  EXPECT_EQ(work(), 1);
  EXPECT_THAT(ended_, ElementsAre("a taken"));
  EXPECT_EQ(next_due(), std::nullopt);
}

TEST_F(DeliveriesTest, TriesFollowTheScheduleToTheMillisecondAndThenEnd) {
  deliveries_.owe("a", clock_.now());
  EXPECT_EQ(work(), 1);
  for (const auto pause : kPauses) {
    EXPECT_EQ(next_due(), clock_.now() + pause);
    clock_.advance(pause - 1ms);
    EXPECT_EQ(work(), 0);
    clock_.advance(1ms);
    EXPECT_THAT(ended_, IsEmpty());
    EXPECT_EQ(work(), 1);
  }
  EXPECT_EQ(sent_.size(), 1 + kPauses.size());
  EXPECT_THAT(ended_, ElementsAre("a given up"));
  EXPECT_EQ(next_due(), std::nullopt);
}

TEST_F(DeliveriesTest, AJumpOverTheWholeScheduleIsOneTry) {
  deliveries_.owe("a", clock_.now());
  work();
  clock_.advance(100h);
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(next_due(), clock_.now() + kPauses[1]) << "the next pause begins when the try has ended";
}

TEST_F(DeliveriesTest, OneThatIsNotTakenHoldsBackNobody) {
  const auto now = clock_.now();
  deliveries_.owe("late", now + 2s);
  deliveries_.owe("early", now + 1s);
  EXPECT_EQ(next_due(), now + 1s);
  EXPECT_THAT(due(), IsEmpty());
  clock_.advance(2s);
  EXPECT_THAT(due(), ElementsAre("early", "late"));
  EXPECT_THAT(due(1), ElementsAre("early")) << "the longest due first";
  work();
  deliveries_.owe("new", clock_.now());
  EXPECT_THAT(due(), ElementsAre("new"));
}

TEST_F(DeliveriesTest, WhatIsOwedAgainIsOwedOnce) {
  deliveries_.owe("a", clock_.now() + 1h);
  deliveries_.owe("a", clock_.now());
  EXPECT_THAT(due(), ElementsAre("a"));
  clock_.advance(2h);
  EXPECT_THAT(due(), ElementsAre("a"));
}

}  // namespace
}  // namespace sandbox
