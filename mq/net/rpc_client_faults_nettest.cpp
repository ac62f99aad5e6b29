#include <gmock/gmock.h>

#include "mq/net/rpc_client.hpp"
#include "mq/net/rpc_testing.hpp"

// Connections that break, limits, and stopping at the wrong moment.
namespace mq::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;
using boost::system::system_error;
using namespace std::chrono_literals;
using testing::request;
using testing::RpcClientTest;

TEST_F(RpcClientTest, ALostConnectionFailsAllItsCallsAtOnceAndTheNextCallMakesANewOne) {
  build();
  auto server = [&]() -> awaitable<void> {
    {
      auto socket = co_await accept();
      for (int i = 0; i < 10; ++i) co_await hear(socket);
    }
    auto socket = co_await accept();
    co_await answer(socket, co_await hear(socket), "again");
    co_await testing::read_all(socket);
  };
  int reset = 0;
  auto ask = [&]() -> awaitable<void> {
    if (co_await error_of(call("x")) == asio::error::connection_reset) ++reset;
  };
  auto client = [&]() -> awaitable<void> {
    base::TaskGroup tasks(context_.get_executor());
    for (int i = 0; i < 10; ++i) tasks.spawn("ask", ask());
    while (reset < 10) co_await base::sleep_for(1ms);
    co_await tasks.stop();
    EXPECT_EQ(disconnected_, std::vector<std::string>{address()});
    EXPECT_EQ(co_await call("y"), "again");
  };
  play(server(), client());
  EXPECT_EQ(accepted_, 2);
}

TEST_F(RpcClientTest, AnswersThatCameBeforeTheEndStillCount) {
  build();
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    const auto first = co_await hear(socket);
    co_await hear(socket);
    co_await answer(socket, first, "made it");
  };
  std::string got;
  auto lucky = [&]() -> awaitable<void> { got = co_await call("1"); };
  auto client = [&]() -> awaitable<void> {
    base::TaskGroup tasks(context_.get_executor());
    tasks.spawn("lucky", lucky());
    EXPECT_EQ(co_await error_of(call("2")), asio::error::connection_reset);
    while (got.empty()) co_await base::sleep_for(1ms);
    co_await tasks.stop();
  };
  play(server(), client());
  EXPECT_EQ(got, "made it");
}

TEST_F(RpcClientTest, AnswersThatMakeNoSenseEndTheConnection) {
  build();
  auto server = [&]() -> awaitable<void> {
    for (const std::string nonsense : {"\xff\xff\xff\xff\xff\xff\xff\xff", "GET / HTTP/1.1\r\n\r\n"}) {
      auto socket = co_await accept();
      co_await hear(socket);
      co_await testing::put(socket, nonsense);
      co_await testing::read_all(socket);
    }
  };
  auto client = [&]() -> awaitable<void> {
    EXPECT_EQ(co_await error_of(call("1")), asio::error::connection_reset);
    EXPECT_EQ(co_await error_of(call("2")), asio::error::connection_reset);
  };
  play(server(), client());
}

TEST_F(RpcClientTest, ARefusedConnectionFailsEveryCallThatSharesIt) {
  build();
  const auto nobody = address();
  acceptor_.close();
  auto server = []() -> awaitable<void> { co_return; };
  int refused = 0;
  auto ask = [&]() -> awaitable<void> {
    try {
      co_await client_->call(nobody, request("x"), base::deadline_in(20s));
    } catch (const system_error& e) {
      if (e.code() == asio::error::connection_refused) ++refused;
    }
  };
  auto client = [&]() -> awaitable<void> {
    base::TaskGroup tasks(context_.get_executor());
    for (int i = 0; i < 5; ++i) tasks.spawn("ask", ask());
    while (refused < 5) co_await base::sleep_for(1ms);
    co_await tasks.stop();
  };
  play(server(), client());
  EXPECT_TRUE(disconnected_.empty()) << "it was never connected";
}

TEST_F(RpcClientTest, AnAddressWithoutPortIsInvalid) {
  build();
  auto server = []() -> awaitable<void> { co_return; };
  auto client = [&]() -> awaitable<void> {
    error_code error;
    try {
      co_await client_->call("localhost", request("x"), base::deadline_in(20s));
    } catch (const system_error& e) {
      error = e.code();
    }
    EXPECT_EQ(error, boost::system::errc::make_error_code(boost::system::errc::invalid_argument));
  };
  play(server(), client());
}

