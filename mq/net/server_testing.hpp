#pragma once
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "mq/net/net_testing.hpp"
#include "mq/net/server.hpp"

namespace mq::net::testing {

inline std::string frame_of(const protocol::Command& command) {
  base::Bytes bytes;
  protocol::encode(command, bytes);
  return std::string(base::text_of(bytes));
}

inline std::string request_frame(std::int32_t opaque, std::string body, std::int32_t flag = 0) {
  protocol::Command command;
  command.code = 1000;
  command.opaque = opaque;
  command.flag = flag;
  command.body = std::move(body);
  return frame_of(command);
}

// A client that blocks, for a server on a thread of its own. Gives up after kPatience.
class BlockingClient {
 public:
  explicit BlockingClient(std::uint16_t port) : socket_(context_) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
    socket_.set_option(tcp::no_delay(true));
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }

  // False when the server closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  // The next frame; nothing when the server closed.
  std::optional<protocol::Command> receive() {
    for (;;) {
      const auto bytes = base::bytes_of(received_);
      const auto size = protocol::frame_size(bytes);
      EXPECT_TRUE(size) << "the server sends sound frames only";
      if (!size) return std::nullopt;
      if (*size && **size <= bytes.size()) {
        auto command = protocol::decode(bytes.first(**size));
        received_.erase(0, **size);
        EXPECT_TRUE(command);
        return command ? std::optional(std::move(*command)) : std::nullopt;
      }
      if (!receive_some()) return std::nullopt;
    }
  }

  // Takes whatever comes, frame or not; false when the server closed.
  bool receive_raw() { return receive_some(); }

  // True when the server closes without another byte.
  bool is_closed() { return received_.empty() && !receive_some(); }

  [[nodiscard]] tcp::endpoint local() const { return socket_.local_endpoint(); }
  void close() { socket_.close(); }

 private:
  bool receive_some() {
    std::array<char, 65536> part;
    const auto count = ::recv(socket_.native_handle(), part.data(), part.size(), 0);
    if (count < 0) EXPECT_TRUE(errno == ECONNRESET) << "errno " << errno;
    if (count <= 0) return false;
    received_.append(part.data(), static_cast<std::size_t>(count));
    return true;
  }

  asio::io_context context_;
  tcp::socket socket_;
  std::string received_;
};

// A server that echoes bodies, on a thread of its own; tests may change what it does with on_request.
class ServerTest : public ::testing::Test {
 protected:
  ~ServerTest() override { stop(); }

  void start(ServerOptions options = {}) {
    on_loop_ = std::make_unique<Loop>();
    server_ = std::make_unique<Server>(
        *on_loop_, options,
        [this](const protocol::CommandView& request, const Peer& peer, const Reply& reply) {
          on_request(request, peer, reply);
        },
        [this](const Peer& peer) { closed_.push_back(peer.connection); });
    port_ = server_->listen("127.0.0.1", 0);
    thread_ = std::jthread([this] { on_loop_->run(); });
  }

  void stop() {
    if (!on_loop_) return;
    on_loop_->stop();
    thread_ = {};
    server_.reset();
    on_loop_.reset();
  }

  // Runs `work` on the server's thread and returns what it returns.
  template <class Work>
  auto on_loop(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    asio::post(on_loop_->context(), [&task] { task(); });
    return result.get();
  }
  Server::Stats stats() {
    return on_loop([this] { return server_->stats(); });
  }
  // Waits until `condition`, on the server's thread, holds.
  template <class Condition>
  bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (on_loop(condition)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  static void echo(const protocol::CommandView& request, const Reply& reply) {
    protocol::ResponseView response;
    response.body = request.body;
    reply(response);
  }

  using OnRequest = std::function<void(const protocol::CommandView&, const Peer&, const Reply&)>;
  OnRequest on_request = [](const protocol::CommandView& request, const Peer&, const Reply& reply) {
    echo(request, reply);
  };
  std::unique_ptr<Loop> on_loop_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::vector<ConnectionKey> closed_;
  std::jthread thread_;
};

}  // namespace mq::net::testing
