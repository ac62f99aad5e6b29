#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "mq/net/net_testing.hpp"
#include "mq/net/rpc_client.hpp"
#include "mq/net/server_testing.hpp"

// For the tests of this folder only.
namespace mq::net::testing {
using asio::awaitable;
using boost::system::error_code;
using boost::system::system_error;
using protocol::Command;

inline Command request(std::string body) {
  Command command;
  command.code = 10;
  command.body = std::move(body);
  return command;
}

// Plays a server by hand on the same thread, frame by frame.
class RpcClientTest : public ::testing::Test {
 protected:
  RpcClientTest() : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {}

  void build(RpcOptions options = {}) {
    client_ = std::make_unique<RpcClient>(context_.get_executor(), options);
    client_->on_disconnected([this](const std::string& address) { disconnected_.push_back(address); });
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

  awaitable<tcp::socket> accept() {
    auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
    ++accepted_;
    co_return socket;
  }
  static awaitable<Command> hear(tcp::socket& socket) {
    auto bytes = co_await read_exactly(socket, 8);
    const auto size = protocol::frame_size(base::bytes_of(bytes)).value().value();
    bytes += co_await read_exactly(socket, size - 8);
    co_return protocol::decode(base::bytes_of(bytes)).value();
  }
  static awaitable<void> answer(tcp::socket& socket, const Command& asked, std::string body) {
    Command command;
    command.opaque = asked.opaque;
    command.flag = protocol::kResponseFlag;
    command.body = std::move(body);
    co_await put(socket, frame_of(command));
  }

  awaitable<std::string> call(std::string body, std::chrono::milliseconds budget = std::chrono::seconds(20)) {
    const auto answered =
        co_await client_->call(address(), request(std::move(body)), base::deadline_in(budget));
    co_return answered.body;
  }
  awaitable<error_code> error_of(awaitable<std::string> call) {
    try {
      co_await std::move(call);
    } catch (const system_error& e) {
      co_return e.code();
    }
    co_return error_code{};
  }

  // Runs the server's part beside the client's until the latter ends, then stops the client.
  void play(awaitable<void> server, awaitable<void> client) {
    auto both = [&]() -> awaitable<void> {
      base::TaskGroup tasks(context_.get_executor());
      tasks.spawn("server", std::move(server));
      std::exception_ptr failure;
      try {
        co_await std::move(client);
      } catch (...) {
        failure = std::current_exception();
      }
      co_await client_->stop();
      co_await tasks.stop();
      if (failure) std::rethrow_exception(failure);
    };
    run(context_, both());
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::unique_ptr<RpcClient> client_;
  int accepted_ = 0;
  std::vector<std::string> disconnected_;
};

}  // namespace mq::net::testing