// The server accepts and never reads: the kernel's buffers fill, then ours.
TEST_F(RpcClientTest, WhatAPeerDoesNotTakeIsBounded) {
  build({.unsent_max = std::size_t{4} << 20, .write_stall_max = 2s});
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    co_await base::sleep_for(1h);
  };
  int full = 0;
  int lost = 0;
  auto ask = [&]() -> awaitable<void> {
    const auto error = co_await error_of(call(std::string(1 << 20, 'x')));
    if (error == asio::error::no_buffer_space) ++full;
    if (error == asio::error::connection_reset) ++lost;
  };
  auto client = [&]() -> awaitable<void> {
    base::TaskGroup tasks(context_.get_executor());
    for (int i = 0; i < 50; ++i) {
      tasks.spawn("ask", ask());
      co_await base::sleep_for(1ms);
    }
    EXPECT_GT(full, 20);
    while (full + lost < 50) co_await base::sleep_for(10ms);
    EXPECT_GT(lost, 0) << "the stalled connection is given up";
    co_await tasks.stop();
  };
  play(server(), client());
}

TEST_F(RpcClientTest, InFlightCallsAreBounded) {
  build({.in_flight_max = 2});
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    co_await base::sleep_for(1h);
  };
  auto ask = [&]() -> awaitable<void> { co_await error_of(call("x")); };
  auto client = [&]() -> awaitable<void> {
    base::TaskGroup tasks(context_.get_executor());
    tasks.spawn("first", ask());
    tasks.spawn("second", ask());
    co_await base::sleep_for(20ms);
    EXPECT_EQ(co_await error_of(call("third")), asio::error::no_buffer_space);
    co_await tasks.stop();
  };
  play(server(), client());
}

TEST_F(RpcClientTest, ARequestAboveTheFrameLimitIsNotSent) {
  build();
  auto server = []() -> awaitable<void> { co_return; };
  auto client = [&]() -> awaitable<void> {
    EXPECT_EQ(co_await error_of(call(std::string(protocol::kFrameSizeMax, 'x'))),
              boost::system::errc::make_error_code(boost::system::errc::message_size));
  };
  play(server(), client());
}

TEST_F(RpcClientTest, AnIdleConnectionIsClosed) {
  build({.idle_max = 200ms});
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    co_await answer(socket, co_await hear(socket), "ok");
    co_await testing::read_all(socket);
  };
  auto client = [&]() -> awaitable<void> {
    EXPECT_EQ(co_await call("1"), "ok");
    while (disconnected_.empty()) co_await base::sleep_for(10ms);
  };
  play(server(), client());
}

TEST_F(RpcClientTest, StopEndsWaitingCallsAndRefusesNewOnes) {
  build();
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    co_await testing::read_all(socket);
  };
  error_code ended;
  auto ask = [&]() -> awaitable<void> { ended = co_await error_of(call("x")); };
  auto client = [&]() -> awaitable<void> {
    base::TaskGroup tasks(context_.get_executor());
    tasks.spawn("ask", ask());
    while (accepted_ == 0) co_await base::sleep_for(1ms);
    co_await client_->stop();
    EXPECT_EQ(ended, asio::error::operation_aborted);
    EXPECT_EQ(co_await error_of(call("y")), asio::error::operation_aborted);
    co_await tasks.stop();
  };
  play(server(), client());
}

// Stopped while the connection is being made, at every step of making it.
TEST_F(RpcClientTest, StopAtAnyMomentLeavesNothingRunning) {
  for (int steps = 0; steps < 20; ++steps) {
    SCOPED_TRACE(steps);
    build();
    auto server = [&]() -> awaitable<void> {
      for (;;) co_await accept();
    };
    auto ask = [&]() -> awaitable<void> { co_await error_of(call("x")); };
    auto client = [&]() -> awaitable<void> {
      base::TaskGroup tasks(context_.get_executor());
      tasks.spawn("ask", ask());
      for (int i = 0; i < steps; ++i) co_await asio::post(asio::use_awaitable);
      co_await client_->stop();
      EXPECT_TRUE(tasks.empty());
      co_await tasks.stop();
    };
    play(server(), client());
    client_.reset();
  }
}

}  // namespace
}  // namespace mq::net
