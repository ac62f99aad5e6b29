#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

#include "mq/base/aio/with_deadline.hpp"
#include "mq/base/result.hpp"
#include "mq/client/options.hpp"
#include "mq/net/rpc_client.hpp"
#include "mq/protocol/signature.hpp"

namespace mq::client {

// The RPC client with transport errors as values: for a client of a cluster a broken connection is an
// everyday outcome with an answer (another broker, another name server, later). Only cancellation
// throws (operation_aborted). Signs each request when it was given an access key.
class Rpc {
 public:
  Rpc(net::RpcClient& client, const ClientOptions& options);

  boost::asio::awaitable<base::Result<protocol::Command>> call(std::string address, protocol::Command request,
                                                               base::Deadline deadline);
  // The error, or success when the request was handed to the socket.
  boost::asio::awaitable<boost::system::error_code> oneway(std::string address, protocol::Command request,
                                                           base::Deadline deadline);

 private:
  void sign(protocol::Command& request) const;

  net::RpcClient& client_;
  const std::string access_key_, security_token_;
  std::optional<protocol::SigningKey> key_;
};

// True when the request cannot have reached the server: there was no connection to send it on, or it was
// refused on this side. Of all other errors the outcome is unknown.
bool certainly_not_sent(const boost::system::error_code& error);

}  // namespace mq::client
