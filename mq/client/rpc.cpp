#include "mq/client/rpc.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace mq::client {
namespace asio = boost::asio;

Rpc::Rpc(net::RpcClient& client, const ClientOptions& options)
    : client_(client), access_key_(options.access_key), security_token_(options.security_token) {
  if (!access_key_.empty()) key_.emplace(options.secret_key);
}

void Rpc::sign(protocol::Command& request) const {
  if (!key_) return;
  if (!security_token_.empty()) request.set(protocol::kSecurityTokenField, security_token_);
  protocol::sign(request, access_key_, *key_);
}

asio::awaitable<base::Result<protocol::Command>> Rpc::call(std::string address, protocol::Command request,
                                                           base::Deadline deadline) {
  sign(request);
  try {
    co_return co_await client_.call(std::move(address), std::move(request), deadline);
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) throw;
    co_return failure.code();
  }
}

asio::awaitable<boost::system::error_code> Rpc::oneway(std::string address, protocol::Command request,
                                                       base::Deadline deadline) {
  sign(request);
  try {
    co_await client_.oneway(std::move(address), std::move(request), deadline);
    co_return boost::system::error_code{};
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) throw;
    co_return failure.code();
  }
}

bool certainly_not_sent(const boost::system::error_code& error) {
  return error == asio::error::connection_refused || error == asio::error::host_unreachable ||
         error == asio::error::network_unreachable || error == asio::error::host_not_found ||
         error == asio::error::host_not_found_try_again || error == asio::error::no_buffer_space ||
         error == asio::error::message_size || error == asio::error::invalid_argument;
}

}  // namespace mq::client
