#include "mq/net/rpc_client.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "mq/net/rpc_testing.hpp"

namespace mq::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;
using boost::system::system_error;
using namespace std::chrono_literals;
using protocol::Command;
using testing::request;
using testing::RpcClientTest;

TEST_F(RpcClientTest, ACallReturnsItsAnswerWhateverItsCode) {
  build();
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    const auto asked = co_await hear(socket);
    Command refusal;
    refusal.code = 17;
    refusal.remark = "no such topic";
    refusal.opaque = asked.opaque;
    refusal.flag = protocol::kResponseFlag;
    co_await testing::put(socket, testing::frame_of(refusal));
    co_await testing::read_all(socket);
  };
  auto client = [&]() -> awaitable<void> {
    const auto got = co_await client_->call(address(), request("x"), base::deadline_in(20s));
    EXPECT_EQ(got.code, 17);
    EXPECT_EQ(got.remark, "no such topic");
  };
  play(server(), client());
  EXPECT_TRUE(disconnected_.empty()) << "stop() is not a loss";
}

TEST_F(RpcClientTest, ConcurrentCallsShareOneConnectionAndMayBeAnsweredInAnyOrder) {
  build();
  constexpr int kCalls = 200;
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    std::vector<Command> asked;
    for (int i = 0; i < kCalls; ++i) asked.push_back(co_await hear(socket));
    std::ranges::reverse(asked);
    for (const auto& one : asked) co_await answer(socket, one, "re: " + one.body);
    co_await testing::read_all(socket);
  };
  int answered = 0;
  auto ask = [&](int n) -> awaitable<void> {
    const auto text = std::to_string(n);
    EXPECT_EQ(co_await call(text), "re: " + text);
    ++answered;
  };
  auto client = [&]() -> awaitable<void> {
    base::TaskGroup tasks(context_.get_executor());
    for (int i = 0; i < kCalls; ++i) tasks.spawn("ask", ask(i));
    while (answered < kCalls) co_await base::sleep_for(1ms);
    co_await tasks.stop();
  };
  play(server(), client());
  EXPECT_EQ(accepted_, 1);
}

TEST_F(RpcClientTest, ALateAnswerIsDroppedAndTheConnectionGoesOn) {
  build();
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    const auto first = co_await hear(socket);
    const auto second = co_await hear(socket);
    co_await answer(socket, first, "late");
    co_await answer(socket, second, "in time");
    co_await testing::read_all(socket);
  };
  auto client = [&]() -> awaitable<void> {
    EXPECT_EQ(co_await error_of(call("1", 50ms)), asio::error::timed_out);
    EXPECT_EQ(co_await call("2"), "in time");
  };
  play(server(), client());
  EXPECT_EQ(accepted_, 1);
}

TEST_F(RpcClientTest, ACancelledCallEndsAtOnceAndItsAnswerIsDropped) {
  build();
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    const auto first = co_await hear(socket);
    const auto second = co_await hear(socket);
    co_await answer(socket, first, "to nobody");
    co_await answer(socket, second, "ok");
    co_await testing::read_all(socket);
  };
  error_code ended;
  auto doomed = [&]() -> awaitable<void> { ended = co_await error_of(call("1")); };
  auto client = [&]() -> awaitable<void> {
    base::TaskGroup tasks(context_.get_executor());
    tasks.spawn("doomed", doomed());
    while (accepted_ == 0) co_await base::sleep_for(1ms);
    co_await tasks.stop();
    EXPECT_EQ(co_await call("2"), "ok");
  };
  play(server(), client());
  EXPECT_EQ(ended, asio::error::operation_aborted);
}

TEST_F(RpcClientTest, RequestsOfTheServerAreAnsweredUnlessOneWay) {
  build();
  std::vector<std::int32_t> heard;
  client_->on_server_request([&](const std::string& from, const Command& asked) {
    EXPECT_EQ(from, address());
    heard.push_back(asked.code);
    if (asked.code == 500) throw std::runtime_error("broken handler");
    Command reply;
    reply.code = asked.code == 220 ? 0 : 3;
    reply.body = "re: " + asked.body;
    return reply;
  });
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    const auto asked = co_await hear(socket);
    Command notify;
    notify.code = 40;
    notify.flag = protocol::kOnewayFlag;
    co_await testing::put(socket, testing::frame_of(notify));
    Command reset;
    reset.code = 220;
    reset.opaque = asked.opaque;  // its own space: not to be taken for the call's
    reset.body = "offsets";
    co_await testing::put(socket, testing::frame_of(reset));
    const auto reply = co_await hear(socket);
    EXPECT_TRUE(reply.is_response());
    EXPECT_EQ(reply.opaque, asked.opaque);
    EXPECT_EQ(reply.body, "re: offsets");
    reset.code = 500;
    co_await testing::put(socket, testing::frame_of(reset));
    EXPECT_EQ((co_await hear(socket)).code, 1);
    co_await answer(socket, asked, "done");
    co_await testing::read_all(socket);
  };
  auto client = [&]() -> awaitable<void> { EXPECT_EQ(co_await call("1"), "done"); };
  play(server(), client());
  EXPECT_EQ(heard, (std::vector<std::int32_t>{40, 220, 500}));
}

TEST_F(RpcClientTest, WithoutAHandlerServerRequestsAreNotSupported) {
  build();
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    const auto asked = co_await hear(socket);
    co_await testing::put(socket, testing::request_frame(9, "x"));
    EXPECT_EQ((co_await hear(socket)).code, 3);
    co_await answer(socket, asked, "done");
    co_await testing::read_all(socket);
  };
  auto client = [&]() -> awaitable<void> { EXPECT_EQ(co_await call("1"), "done"); };
  play(server(), client());
}

TEST_F(RpcClientTest, AOneWayRequestReturnsWhenItHasLeft) {
  build();
  Command heard;
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    heard = co_await hear(socket);
    co_await testing::read_all(socket);
  };
  auto client = [&]() -> awaitable<void> {
    co_await client_->oneway(address(), request("gone"), base::deadline_in(20s));
    while (heard.body.empty()) co_await base::sleep_for(1ms);
  };
  play(server(), client());
  EXPECT_EQ(heard.body, "gone");
  EXPECT_TRUE(heard.is_oneway());
}

// The real server on its own thread: 64 callers, each 200 calls one after the other.
TEST_F(RpcClientTest, CallsToOurServer) {
  Loop loop;
  Server served(loop, {},
                [](const protocol::CommandView& asked, const Peer&, const Reply& reply) {
                  protocol::ResponseView response;
                  response.body = asked.body;
                  reply(response);
                },
                {});
  const auto there = "127.0.0.1:" + std::to_string(served.listen("127.0.0.1", 0));
  std::jthread thread([&] { loop.run(); });
  build();
  int answered = 0;
  auto caller = [&](int n) -> awaitable<void> {
    for (int i = 0; i < 200; ++i) {
      const auto text = std::to_string(n * 1000 + i);
      const auto got = co_await client_->call(there, request(text), base::deadline_in(20s));
      EXPECT_EQ(got.body, text);
      ++answered;
    }
  };
  auto server = []() -> awaitable<void> { co_return; };
  auto client = [&]() -> awaitable<void> {
    base::TaskGroup tasks(context_.get_executor());
    for (int n = 0; n < 64; ++n) tasks.spawn("caller", caller(n));
    while (!tasks.empty()) co_await base::sleep_for(1ms);
  };
  play(server(), client());
  loop.stop();
  thread.join();
  EXPECT_EQ(answered, 64 * 200);
}

}  // namespace
}  // namespace mq::net
