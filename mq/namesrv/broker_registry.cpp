#include "mq/namesrv/broker_registry.hpp"

#include <algorithm>

#include "mq/base/log.hpp"
#include "mq/model/names.hpp"

namespace mq::namesrv {
namespace {

using protocol::DataVersion;
using protocol::RegisterBrokerBody;
using protocol::RegisterBrokerRequest;
using std::chrono::milliseconds;

constexpr std::size_t kAddressMax = 255;
constexpr std::size_t kNameMax = 255;
constexpr std::chrono::seconds kComplaintPause{1};
constexpr milliseconds kExpiryMin{1000};
constexpr milliseconds kExpiryMax{3'600'000};
constexpr std::int32_t kQueuesMax = 100'000;

// "host:port". The Go client cuts routes at ',' and ':' and looks for quotes; nothing of that may be in it.
bool is_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || text.size() > kAddressMax) return false;
  const auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto in_host = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_';
  };
  return std::ranges::all_of(host, in_host) && !port.empty() && port.size() <= 5 &&
         std::ranges::all_of(port, is_digit);
}

// Genuine brokers are named after their machines unless told otherwise, and a topic after each: more
// letters than topics of clients have, but nothing that breaks a route's text.
bool is_route_name(std::string_view text) {
  static constexpr std::string_view kBreaking = "\"\\,:;{}[]";
  return !text.empty() && text.size() <= kNameMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127 && !kBreaking.contains(c); });
}

void take_writing(BrokerRegistry::Broker& broker) {
  for (auto& [topic, queues] : broker.topics) queues.perm &= ~perm::kWrite;
}

bool are_queues(const protocol::TopicConfig& topic) {
  const auto in_range = [](std::int32_t count) { return count >= 0 && count <= kQueuesMax; };
  return in_range(topic.read_queues) && in_range(topic.write_queues);
}

protocol::QueueData queues_of(const std::string& broker, const protocol::TopicConfig& topic) {
  return {broker, topic.perm, topic.read_queues, topic.topic_sys_flag, topic.write_queues};
}

}  // namespace

std::string BrokerRegistry::refusal(const RegisterBrokerRequest& request,
                                    const RegisterBrokerBody& body) const {
  const auto& who = request.who;
  if (!is_route_name(who.broker) || !is_route_name(who.cluster)) {
    return "brokerName and clusterName must be 1 to 255 visible characters without quotes, commas or colons";
  }
  if (!is_address(who.address)) return "brokerAddr must be host:port";
  if (!request.ha_address.empty() && !is_address(request.ha_address)) return "haServerAddr must be host:port";
  if (who.id < 0) return "brokerId must not be negative";
  if (request.zone && request.zone->size() > kAddressMax) return "the zone's name is too long";
  const auto broker = brokers_.find(who.broker);
  const bool known = broker != brokers_.end() && broker->second.addresses.contains(who.id);
  if (broker != brokers_.end() && broker->second.cluster != who.cluster) {
    return "broker " + who.broker + " is registered in cluster " + broker->second.cluster;
  }
  if (!live_.contains({who.cluster, who.address}) && live_.size() >= options_.brokers_max) {
    return "this name server keeps at most " + std::to_string(options_.brokers_max) + " brokers";
  }
  // A change that comes before the whole: the broker would be there without its other topics.
  if (!known && body.topics.topics.size() == 1) return "register broker failed";
  for (const auto& [name, topic] : body.topics.topics) {
    if (!is_route_name(name) || !are_queues(topic))
      return "topic " + name.substr(0, kAddressMax) + " makes no sense";
  }
  const auto here = known ? broker->second.topics.size() : 0;
  if (topics_ - here + std::max(here, body.topics.topics.size()) > options_.topics_max) {
    return "this name server keeps at most " + std::to_string(options_.topics_max) + " topics of all brokers";
  }
  return {};
}

// Somebody else is this broker id already, and in a later state of its group.
bool BrokerRegistry::is_overruled(const RegisterBrokerRequest& request, const DataVersion& version) const {
  const auto broker = brokers_.find(request.who.broker);
  if (broker == brokers_.end()) return false;
  const auto address = broker->second.addresses.find(request.who.id);
  if (address == broker->second.addresses.end() || address->second == request.who.address) return false;
  const auto live = live_.find({request.who.cluster, address->second});
  return live != live_.end() && live->second.version.state_version > version.state_version;
}

