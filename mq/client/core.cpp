#include "mq/client/core.hpp"

#include <unistd.h>

#include <algorithm>

#include "mq/client/identity.hpp"
#include "mq/net/rpc_stream.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::client {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
// A dead address must not use up the time that another broker could answer in.
std::chrono::milliseconds connect_timeout(const ClientOptions& options) {
  return std::min<std::chrono::milliseconds>(options.rpc_timeout, 1s);
}

const std::string& any_name_server(const ClientOptions& options) {
  static const std::string kNone;
  return options.name_servers.empty() ? kNone : options.name_servers.front();
}

std::shared_ptr<const net::TlsTrust> trust_of(const ClientOptions& options) {
  if (!options.tls) return nullptr;
  return std::make_shared<const net::TlsTrust>(options.tls_authorities);
}

UniqueIds::Origin origin(const ClientOptions& options, const void* self) {
  UniqueIds::Origin origin;
  origin.ip = local_address_towards(any_name_server(options));
  origin.process = static_cast<std::uint16_t>(::getpid());
  // Tells two clients of one process apart, and a process from an earlier one that had its pid.
  const auto start = std::chrono::steady_clock::now().time_since_epoch().count();
  origin.generator = static_cast<std::uint32_t>(start ^ reinterpret_cast<std::intptr_t>(self));
  return origin;
}
}  // namespace

Client::Core::Core(asio::any_io_executor executor, ClientOptions options)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      clock_(options_.clock != nullptr ? *options_.clock : system_clock_),
      id_(make_client_id(local_address_towards(any_name_server(options_)), options_.instance)),
      unique_ids_(origin(options_, this), clock_),
      connections_(executor_,
                   net::RpcOptions{.connect_timeout = connect_timeout(options_), .tls = trust_of(options_)}),
      rpc_(connections_, options_),
      name_servers_(rpc_, options_.name_servers, options_.rpc_timeout),
      routes_(name_servers_, options_.route_interval),
      heartbeats_(executor_, rpc_, routes_, {id_, options_.heartbeat_interval, options_.rpc_timeout}),
      tasks_(executor_) {
  connections_.on_server_request(
      [this](const std::string&, const protocol::Command& request) { return on_server_request(request); });
  connections_.on_disconnected([this](const std::string& address) {
    heartbeats_.forget(address);
    for (const auto& [group, listener] : listeners_) listener.disconnected();
  });
  routes_.on_changed([this](const std::string&) {
    for (const auto& [group, listener] : listeners_) listener.changed();
  });
  tasks_.spawn("routes", routes_.run());
  tasks_.spawn("heartbeats", heartbeats_.run());
}

asio::awaitable<void> Client::Core::stop() {
  co_await tasks_.stop();
  co_await heartbeats_.stop();
  co_await connections_.stop();
}

void Client::Core::listen(const std::string& group, GroupListener listener) {
  listeners_[group] = std::move(listener);
}
void Client::Core::stop_listening(const std::string& group) { listeners_.erase(group); }

protocol::Command Client::Core::on_server_request(const protocol::Command& request) {
  protocol::Command answer;
  const auto group = request.find("consumerGroup");
  const auto listener = group ? listeners_.find(std::string(*group)) : listeners_.end();
  if (listener != listeners_.end()) {
    if (request.code == protocol::request_code::kNotifyConsumerIdsChanged) {
      listener->second.changed();
      return answer;
    }
    if (request.code == protocol::request_code::kGetConsumerRunningInfo) {
      answer.body = listener->second.running_info();
      return answer;
    }
  }
  answer.code = protocol::response_code::kRequestCodeNotSupported;
  answer.remark = "request type " + std::to_string(request.code) + " not supported";
  return answer;
}

Client::Client(asio::any_io_executor executor, ClientOptions options)
    : core_(std::make_unique<Core>(std::move(executor), std::move(options))) {}
Client::~Client() = default;

const std::string& Client::id() const { return core_->id(); }
asio::any_io_executor Client::executor() const { return core_->executor(); }
asio::awaitable<void> Client::stop() { return core_->stop(); }

}  // namespace mq::client
