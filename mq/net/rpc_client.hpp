#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

#include "mq/base/aio/with_deadline.hpp"
#include "mq/protocol/command.hpp"

namespace mq::net {

class TlsTrust;

struct RpcOptions {
  std::chrono::milliseconds connect_timeout{3000};
  std::size_t in_flight_max = 65'535;                 // per connection; above it call() throws
  std::size_t unsent_max = std::size_t{64} << 20;     // bytes waiting for one connection; above it likewise
  std::chrono::milliseconds idle_max{120'000};        // neither read nor write: closed, as stock clients do
  std::chrono::milliseconds write_stall_max{15'000};  // a peer that takes nothing for so long is gone
  std::shared_ptr<const TlsTrust> tls{};              // null: plain connections
};

// One TCP connection per address for everything, requests both ways (rocketmq-wire.md 9.1).
// Connections are made on first use and again after they broke.
//
// Invariant: a request is written at most once; nothing here repeats it.
// Thread rule: the executor's one thread.
class RpcClient {
 public:
  // What the server asks of us (codes 40, 39, 220 …). The answer is sent back unless the request was
  // one-way; answer code 3 for what is not supported.
  using ServerRequest =
      std::function<protocol::Command(const std::string& address, const protocol::Command&)>;
  // An open connection broke or was closed by the peer; not called for those that stop() closes.
  using Disconnected = std::function<void(const std::string& address)>;

  RpcClient(boost::asio::any_io_executor executor, RpcOptions options);
  ~RpcClient();
  RpcClient(const RpcClient&) = delete;
  RpcClient& operator=(const RpcClient&) = delete;

  void on_server_request(ServerRequest handler);
  void on_disconnected(Disconnected handler);

  // Sends and waits for the answer, whatever its code. Throws boost::system::system_error:
  // - connection_refused, host_unreachable (also when connect_timeout passed), host_not_found,
  //   errc::invalid_argument (no "host:port"), errc::message_size, no_buffer_space (a limit above): not sent;
  // - timed_out, connection_reset, operation_aborted (cancelled or stopped): the outcome is unknown.
  // opaque is filled in; an answer that comes after the deadline is dropped.
  boost::asio::awaitable<protocol::Command> call(std::string address, protocol::Command request,
                                                 base::Deadline deadline);
  // Returns when the request is handed to the socket. Throws as call() does.
  boost::asio::awaitable<void> oneway(std::string address, protocol::Command request,
                                      base::Deadline deadline);

  // Waiting calls end with operation_aborted. Nothing of the client runs when it returns.
  boost::asio::awaitable<void> stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // calls keep it until they return
};

}  // namespace mq::net