// Once a second at most: a broker that is refused comes again and again.
void BrokerRegistry::complain(const protocol::BrokerIdentity& who, const std::string& why, Now now) {
  if (complained_ && now - *complained_ < kComplaintPause) return;
  complained_ = now;
  base::log("namesrv")->warn("registration refused broker={} address={} reason={}",
                             base::log_quoted(who.broker), base::log_quoted(who.address),
                             base::log_quoted(why));
}

BrokerRegistry::Outcome BrokerRegistry::enroll(const RegisterBrokerRequest& request,
                                               const RegisterBrokerBody& body, std::size_t body_hash,
                                               net::ConnectionKey connection, Now now) {
  const auto& who = request.who;
  const auto& version = body.topics.data_version;
  if (auto why = refusal(request, body); !why.empty()) {
    complain(who, why, now);
    return {std::move(why), {}};
  }
  if (is_overruled(request, version)) {
    live_.erase({who.cluster, who.address});
    return {};
  }
  auto& broker = brokers_[who.broker];
  broker.cluster = who.cluster;
  broker.enable_acting_master = request.enable_acting_master.value_or(false);
  broker.zone = request.zone;
  // A slave that became the master: the same address has one id.
  std::erase_if(broker.addresses,
                [&](const auto& row) { return row.second == who.address && row.first != who.id; });
  auto& address = broker.addresses[who.id];
  const bool first = address.empty();
  if (!first && address != who.address) live_.erase({who.cluster, address});
  address = who.address;

  const auto before = live_.find({who.cluster, who.address});
  const bool changed = first || before == live_.end() || before->second.version != version;
  const bool prime_slave =
      request.enable_acting_master.has_value() && who.id == broker.addresses.begin()->first;
  if (who.id == 0 || prime_slave) apply_topics(broker, who.broker, body, changed);
  if (before == live_.end()) {
    base::log("namesrv")->info("broker registered broker={} id={} address={} cluster={} topics={}",
                               who.broker, who.id, who.address, who.cluster, broker.topics.size());
  }
  const auto expiry = request.expiry_ms ? std::clamp(milliseconds{*request.expiry_ms}, kExpiryMin, kExpiryMax)
                                        : options_.expiry;
  live_.insert_or_assign({who.cluster, who.address},
                         Live{who.broker, version, request.ha_address, connection, now, expiry, body_hash});
  return {{}, master_of(broker, who.id)};
}

void BrokerRegistry::apply_topics(Broker& broker, const std::string& name, const RegisterBrokerBody& body,
                                  bool changed) {
  auto& topics = broker.topics;
  const auto before = topics.size();
  const auto& named = body.topics.topics;
  if (options_.delete_absent_topics) {
    std::erase_if(topics, [&](const auto& row) { return !named.contains(row.first); });
  }
  for (const auto& [topic, config] : named) {
    if (changed || !topics.contains(topic)) topics.insert_or_assign(topic, queues_of(name, config));
  }
  topics_ = topics_ - before + topics.size();
}

protocol::RegisterBrokerResponse BrokerRegistry::master_of(const Broker& broker, std::int64_t id) const {
  const auto master = broker.addresses.find(0);
  if (id == 0 || master == broker.addresses.end()) return {};
  const auto live = live_.find({broker.cluster, master->second});
  if (live == live_.end()) return {};
  return {live->second.ha_address, master->second};
}

bool BrokerRegistry::enroll_again(const RegisterBrokerRequest& request, std::size_t body_hash,
                                  net::ConnectionKey connection, Now now) {
  auto* live = find(request.who.cluster, request.who.address);
  if (live == nullptr || live->body != body_hash || body_hash == 0 || live->connection != connection)
    return false;
  const auto broker = brokers_.find(live->broker);
  if (request.who.broker != live->broker || broker == brokers_.end()) return false;
  const auto address = broker->second.addresses.find(request.who.id);
  // Slaves are told about their master each time; that is the long way.
  if (request.who.id != 0 || address == broker->second.addresses.end() ||
      address->second != request.who.address) {
    return false;
  }
  live->seen = now;
  return true;
}

