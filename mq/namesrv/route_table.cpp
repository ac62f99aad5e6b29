#include "mq/namesrv/route_table.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mq::namesrv {
namespace {

protocol::BrokerData data_of(const std::string& name, const BrokerRegistry::Broker& broker) {
  protocol::BrokerData data;
  data.addresses = broker.addresses;
  data.broker = name;
  data.cluster = broker.cluster;
  data.enable_acting_master = broker.enable_acting_master;
  data.zone = broker.zone;
  return data;
}

}  // namespace

std::string RouteTable::bundled_address(const net::Peer& peer) const {
  const auto& options = bundled_->options;
  if (options.advertised) return to_string(*options.advertised);
  const bool known = peer.local.ip != std::array<std::uint8_t, 4>{};
  return to_string(Host{known ? peer.local.ip : options.fallback.ip, options.broker_port});
}

protocol::BrokerData RouteTable::bundled_data(const net::Peer& peer) const {
  protocol::BrokerData data;
  data.addresses.emplace(0, bundled_address(peer));
  data.broker = bundled_->options.broker;
  data.cluster = bundled_->options.cluster;
  return data;
}

std::optional<protocol::TopicRouteData> RouteTable::route(std::string_view name,
                                                          const net::Peer& peer) const {
  protocol::TopicRouteData route;
  if (const auto* topic = bundled_ ? bundled_->topics.find_durable(name) : nullptr) {
    route.brokers.push_back(bundled_data(peer));
    protocol::QueueData queues;
    queues.broker = bundled_->options.broker;
    queues.perm = writing_ == Writing::shown ? topic->perm : topic->perm & ~perm::kWrite;
    queues.read_queues = topic->read_queues;
    queues.write_queues = topic->write_queues;
    queues.topic_sys_flag = topic->topic_sys_flag;
    route.queues.push_back(std::move(queues));
  }
  for (const auto& [broker_name, broker] : registry_.brokers()) {
    const auto queues = broker.topics.find(name);
    if (queues == broker.topics.end()) continue;
    route.brokers.push_back(data_of(broker_name, broker));
    route.queues.push_back(queues->second);
  }
  if (route.queues.empty()) return std::nullopt;
  std::ranges::sort(route.brokers, {}, &protocol::BrokerData::broker);
  std::ranges::sort(route.queues, {}, &protocol::QueueData::broker);
  return route;
}

protocol::ClusterInfo RouteTable::clusters(const net::Peer& peer) const {
  protocol::ClusterInfo info;
  if (bundled_) info.brokers.emplace(bundled_->options.broker, bundled_data(peer));
  for (const auto& [name, broker] : registry_.brokers()) info.brokers.emplace(name, data_of(name, broker));
  for (const auto& [name, data] : info.brokers) info.clusters[data.cluster].push_back(name);
  return info;
}

std::size_t RouteTable::show_writing(std::string_view broker, Writing writing) {
  if (!is_bundled(broker)) return registry_.set_writing(broker, writing == Writing::shown);
  writing_ = writing;
  return bundled_->topics.durable().size();
}

std::vector<std::string> RouteTable::topics() const {
  std::set<std::string> names;
  if (bundled_) {
    for (const auto& [name, topic] : bundled_->topics.durable()) names.emplace(name);
  }
  for (const auto& [broker_name, broker] : registry_.brokers()) {
    for (const auto& [topic, queues] : broker.topics) names.insert(topic);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> RouteTable::topics_of(std::string_view cluster) const {
  std::set<std::string> names;
  if (bundled_ && bundled_->options.cluster == cluster) {
    for (const auto& [name, topic] : bundled_->topics.durable()) names.emplace(name);
  }
  for (const auto& [broker_name, broker] : registry_.brokers()) {
    if (broker.cluster != cluster) continue;
    for (const auto& [topic, queues] : broker.topics) names.insert(topic);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> RouteTable::system_topics() const {
  std::set<std::string> clusters, brokers;
  if (bundled_) {
    clusters.insert(bundled_->options.cluster);
    brokers.insert(bundled_->options.broker);
  }
  for (const auto& [name, broker] : registry_.brokers()) {
    clusters.insert(broker.cluster);
    brokers.insert(name);
  }
  std::vector<std::string> names(clusters.begin(), clusters.end());
  names.insert(names.end(), brokers.begin(), brokers.end());
  return names;
}

std::string RouteTable::any_address(const net::Peer& peer) const {
  if (bundled_) return bundled_address(peer);
  const auto& brokers = registry_.brokers();
  return brokers.empty() ? std::string() : brokers.begin()->second.addresses.begin()->second;
}

protocol::BrokerMemberGroup RouteTable::members(const std::string& cluster, const std::string& broker,
                                                const net::Peer& peer) const {
  protocol::BrokerMemberGroup group;
  group.broker = broker;
  group.cluster = cluster;
  const auto found = registry_.brokers().find(broker);
  if (is_bundled(broker)) {
    group.addresses.emplace(0, bundled_address(peer));
  } else if (found != registry_.brokers().end()) {
    group.addresses = found->second.addresses;
  }
  return group;
}

}  // namespace mq::namesrv
