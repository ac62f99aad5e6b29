// The load against a real broker in this process, and against a server that stands still for a while.
#include "mq/load/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "mq/fixture/in_process_broker.hpp"
#include "mq/load/pulls.hpp"
#include "mq/load/sends.hpp"
#include "mq/load/topics.hpp"
#include "mq/load/transactions.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::load {
namespace {
using namespace std::chrono_literals;

constexpr auto kGood = protocol::response_code::kSuccess;

class LoadOnABroker : public testing::Test {
 protected:
  LoadOnABroker() : server_(parse_endpoint(broker_.broker())) {}

  std::uint64_t send(const SendSpec& spec, std::uint64_t requests) {
    Sends sends(spec, kGood, requests);
    Load load(server_, {2, 8}, sends);
    const auto slice = load.run_for(1h);
    EXPECT_EQ(slice.brought.refused, 0U);
    return slice.brought.messages;
  }
  std::uint64_t drain(const PullSpec& spec, Arrivals& arrivals) {
    Pulls pulls(spec, 3, &arrivals);
    Load load(server_, {3, 1}, pulls);
    return load.run_for(1h).brought.messages;
  }

  sluice::InProcessBroker broker_;
  Endpoint server_;
};

TEST_F(LoadOnABroker, WhatIsSentIsPulledOnceFromAllQueues) {
  EXPECT_EQ(send({}, 1'000), 1'000U);
  Arrivals arrivals;
  EXPECT_EQ(drain({}, arrivals), 1'000U);
  EXPECT_EQ(arrivals.count(), 1'000U);
  EXPECT_EQ(arrivals.early(), 0U);
}

TEST_F(LoadOnABroker, ABatchIsAsManyMessages) {
  SendSpec spec;
  spec.batch = 32;
  spec.body_size = 100;
  EXPECT_EQ(send(spec, 50), 50U * 32);
  Arrivals arrivals;
  EXPECT_EQ(drain({}, arrivals), 50U * 32);
  EXPECT_EQ(arrivals.count(), 50U * 32);
}

TEST_F(LoadOnABroker, AtAFixedRateEveryMessageReachesItsConsumer) {
  make_topic(server_, "bench", 8);
  Sends sends({}, kGood);
  Load load(server_, {2, 16}, sends);
  load.pace(500);
  Arrivals arrivals;
  PullSpec spec;
  spec.follows = true;
  Pulls pulls(spec, 8, &arrivals);
  load.follow(server_, 8, pulls);
  const auto sent = load.run_for(500ms).brought.messages + load.finish().brought.messages;
  EXPECT_GT(sent, 0U);
  load.receive_until([&] { return arrivals.count() >= sent; }, 20s);
  EXPECT_EQ(arrivals.count(), sent);
}

TEST_F(LoadOnABroker, ATransactionIsAHalfMessageAndItsCommit) {
  Transactions transactions({}, 16, 300);
  Load load(server_, {2, 8}, transactions);
  const auto slice = load.run_for(1h);
  EXPECT_EQ(slice.brought.messages, 300U);
  EXPECT_EQ(slice.latency.count(), 300U) << "one duration for both steps";
  Arrivals arrivals;
  EXPECT_EQ(drain({}, arrivals), 300U);
}

TEST_F(LoadOnABroker, HalfMessagesWithoutACommitAreSeenByNobody) {
  SendSpec half;
  half.half = true;
  EXPECT_EQ(send(half, 20), 20U);
  make_topic(server_, half.topic, 8);
  Arrivals arrivals;
  EXPECT_EQ(drain({}, arrivals), 0U);
}

TEST_F(LoadOnABroker, DelayedMessagesComeAtTheirTimeAndNotBefore) {
  make_topic(server_, "bench", 8);
  SendSpec spec;
  spec.delayed = true;
  const auto now_ms = now_ns() / 1'000'000;
  Sends sends(spec, kGood, 100, {now_ms + 1'000, now_ms + 1'500});
  Load load(server_, {2, 8}, sends);
  Arrivals arrivals;
  PullSpec pull;
  pull.follows = true;
  Pulls pulls(pull, 8, &arrivals);
  load.follow(server_, 8, pulls);
  EXPECT_EQ(load.run_for(1h).brought.messages, 100U);
  load.receive_until([&] { return arrivals.count() >= 100; }, 20s);
  EXPECT_EQ(arrivals.count(), 100U);
  EXPECT_EQ(arrivals.early(), 0U);
}

TEST_F(LoadOnABroker, WhatTheBrokerRefusesIsCountedAsRefused) {
  broker_.fault(R"({"request": "send", "answer": "SYSTEM_BUSY"})");
  Sends sends({}, kGood, 10);
  Load load(server_, {1, 1}, sends);
  const auto slice = load.run_for(1h);
  EXPECT_GT(slice.brought.refused, 0U);
  EXPECT_EQ(slice.brought.refused + slice.brought.messages, 10U);
}

// Sends every frame back, but only after it has stood still for a while.
class LateEcho {
 public:
  explicit LateEcho(std::chrono::milliseconds pause)
      : listener_(listen_on_free_port(port_)), thread_([this, pause] { serve(pause); }) {}
  ~LateEcho() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  LateEcho(const LateEcho&) = delete;
  LateEcho& operator=(const LateEcho&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve(std::chrono::milliseconds pause) const {
    const int fd = ::accept(listener_, nullptr, nullptr);
    std::this_thread::sleep_for(pause);
    std::array<char, 65536> part{};
    for (;;) {
      const auto count = ::recv(fd, part.data(), part.size(), 0);
      if (count <= 0) break;
      send_all(fd, std::string_view(part.data(), static_cast<std::size_t>(count)));
    }
    ::close(fd);
  }

  std::uint16_t port_ = 0;
  int listener_;
  std::thread thread_;
};

// 1,000 requests are meant to be made in the second of which the server spends 600 ms asleep: most of those
// meant in that time were late, though only eight of them were in flight.
TEST(OpenLoop, WhatCouldNotBeMadeInTimeCountsFromWhenItWasMeantToBe) {
  const LateEcho echo(600ms);
  Sends sends({}, protocol::request_code::kSendMessageV2);
  Load load({echo.port()}, {1, 8}, sends);
  load.pace(1'000);
  const auto slice = load.run_for(1s);
  EXPECT_GT(slice.latency.count(), 8U);
  EXPECT_GT(slice.latency.quantile(0.6), 100e6) << "nanoseconds";
}

TEST(Endpoint, IsHostAndPort) {
  const auto endpoint = parse_endpoint("broker.example:10911");
  EXPECT_EQ(endpoint.host, "broker.example");
  EXPECT_EQ(endpoint.port, 10911);
  for (const auto* wrong : {"", "host", ":1", "host:", "host:0", "host:70000", "host:1x"}) {
    EXPECT_THROW((void)parse_endpoint(wrong), std::runtime_error) << wrong;
  }
}

TEST(Load, ToNobodyIsAnErrorThatNamesTheServer) {
  std::uint16_t port = 0;
  ::close(listen_on_free_port(port));
  Sends sends({}, kGood);
  try {
    const Load load({port}, {1, 1}, sends);
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("127.0.0.1:" + std::to_string(port)));
  }
}

}  // namespace
}  // namespace mq::load