void BrokerRegistry::drop(std::map<Key, Live>::iterator live) {
  const auto [name, address] = std::pair(live->second.broker, live->first.second);
  live_.erase(live);
  const auto broker = brokers_.find(name);
  if (broker == brokers_.end()) return;
  std::erase_if(broker->second.addresses, [&](const auto& row) { return row.second == address; });
  base::log("namesrv")->info("broker gone broker={} address={} left={}", name, address,
                             broker->second.addresses.size());
  const auto& left = broker->second.addresses;
  if (!left.empty()) {
    // Slaves that act for a master that is gone serve reads.
    if (broker->second.enable_acting_master && left.begin()->first > 0) take_writing(broker->second);
    return;
  }
  topics_ -= broker->second.topics.size();
  brokers_.erase(broker);
}

void BrokerRegistry::remove(const protocol::BrokerIdentity& who) {
  const auto live = live_.find({who.cluster, who.address});
  if (live != live_.end() && live->second.broker == who.broker) drop(live);
}

BrokerRegistry::Live* BrokerRegistry::find(std::string_view cluster, std::string_view address) {
  const auto found = live_.find({std::string(cluster), std::string(address)});
  return found == live_.end() ? nullptr : &found->second;
}

void BrokerRegistry::touch(std::string_view cluster, std::string_view address, Now now) {
  if (auto* live = find(cluster, address)) live->seen = now;
}

const DataVersion* BrokerRegistry::version_of(std::string_view cluster, std::string_view address) const {
  const auto found = live_.find({std::string(cluster), std::string(address)});
  return found == live_.end() ? nullptr : &found->second.version;
}

void BrokerRegistry::closed(net::ConnectionKey connection) {
  for (auto live = live_.begin(); live != live_.end();) {
    const auto here = live++;
    if (here->second.connection == connection) drop(here);
  }
}

std::vector<net::ConnectionKey> BrokerRegistry::expire(Now now) {
  std::vector<net::ConnectionKey> late;
  for (auto live = live_.begin(); live != live_.end();) {
    const auto here = live++;
    if (now - here->second.seen <= here->second.expiry) continue;
    late.push_back(here->second.connection);
    base::log("namesrv")->warn("broker expired address={} silent_ms={}", here->first.second,
                               std::chrono::duration_cast<milliseconds>(now - here->second.seen).count());
    drop(here);
  }
  return late;
}

void BrokerRegistry::put_topic(const std::string& topic, const std::vector<protocol::QueueData>& queues) {
  const auto is_known = [&](const auto& queue) { return brokers_.contains(queue.broker); };
  if (!is_route_name(topic) || topics_ + queues.size() > options_.topics_max ||
      !std::ranges::all_of(queues, is_known)) {
    base::log("namesrv")->warn("a topic's queues are not taken topic={}", base::log_quoted(topic));
    return;
  }
  for (const auto& queue : queues) {
    auto& topics = brokers_.find(queue.broker)->second.topics;
    topics_ += topics.insert_or_assign(topic, queue).second ? 1U : 0U;
  }
}

void BrokerRegistry::remove_topic(std::string_view topic, std::string_view cluster) {
  for (auto& [name, broker] : brokers_) {
    if (!cluster.empty() && broker.cluster != cluster) continue;
    const auto found = broker.topics.find(topic);
    if (found == broker.topics.end()) continue;
    broker.topics.erase(found);
    --topics_;
  }
  read_bodies_again();
}

// A broker that still has the topic brings it back with its next registration.
void BrokerRegistry::read_bodies_again() {
  for (auto& [key, live] : live_) live.body = 0;
}

std::size_t BrokerRegistry::set_writing(std::string_view name, bool may_write) {
  const auto broker = brokers_.find(name);
  if (broker == brokers_.end()) return 0;
  if (!may_write) take_writing(broker->second);
  if (may_write) {
    for (auto& [topic, queues] : broker->second.topics) queues.perm = perm::kRead | perm::kWrite;
  }
  return broker->second.topics.size();
}

}  // namespace mq::namesrv
