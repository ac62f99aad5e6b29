#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace mq::net {

// Which servers a client that speaks TLS believes. With a file of authorities (PEM) a server must show a
// certificate that one of them signed; without one any certificate will do, as for stock clients, and only
// those who listen are kept out, not those who pretend. Names are not compared: routes name brokers by
// address.
//
// Thread rule: any thread; connections keep it alive.
class TlsTrust {
 public:
  explicit TlsTrust(const std::filesystem::path& authorities = {});  // throws TlsError
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

  struct Context;
  [[nodiscard]] Context& context() const { return *context_; }

 private:
  std::unique_ptr<Context> context_;
};

// The bytes of one connection of the RPC client, plain or in TLS. One read and one write at a time.
//
// Errors are boost::system::system_error. Thread rule: the executor's one thread.
class RpcStream {
 public:
  RpcStream(const boost::asio::any_io_executor& executor, std::shared_ptr<const TlsTrust> tls);
  ~RpcStream();
  RpcStream(const RpcStream&) = delete;
  RpcStream& operator=(const RpcStream&) = delete;

  // With the handshake, whose failure is asio's connection_refused, its reason in the log: nothing was sent
  // then.
  boost::asio::awaitable<void> connect(std::string host, std::uint16_t port);
  boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer into);
  boost::asio::awaitable<std::size_t> write_some(boost::asio::const_buffer from);
  [[nodiscard]] int native_handle();
  void close();  // what waits ends with operation_aborted

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mq::net
