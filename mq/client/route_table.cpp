#include "mq/client/route_table.hpp"

#include <boost/asio/error.hpp>

#include "mq/client/scope_exit.hpp"
#include "mq/protocol/bodies.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::client {
namespace asio = boost::asio;

// One question under way, shared by all who ask it. `result` stays empty when the asker was cancelled.
struct RouteTable::Question {
  std::optional<base::Result<Route>> result;
};

RouteTable::Route RouteTable::known(const std::string& topic) const {
  const auto found = routes_.find(topic);
  return found == routes_.end() ? nullptr : found->second;
}

asio::awaitable<base::Result<RouteTable::Route>> RouteTable::get(std::string topic) {
  if (auto route = known(topic)) co_return route;
  co_return co_await refresh(std::move(topic));
}

asio::awaitable<base::Result<RouteTable::Route>> RouteTable::refresh(std::string topic) {
  for (auto found = asking_.find(topic); found != asking_.end(); found = asking_.find(topic)) {
    const auto shared = found->second;
    co_await answered_.wait();
    if (shared->result) co_return *shared->result;
  }
  const auto question = std::make_shared<Question>();
  asking_.emplace(topic, question);
  const ScopeExit answered([&] {
    asking_.erase(topic);
    answered_.notify();
  });
  question->result = co_await ask(topic);
  co_return *question->result;
}

asio::awaitable<base::Result<RouteTable::Route>> RouteTable::ask(std::string topic) {
  protocol::GetRouteInfoByTopicRequest request;
  request.topic = topic;
  request.standard_json_only = true;
  auto answer = co_await name_servers_.call(protocol::make_request(request));
  const auto before = known(topic);
  if (!answer) {
    if (before) co_return before;
    co_return answer.error();
  }
  if (answer->code == protocol::response_code::kTopicNotExist) co_return before;
  if (answer->code != protocol::response_code::kSuccess) {
    if (before) co_return before;
    co_return boost::system::error_code(asio::error::try_again);
  }

  auto decoded = protocol::decode_body<protocol::TopicRouteData>(answer->body);
  if (!decoded) {
    complaints_.begin(topic, "route cannot be read topic=" + topic);
    if (before) co_return before;
    co_return decoded.error();
  }
  if (!before || *before != *decoded) {
    replace(topic, std::make_shared<const protocol::TopicRouteData>(std::move(*decoded)));
  }
  co_return known(topic);
}

void RouteTable::replace(const std::string& topic, Route route) {
  routes_[topic] = std::move(route);
  brokers_.clear();
  for (const auto& [name, known_route] : routes_) {
    for (const auto& broker : known_route->brokers) brokers_[broker.broker] = broker.addresses;
  }
  // Routes are polled one by one; of two that differ, the newest knows best where a broker is now.
  for (const auto& broker : routes_[topic]->brokers) brokers_[broker.broker] = broker.addresses;
  for (const auto& changed : changed_) changed(topic);
}

void RouteTable::hurry(const std::string& topic) {
  hurried_.insert(topic);
  hurry_.notify();
}

asio::awaitable<void> RouteTable::run() {
  auto next_poll = base::deadline_in(interval_);
  for (;;) {
    auto topics = std::exchange(hurried_, {});
    if (std::chrono::steady_clock::now() >= next_poll) {
      for (const auto& [topic, route] : routes_) topics.insert(topic);
      next_poll = base::deadline_in(interval_);
    }
    for (const auto& topic : topics) (void)co_await refresh(topic);
    if (hurried_.empty()) co_await hurry_.wait(next_poll);
  }
}

std::optional<std::string> RouteTable::master(const std::string& broker) const {
  const auto found = brokers_.find(broker);
  if (found == brokers_.end()) return std::nullopt;
  const auto address = found->second.find(kMasterId);
  if (address == found->second.end()) return std::nullopt;
  return address->second;
}

std::optional<std::string> RouteTable::address(const std::string& broker, std::int64_t id) const {
  const auto found = brokers_.find(broker);
  if (found == brokers_.end() || found->second.empty()) return std::nullopt;
  for (const auto wanted : {id, kMasterId}) {
    const auto address = found->second.find(wanted);
    if (address != found->second.end()) return address->second;
  }
  return found->second.begin()->second;
}

}  // namespace mq::client
