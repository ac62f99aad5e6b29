// Concurrent consumption: what becomes of messages that are not done.
#include <gmock/gmock.h>

#include "mq/client/consumer_testing.hpp"
#include "mq/model/properties.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::client {
namespace {
namespace asio = boost::asio;
namespace code = protocol::request_code;
namespace response = protocol::response_code;
using namespace std::chrono_literals;
using testing::ConsumerTest;
using testing::eventually;
using testing::FakeBroker;
using ::testing::SizeIs;

class VerdictTest : public ConsumerTest {
 protected:
  // Finishes everything and remembers it.
  PushConsumer::Handler done() {
    return [this](ReceivedMessage message) -> asio::awaitable<Verdict> {
      ++handled_[message.id];
      witness_.finished(message);
      co_return Verdict::done;
    };
  }
  std::map<std::string, int> handled_;
};

TEST_F(VerdictTest, RetryLaterGoesBackToItsBrokerAndComesAgain) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 3);
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = options();
    consumer_options.attempts_max = 5;
    auto one = member(consumer_options, [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      const bool first = ++handled_[message.id] == 1;
      EXPECT_EQ(message.reconsume_times, first ? 0 : 1);
      EXPECT_EQ(message.topic, "T") << "the retry topic does not show";
      co_return first ? Verdict::retry_later : Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().done == 3; }));
    const auto& request = a_.last[code::kConsumerSendMsgBack];
    EXPECT_EQ(request.find("maxReconsumeTimes"), "5");
    EXPECT_EQ(request.find("delayLevel"), "0");
    EXPECT_EQ(request.find("group"), "G");
    co_await one->stop();
    EXPECT_EQ(committed(a_, 0), 3);
  });
}

TEST_F(VerdictTest, AHandlerThatThrowsMeansRetryLater) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 1);
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      if (++handled_[message.id] == 1) throw std::runtime_error("database away");
      if (handled_[message.id] == 2) throw 17;
      co_return Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().done == 1; }));
    EXPECT_EQ(one->consumer().stats().retried, 2U);
    co_await one->stop();
  });
}

TEST_F(VerdictTest, RejectGoesStraightToTheDeadLetters) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 1);
  play([&]() -> asio::awaitable<void> {
    auto one =
        member(options(), [&](ReceivedMessage) -> asio::awaitable<Verdict> { co_return Verdict::reject; });
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().rejected == 1; }));
    EXPECT_EQ(a_.last[code::kConsumerSendMsgBack].find("delayLevel"), "-1");
    EXPECT_THAT((a_.messages[{"%DLQ%G", 0}]), SizeIs(1));
    co_await one->stop();
    EXPECT_EQ(committed(a_, 0), 1);
  });
}

TEST_F(VerdictTest, AMessageItsBrokerDoesNotTakeBackIsSentAnew) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 1, "tag");
  a_.script = [](const protocol::Command& request) {
    return request.code == code::kConsumerSendMsgBack ? FakeBroker::refuse(response::kSystemError)
                                                      : FakeBroker::Script{};
  };
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      co_return ++handled_[message.id] == 1 ? Verdict::retry_later : Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().done == 1; }));
    const auto& request = a_.last[code::kSendMessageV2];
    EXPECT_EQ(request.find("b"), "%RETRY%G");
    EXPECT_EQ(request.find("j"), "1");
    EXPECT_EQ(request.find("l"), "16");
    const auto properties = std::string(request.find("i").value_or(""));
    EXPECT_EQ(find_property(properties, property::kDelayLevel), "3");
    EXPECT_EQ(find_property(properties, property::kRetryTopic), "T");
    EXPECT_EQ(find_property(properties, property::kTags), "tag");
    co_await one->stop();
    EXPECT_EQ(committed(a_, 0), 1);
  });
}

// Neither road is open: the message must stay unfinished, and other messages must go on.
TEST_F(VerdictTest, AMessageThatCannotBeGivenBackHoldsTheOffsetUntilItCan) {
  cluster_.topics["T"] = 1;
  fill(a_, 0, 10);
  bool open = false;
  a_.script = [&](const protocol::Command& request) {
    const bool gives_back =
        request.code == code::kConsumerSendMsgBack || request.code == code::kSendMessageV2;
    return gives_back && !open ? FakeBroker::refuse(response::kMessageIllegal) : FakeBroker::Script{};
  };
  play([&]() -> asio::awaitable<void> {
    auto consumer_options = options();
    consumer_options.concurrency = 1;
    auto one = member(consumer_options, [&](ReceivedMessage message) -> asio::awaitable<Verdict> {
      co_return message.queue_offset == QueueOffset{0} && ++handled_[message.id] == 1 ? Verdict::retry_later
                                                                                      : Verdict::done;
    });
    EXPECT_TRUE(co_await eventually([&] { return one->consumer().stats().done == 9; }));
    co_await base::sleep_for(150ms);
    EXPECT_LE(committed(a_, 0), 0);
    open = true;
    EXPECT_TRUE(co_await eventually([&] { return committed(a_, 0) == 10; }));
    co_await one->stop();
  });
}

TEST_F(VerdictTest, CompressedBodiesArriveUnpackedAndBrokenOnesGoToTheDeadLetters) {
  cluster_.topics["T"] = 1;
  FakeBroker::Stored broken;
  broken.body = "this is no zlib stream";
  broken.sys_flag = sys_flag::kCompressed;
  set_property(broken.properties, property::kUniqueKey, "BROKEN");
  a_.append("T", 0, broken);
  fill(a_, 0, 1);
  play([&]() -> asio::awaitable<void> {
    auto one = member(options(), done());
    EXPECT_TRUE(co_await eventually([&] { return a_.messages[{"%DLQ%G", 0}].size() == 1; }));
    EXPECT_TRUE(co_await eventually([&] { return handled_.size() == 1; }));
    EXPECT_FALSE(handled_.contains("BROKEN"));
    co_await one->stop();
    EXPECT_EQ(committed(a_, 0), 2);
  });
}

}  // namespace
}  // namespace mq::client
