#include "mq/client/admin_requests.hpp"

#include <utility>

#include "mq/client/received.hpp"

namespace mq::client {
namespace asio = boost::asio;
namespace response = protocol::response_code;

std::vector<ReceivedMessage> read_messages(const protocol::Command& answer, const std::string& broker) {
  auto decoded = decode_messages(base::bytes_of(answer.body), broker);
  if (!decoded) throw AdminError("messages cannot be decoded: " + decoded.error().message(), kNoAnswer);
  std::vector<ReceivedMessage> messages;
  for (auto& received : *decoded) messages.push_back(std::move(received.message));
  return messages;
}

asio::awaitable<protocol::Command> ask(Client::Core& core, std::string address, protocol::Command request) {
  auto answer = co_await core.rpc().call(address, std::move(request), core.rpc_deadline());
  if (!answer) throw AdminError(address + ": " + answer.error().message(), kNoAnswer);
  co_return std::move(*answer);
}

void require_success(const protocol::Command& answer) {
  if (answer.code == response::kSuccess) return;
  throw AdminError(answer.remark.empty() ? "code " + std::to_string(answer.code) : answer.remark,
                   answer.code);
}

asio::awaitable<protocol::Command> ask_for_success(Client::Core& core, std::string address,
                                                   protocol::Command request) {
  auto answer = co_await ask(core, std::move(address), std::move(request));
  require_success(answer);
  co_return answer;
}

asio::awaitable<protocol::Command> ask_name_server(Client::Core& core, protocol::Command request) {
  auto answer = co_await core.name_servers().call(std::move(request));
  if (!answer) throw AdminError("no name server answers: " + answer.error().message(), kNoAnswer);
  require_success(*answer);
  co_return std::move(*answer);
}

protocol::Command bare_request(std::int32_t code) {
  protocol::Command request;
  request.code = code;
  return request;
}

asio::awaitable<protocol::ClusterInfo> cluster(Client::Core& core) {
  const auto answer =
      co_await ask_name_server(core, bare_request(protocol::request_code::kGetBrokerClusterInfo));
  co_return read_body<protocol::ClusterInfo>(answer);
}

std::vector<std::string> masters(const std::map<std::string, protocol::BrokerData>& brokers) {
  std::vector<std::string> addresses;
  for (const auto& [name, broker] : brokers) {
    if (!broker.addresses.empty()) addresses.push_back(broker.addresses.begin()->second);
  }
  return addresses;
}

asio::awaitable<std::map<std::string, std::string>> brokers_of(Client::Core& core, std::string topic) {
  const auto route = co_await core.routes().refresh(topic);
  if (!route) throw AdminError("no name server answers: " + route.error().message(), kNoAnswer);
  if (!*route) throw AdminError("there is no topic " + topic, response::kTopicNotExist);
  std::map<std::string, std::string> addresses;
  for (const auto& broker : (*route)->brokers) {
    if (!broker.addresses.empty()) addresses[broker.broker] = broker.addresses.begin()->second;
  }
  co_return addresses;
}

asio::awaitable<std::vector<std::string>> all_masters(Client::Core& core) {
  std::vector<std::string> addresses;
  const auto info = co_await cluster(core);
  for (const auto& [name, broker] : info.brokers) {
    const auto master = broker.addresses.find(kMasterId);
    if (master == broker.addresses.end()) throw AdminError("broker has no master now: " + name, kNoAnswer);
    addresses.push_back(master->second);
  }
  co_return addresses;
}

}  // namespace mq::client
