#include "mq/client/heartbeats.hpp"

#include <algorithm>

#include "mq/base/assert.hpp"
#include "mq/client/scope_exit.hpp"
#include "mq/protocol/bodies.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::client {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
constexpr auto kRetryAfter = 1s;  // a broker that is down is asked no more often
}

Heartbeats::Heartbeats(asio::any_io_executor executor, Rpc& rpc, RouteTable& routes, Options options)
    : rpc_(rpc), routes_(routes), options_(std::move(options)), tasks_(std::move(executor)) {
  routes_.on_changed([this](const std::string&) { wanted_.notify(); });
}

void Heartbeats::changed() {
  ++version_;
  next_.clear();
  wanted_.notify();
}

void Heartbeats::add_producer(const std::string& group) {
  if (++producers_[group] == 1) changed();
}

void Heartbeats::remove_producer(const std::string& group) {
  const auto found = producers_.find(group);
  BASE_ASSERT(found != producers_.end(), "removed as often as added");
  if (--found->second > 0) return;
  producers_.erase(found);
  changed();
}

void Heartbeats::add_consumer(protocol::ConsumerData consumer) {
  const auto group = consumer.group;
  BASE_ASSERT(consumers_.emplace(group, std::move(consumer)).second, "one consumer of a group per client");
  changed();
}

void Heartbeats::remove_consumer(const std::string& group) {
  if (consumers_.erase(group) > 0) changed();
}

void Heartbeats::forget(const std::string& address) {
  if (told_.erase(address) > 0) wanted_.notify();
}

// Masters matter to producers; consumers may read from any replica.
std::set<std::string> Heartbeats::targets() const {
  std::set<std::string> addresses;
  if (producers_.empty() && consumers_.empty()) return addresses;
  for (const auto& [broker, by_id] : routes_.brokers()) {
    for (const auto& [id, address] : by_id) {
      if (id == kMasterId || !consumers_.empty()) addresses.insert(address);
    }
  }
  return addresses;
}

bool Heartbeats::is_told(const std::string& address) const {
  const auto found = told_.find(address);
  return found != told_.end() && found->second == version_;
}

std::string Heartbeats::body() const {
  protocol::HeartbeatData data;
  data.client_id = options_.client_id;
  for (const auto& [group, consumer] : consumers_) data.consumers.push_back(consumer);
  for (const auto& [group, uses] : producers_) data.producers.push_back({group});
  return protocol::encode_body(data);
}

void Heartbeats::start(const std::string& address) {
  if (beating_.contains(address)) return;
  beating_.insert(address);
  tasks_.spawn("heartbeat " + address, beat(address));
}

asio::awaitable<void> Heartbeats::beat(std::string address) {
  const ScopeExit finished([&] {
    beating_.erase(address);
    finished_.notify();
    wanted_.notify();
  });
  for (auto sent = version_ - 1; sent != version_;) {
    sent = version_;
    next_[address] = base::deadline_in(kRetryAfter);
    protocol::Command request;
    request.code = protocol::request_code::kHeartBeat;
    request.body = body();
    const auto answer = co_await rpc_.call(address, std::move(request), base::deadline_in(options_.timeout));
    if (answer && answer->code == protocol::response_code::kSuccess) {
      told_[address] = sent;
      complaints_.end(address, "broker takes heartbeats again address=" + address);
      continue;
    }
    told_.erase(address);
    complaints_.begin(address, "broker does not take heartbeats address=" + address + " error=" +
                                   base::log_quoted(answer ? answer->remark : answer.error().message()));
    co_return;
  }
}

asio::awaitable<void> Heartbeats::catch_up() {
  std::set<std::string> addresses;
  for (const auto& address : targets()) {
    if (is_told(address)) continue;
    addresses.insert(address);
    start(address);
  }
  const auto is_beating = [&](const std::string& address) { return beating_.contains(address); };
  while (std::ranges::any_of(addresses, is_beating)) co_await finished_.wait();
}

asio::awaitable<void> Heartbeats::run() {
  auto next_round = base::deadline_in(options_.interval);
  for (;;) {
    auto wake = next_round;
    if (std::chrono::steady_clock::now() >= next_round) {
      for (const auto& address : targets()) start(address);
      wake = next_round = base::deadline_in(options_.interval);
    }
    for (const auto& address : targets()) {
      if (is_told(address) || beating_.contains(address)) continue;
      const auto due = next_[address];
      if (due <= std::chrono::steady_clock::now()) {
        start(address);
      } else {
        wake = std::min(wake, due);
      }
    }
    co_await wanted_.wait(wake);
  }
}

asio::awaitable<void> Heartbeats::unregister(std::string producer_group, std::string consumer_group,
                                             base::Deadline deadline) {
  protocol::UnregisterClientRequest request;
  request.client_id = options_.client_id;
  request.producer_group = std::move(producer_group);
  request.consumer_group = std::move(consumer_group);
  const auto command = protocol::make_request(request);
  // A heartbeat on its way still names the group; arriving after this request it would bring it back.
  while (!beating_.empty() && std::chrono::steady_clock::now() < deadline) co_await finished_.wait(deadline);
  const auto left = std::make_shared<std::size_t>(told_.size());
  for (const auto& [address, version] : told_) {
    tasks_.spawn("unregister " + address, unregister_at(address, command, deadline, left));
  }
  while (*left > 0) co_await finished_.wait();
}

asio::awaitable<void> Heartbeats::unregister_at(std::string address, protocol::Command request,
                                                base::Deadline deadline, std::shared_ptr<std::size_t> left) {
  const ScopeExit finished([&] {
    --*left;
    finished_.notify();
  });
  const auto answer = co_await rpc_.call(address, std::move(request), deadline);
  if (!answer) {
    base::log("mq.client")
        ->info("broker was not told of the leaving client address={} error={}", address,
               base::log_quoted(answer.error().message()));
  }
}

}  // namespace mq::client
