// Orderly consumption: locks, one at a time, retries in place.
#include <gmock/gmock.h>

#include "mq/client/consumer_testing.hpp"
#include "mq/protocol/bodies.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::client {
namespace {
namespace asio = boost::asio;
namespace code = protocol::request_code;
namespace response = protocol::response_code;
using namespace std::chrono_literals;
using testing::ConsumerTest;
using ::testing::ElementsAre;
using testing::eventually;
using testing::FakeBroker;
using ::testing::SizeIs;

class OrderlyTest : public ConsumerTest {
 protected:
  // Watches that no two messages of a queue are handled at once and that each queue stays in order.
  asio::awaitable<void> watched(const ReceivedMessage& message, std::chrono::milliseconds work) {
    if (++at_work_[message.queue] > 1) ++overlaps_;
    co_await base::sleep_for(work);
    --at_work_[message.queue];
  }
  void finished(const ReceivedMessage& message) {
    auto& last = last_[message.queue];
    if (message.queue_offset.value() < last) ++inversions_;
    last = std::max(last, message.queue_offset.value());
    handled_[message.queue].push_back(message.queue_offset.value());
    witness_.finished(message);
  }
  PushConsumer::Handler done(std::chrono::milliseconds work = 1ms) {
    return [this, work](ReceivedMessage message) -> asio::awaitable<Verdict> {
      co_await watched(message, work);
      finished(message);
      co_return Verdict::done;
    };
  }
  [[nodiscard]] std::size_t handled() const {
    std::size_t count = 0;
    for (const auto& [queue, offsets] : handled_) count += std::set(offsets.begin(), offsets.end()).size();
    return count;
  }
  ConsumerOptions orderly() const { return options(ConsumeMode::orderly); }

  std::map<std::int32_t, int> at_work_;
  std::map<std::int32_t, std::int64_t> last_;
  std::map<std::int32_t, std::vector<std::int64_t>> handled_;
  int overlaps_ = 0;
  int inversions_ = 0;
};

TEST_F(OrderlyTest, OneAtATimePerQueueInOrderAndQueuesSideBySide) {
  for (int queue = 0; queue < 4; ++queue) fill(a_, queue, 30);
  play([&]() -> asio::awaitable<void> {
    std::size_t most = 0;
    auto one = member(orderly(), [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      co_await watched(message, 2ms);
      std::size_t busy = 1;
      for (const auto& [queue, count] : at_work_) busy += static_cast<std::size_t>(count);
      most = std::max(most, busy);
      finished(message);
      co_return Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return handled() == 120; }));
    EXPECT_GT(most, 1U);
    co_await one->stop();
    for (int queue = 0; queue < 4; ++queue) EXPECT_EQ(committed(a_, queue), 30);
    EXPECT_TRUE(a_.locks.empty()) << "they were given back";
  });
  EXPECT_EQ(overlaps_, 0);
  EXPECT_EQ(inversions_, 0);
  EXPECT_EQ(witness_.violations(), 0);
}

TEST_F(OrderlyTest, AQueueLockedByAnotherIsLeftAloneUntilItIsFree) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 3);
  a_.locks[{"G", {"T", 0}}] = "somebody else";
  play([&]() -> asio::awaitable<void> {
    auto one = member(orderly(), done());
    EXPECT_TRUE(co_await eventually([&] { return a_.requests[code::kLockBatchMq] >= 2; }));
    EXPECT_EQ(handled(), 0U);
    a_.locks.clear();
    EXPECT_TRUE(co_await eventually([&] { return handled() == 3; }));
    co_await one->stop();
  });
}

TEST_F(OrderlyTest, RetriesHappenInPlaceBeforeTheNextMessage) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 3);
  std::vector<std::pair<std::int64_t, std::int32_t>> seen;
  play([&]() -> asio::awaitable<void> {
    auto one = member(orderly(), [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      seen.emplace_back(message.queue_offset.value(), message.reconsume_times);
      const bool fails = message.queue_offset == QueueOffset{1} && message.reconsume_times < 2;
      co_return fails ? Verdict::retry_later : Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 3; }));
    co_await one->stop();
  });
  EXPECT_THAT(
      seen, ElementsAre(std::pair(0, 0), std::pair(1, 0), std::pair(1, 1), std::pair(1, 2), std::pair(2, 0)));
}

