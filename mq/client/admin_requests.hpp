#pragma once
#include <boost/asio/awaitable.hpp>

#include <map>
#include <string>
#include <vector>

#include "mq/client/admin.hpp"
#include "mq/client/core.hpp"
#include "mq/protocol/bodies.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

// What the calls of Admin share: asking, and reading what was answered. All throw AdminError.
namespace mq::client {

template <class Body>
Body read_body(const protocol::Command& answer) {
  auto body = protocol::decode_body<Body>(answer.body);
  if (!body) throw AdminError("an answer cannot be read: " + body.error().message(), kNoAnswer);
  return std::move(*body);
}
std::vector<ReceivedMessage> read_messages(const protocol::Command& answer, const std::string& broker);

void require_success(const protocol::Command& answer);
// The answer, whatever its code.
boost::asio::awaitable<protocol::Command> ask(Client::Core& core, std::string address,
                                              protocol::Command request);
boost::asio::awaitable<protocol::Command> ask_for_success(Client::Core& core, std::string address,
                                                          protocol::Command request);
boost::asio::awaitable<protocol::Command> ask_name_server(Client::Core& core, protocol::Command request);
// A request without header fields.
protocol::Command bare_request(std::int32_t code);

boost::asio::awaitable<protocol::ClusterInfo> cluster(Client::Core& core);
// One address of each broker: its master's, which has the lowest id, or else that of its first replica.
std::vector<std::string> masters(const std::map<std::string, protocol::BrokerData>& brokers);
// The masters' addresses, to change something everywhere. Throws when a broker has none now.
boost::asio::awaitable<std::vector<std::string>> all_masters(Client::Core& core);
// Where a topic lies: broker name and address. Throws AdminError 17 when it is nowhere.
boost::asio::awaitable<std::map<std::string, std::string>> brokers_of(Client::Core& core, std::string topic);

}  // namespace mq::client
