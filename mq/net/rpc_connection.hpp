#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>

#include "mq/net/rpc_client.hpp"
#include "mq/net/rpc_stream.hpp"

namespace mq::net {

// Somebody waits: for the answer to one request, or for a one-way request to leave. Lives in the waiting
// coroutine and must be taken off the connection before it dies.
struct RpcWait {
  explicit RpcWait(const boost::asio::any_io_executor& executor, base::Deadline deadline)
      : timer(executor, deadline) {}
  // The timer is the event: cancelled when `done` turns true.
  void finish(boost::system::error_code with) {
    if (done) return;
    done = true;
    error = with;
    timer.cancel();
  }

  boost::asio::steady_timer timer;
  bool done = false;
  boost::system::error_code error;
  protocol::Command answer;
  std::uint64_t end = 0;  // of a one-way request: done when so many bytes were written
};

// One TCP connection of the client: frames out, frames in, who waits for which answer. Requests may be added
// before it is connected; they leave, in order and together, when it is.
//
// Invariant: once closed() it holds no waiter, and every waiter it held was finished.
// Thread rule: the executor's one thread.
class RpcConnection {
 public:
  RpcConnection(const boost::asio::any_io_executor& executor, std::string address, const RpcOptions& options);

  // The three tasks of a connection; each ends when it closes. connect() first.
  boost::asio::awaitable<void> connect();
  boost::asio::awaitable<void> read(const RpcClient::ServerRequest& serve);
  boost::asio::awaitable<void> write();
  boost::asio::awaitable<void> watch();

  // Queues a request and enters its waiter. Throws no_buffer_space, errc::message_size, or why it closed.
  // The opaque it went out with is the key for forget().
  std::int32_t call(protocol::Command& request, RpcWait& wait);
  void forget(std::int32_t opaque) { calls_.erase(opaque); }
  void oneway(protocol::Command& request, RpcWait& wait);
  void forget(RpcWait& wait) { departures_.remove(&wait); }

  // Ends all tasks and fails everybody who waits.
  void close(boost::system::error_code why);

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::int32_t next_opaque();
  void enqueue(const protocol::Command& command);
  bool consume(const RpcClient::ServerRequest& serve);
  void receive(protocol::Command command, const RpcClient::ServerRequest& serve);
  void departed(std::size_t bytes);

  const std::string address_;
  const RpcOptions options_;
  RpcStream stream_;
  boost::asio::steady_timer writable_;  // cancelled when there is something to write, or on close
  boost::asio::steady_timer watchdog_;

  base::Bytes unsent_;
  base::Bytes sending_;  // what the writer is at
  base::Bytes inbox_;    // its first inbox_used_ bytes are what came and is not a whole frame yet
  std::size_t inbox_used_ = 0;
  std::unordered_map<std::int32_t, RpcWait*> calls_;
  std::list<RpcWait*> departures_;
  std::uint64_t queued_ = 0;  // bytes ever
  std::uint64_t written_ = 0;
  std::int32_t last_opaque_ = 0;
  Clock::time_point active_;         // last read or write
  Clock::time_point sending_since_;  // valid while sending_ has bytes
  bool connected_ = false;
  bool closed_ = false;
  boost::system::error_code closed_for_;
};

}  // namespace mq::net