TEST_F(OrderlyTest, ExhaustedAttemptsEndInTheDeadLettersAndTheQueueGoesOn) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 3);
  std::map<std::int64_t, int> tries;
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = orderly();
    consumer_options.attempts_max = 2;
    auto one = member(consumer_options, [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      ++tries[message.queue_offset.value()];
      co_return message.queue_offset == QueueOffset{1} ? Verdict::retry_later : Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 3; }));
    EXPECT_THAT((a_.messages[{"%DLQ%G", 0}]), SizeIs(1));
    EXPECT_EQ(one->consumer().stats().rejected, 1U);
    co_await one->stop();
  });
  EXPECT_EQ(tries[0], 1);
  EXPECT_EQ(tries[1], 3) << "the first attempt and two retries";
  EXPECT_EQ(tries[2], 1);
}

TEST_F(OrderlyTest, AMessageThatCannotBeBuriedHoldsItsQueue) {
  cluster_.topics["T"] = 2;
  fill(a_, 0, 2);
  fill(a_, 1, 5);
  bool open = false;
  a_.script = [&](const protocol::Command& request) {
    const bool buries = request.code == code::kConsumerSendMsgBack || request.code == code::kSendMessageV2;
    return buries && !open ? FakeBroker::refuse(response::kMessageIllegal) : FakeBroker::Script{};
  };
  play([&]() -> asio::awaitable<void> {
    auto one = member(orderly(), [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      co_return message.queue == 0 && message.queue_offset == QueueOffset{0} ? Verdict::reject
                                                                             : Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 1) == 5; }));
    co_await base::sleep_for(100ms);
    EXPECT_LE(committed(a_, 0), 0);
    open = true;
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 2; }));
    co_await one->stop();
  });
}

// The second member gets queues while the first still handles messages of them: it must wait for the
// lock, and nothing may overlap, be skipped or come out of order.
TEST_F(OrderlyTest, QueuesChangeHandsBetweenMembersWithoutOverlap) {
  play([&]() -> asio::awaitable<void> {
    for (int queue = 0; queue < 4; ++queue) fill(a_, queue, 40);
    auto one = member(orderly(), done(5ms));
    EXPECT_TRUE(co_await eventually([&] { return handled() > 20; }));
    auto two = member(orderly(), done(5ms));
    EXPECT_TRUE(co_await eventually([&] { return two->consumer().stats().queues >= 2; }));
    co_await base::sleep_for(100ms);
    co_await one->stop();
    EXPECT_TRUE(co_await eventually([&] { return handled() == 160; }));
    co_await two->stop();
  });
  EXPECT_EQ(overlaps_, 0);
  EXPECT_EQ(inversions_, 0);
  EXPECT_EQ(witness_.violations(), 0);
  for (const auto& [queue, offsets] : handled_) {
    EXPECT_THAT(offsets, SizeIs(40)) << "handed over in order, nothing of queue " << queue << " is repeated";
  }
}

// The renewal says that the lock is another's now. What this member has of the queue is worth nothing:
// the other may be far ahead of it.
TEST_F(OrderlyTest, ALostLockEndsTheQueueWithoutACommit) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 50);
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = orderly();
    consumer_options.lock_interval = 50ms;
    consumer_options.commit_interval = 1h;
    auto one = member(consumer_options, done(20ms));
    EXPECT_TRUE(co_await eventually([&] { return handled() == 3; }));
    a_.locks[{"G", {"T", 0}}] = "somebody else";
    a_.offsets[{"G", {"T", 0}}] = 40;
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().queues == 1; }));
    EXPECT_EQ(committed(a_, 0), 40);
    co_await base::sleep_for(100ms);  // the message at hand when the lock went may still end
    const auto before = handled();
    co_await base::sleep_for(200ms);
    EXPECT_EQ(handled(), before);
    a_.locks.erase({"G", {"T", 0}});
    EXPECT_TRUE(co_await eventually([&] { return handled() == before + 10; }))
        << "from where the other came to";
    co_await one->stop();
    EXPECT_EQ(committed(a_, 0), 50);
  });
  EXPECT_EQ(overlaps_, 0);
}

// The regular renewal is far away, and until then another member could get the lock.
TEST_F(OrderlyTest, ABrokerThatRestartedIsAskedForTheLocksAtOnce) {
  FakeBroker name_server(cluster_, "ns");
  name_server.in_route = false;
  name_servers_ = {name_server.address()};
  cluster_.topics["T"] = 1;
  fill(a_, 0, 1);
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = orderly();
    consumer_options.lock_interval = 1h;
    auto one = member(consumer_options, done());
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 1; }));
    co_await a_.close();
    a_.locks.clear();
    co_await base::sleep_for(300ms);
    a_.open();
    EXPECT_TRUE(co_await eventually([&] { return a_.locks.contains({"G", {"T", 0}}); }));
    co_await one->stop();
  });
}

