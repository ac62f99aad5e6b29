#include "mq/net/rpc_stream.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

#include "mq/base/log.hpp"
#include "mq/net/connect.hpp"
#include "mq/net/tls.hpp"

namespace mq::net {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;

struct TlsTrust::Context {
  asio::ssl::context ssl{asio::ssl::context::tls_client};
};

TlsTrust::TlsTrust(const std::filesystem::path& authorities) : context_(std::make_unique<Context>()) {
  auto& ssl = context_->ssl;
  SSL_CTX_set_min_proto_version(ssl.native_handle(), TLS1_2_VERSION);
  if (authorities.empty()) return;
  error_code failed;
  ssl.load_verify_file(authorities.string(), failed);
  if (failed) {
    throw TlsError("the authorities in " + authorities.string() + " cannot be used (" + failed.message() +
                   ")");
  }
  ssl.set_verify_mode(asio::ssl::verify_peer);
}
TlsTrust::~TlsTrust() = default;

struct RpcStream::Parts {
  Parts(const asio::any_io_executor& executor, std::shared_ptr<const TlsTrust> trusted)
      : socket(executor), trust(std::move(trusted)) {
    if (trust) tls.emplace(socket, trust->context().ssl);
  }
  tcp::socket socket;
  std::shared_ptr<const TlsTrust> trust;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
};

RpcStream::RpcStream(const asio::any_io_executor& executor, std::shared_ptr<const TlsTrust> tls)
    : parts_(std::make_unique<Parts>(executor, std::move(tls))) {}
RpcStream::~RpcStream() = default;

asio::awaitable<void> RpcStream::connect(std::string host, std::uint16_t port) {
  co_await net::connect(parts_->socket, host, port);
  if (!parts_->tls) co_return;
  try {
    co_await parts_->tls->async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  } catch (const system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) throw;
    base::log("rpc")->warn("no TLS with the server address={} reason={}", host + ":" + std::to_string(port),
                           base::log_quoted(failure.code().message()));
    throw system_error(asio::error::connection_refused);
  }
}

asio::awaitable<std::size_t> RpcStream::read_some(asio::mutable_buffer into) {
  if (parts_->tls) return parts_->tls->async_read_some(into, asio::use_awaitable);
  return parts_->socket.async_read_some(into, asio::use_awaitable);
}

asio::awaitable<std::size_t> RpcStream::write_some(asio::const_buffer from) {
  if (parts_->tls) return parts_->tls->async_write_some(from, asio::use_awaitable);
  return parts_->socket.async_write_some(from, asio::use_awaitable);
}

int RpcStream::native_handle() { return parts_->socket.native_handle(); }

void RpcStream::close() {
  error_code ignored;
  parts_->socket.close(ignored);
}

}  // namespace mq::net