// While renewals fail nobody may be handled beyond the time the lock is trusted for.
TEST_F(OrderlyTest, WithoutRenewalHandlingEndsInTime) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 200);
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = orderly();
    consumer_options.lock_interval = 100ms;
    auto one = member(consumer_options, done(5ms));
    EXPECT_TRUE(co_await eventually([&] { return handled() > 0; }));
    a_.script = [](const protocol::Command& request) {
      return request.code == code::kLockBatchMq ? FakeBroker::refuse(response::kSystemError)
                                                : FakeBroker::Script{};
    };
    co_await base::sleep_for(400ms);
    const auto stalled = handled();
    EXPECT_LT(stalled, 200U);
    co_await base::sleep_for(200ms);
    EXPECT_EQ(handled(), stalled);
    a_.script = nullptr;
    EXPECT_TRUE(co_await eventually([&] { return handled() == 200; }));
    co_await one->stop();
  });
  EXPECT_EQ(overlaps_, 0);
  EXPECT_EQ(witness_.violations(), 0);
}

// Its pulls still go through, but what they say of the offset is no longer this member's to say.
TEST_F(OrderlyTest, AfterItsTimeALockCommitsNothing) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 3);
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = orderly();
    consumer_options.lock_interval = 100ms;
    auto one = member(consumer_options, done());
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 3; }));
    a_.script = [](const protocol::Command& request) {
      return request.code == code::kLockBatchMq ? FakeBroker::refuse(response::kSystemError)
                                                : FakeBroker::Script{};
    };
    co_await base::sleep_for(400ms);
    a_.offsets[{"G", {"T", 0}}] = 40;  // by the member that has the lock now
    const auto pulls = a_.requests[code::kPullMessage];
    for (int i = 0; i < 3; ++i) {
      fill(a_, 0, 1);  // wakes the pull, and another follows
      co_await base::sleep_for(100ms);
    }
    EXPECT_GT(a_.requests[code::kPullMessage], pulls);
    EXPECT_EQ(committed(a_, 0), 40);
    co_await one->stop();
    EXPECT_EQ(committed(a_, 0), 40);
  });
}

// A broker that restarted has forgotten the lock and given it away: that begins a leave in the middle of the
// shutdown, which waits for a handler that will not end by itself.
TEST_F(OrderlyTest, ALockLostDuringStopDoesNotOutliveIt) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 2);
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = orderly();
    consumer_options.lock_interval = 50ms;
    auto one = member(consumer_options, done(1h));
    EXPECT_TRUE(co_await eventually([&] { return at_work_[0] == 1; }));
    base::TaskGroup helper(context_.get_executor());
    helper.spawn("give the lock away", [](FakeBroker& broker) -> asio::awaitable<void> {
      co_await base::sleep_for(100ms);
      broker.locks[{"G", {"T", 0}}] = "somebody else";
    }(a_));
    co_await one->stop(500ms);
    co_await helper.stop();
    one.reset();
  });
  EXPECT_EQ(witness_.violations(), 0);
}

// The broker has granted a lock, and the member stops before it hears of it: nobody else may have to wait
// until the lock has run out.
TEST_F(OrderlyTest, ALockWhoseAnswerCameTooLateIsGivenBack) {
  cluster_.topics["T"] = 1;
  bool granted = false;
  a_.script = [&](const protocol::Command& request) {
    if (request.code != code::kLockBatchMq) return FakeBroker::Script{};
    granted = true;
    const auto asked = protocol::decode_body<protocol::LockBatchRequest>(request.body).value();
    for (const auto& queue : asked.queues) a_.locks[{"G", {queue.topic, queue.queue}}] = asked.client_id;
    return FakeBroker::Script{FakeBroker::Deed::silence, {}};
  };
  play([&]() -> asio::awaitable<void> {
    auto one = member(orderly(), done());
    EXPECT_TRUE(co_await eventually([&] { return granted; }));
    co_await one->stop();
    EXPECT_TRUE(a_.locks.empty());
  });
}

TEST_F(OrderlyTest, StopInsideARetryPauseKeepsTheMessage) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 2);
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = orderly();
    consumer_options.orderly_pause = 1h;
    consumer_options.orderly_pause_max = 1h;
    int tries = 0;
    auto one = member(consumer_options, [&](ReceivedMessage) -> asio::awaitable<Verdict> {
      ++tries;
      co_return Verdict::retry_later;
    });
    EXPECT_TRUE(co_await eventually([&] { return tries == 1; }));
    co_await one->stop();
    EXPECT_LE(committed(a_, 0), 0);
    auto two = member(orderly(), done());
    EXPECT_TRUE(co_await eventually([&] { return handled() == 2; }));
    co_await two->stop();
  });
}

}  // namespace
}  // namespace mq::client
