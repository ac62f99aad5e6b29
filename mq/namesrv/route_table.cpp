#include "mq/namesrv/route_table.hpp"

namespace mq::namesrv {

std::string RouteTable::broker_address(const net::Peer& peer) const {
  if (options_.advertised) return to_string(*options_.advertised);
  const bool known = peer.local.ip != std::array<std::uint8_t, 4>{};
  return to_string(Host{known ? peer.local.ip : options_.fallback.ip, options_.broker_port});
}

protocol::BrokerData RouteTable::broker_data(const net::Peer& peer) const {
  protocol::BrokerData data;
  data.addresses.emplace(0, broker_address(peer));
  data.broker = options_.broker;
  data.cluster = options_.cluster;
  return data;
}

std::optional<protocol::TopicRouteData> RouteTable::route(std::string_view name,
                                                          const net::Peer& peer) const {
  const auto* topic = topics_.find_durable(name);
  if (topic == nullptr) return std::nullopt;
  protocol::TopicRouteData route;
  route.brokers.push_back(broker_data(peer));
  protocol::QueueData queues;
  queues.broker = options_.broker;
  queues.perm = writing_ == Writing::shown ? topic->perm : topic->perm & ~perm::kWrite;
  queues.read_queues = topic->read_queues;
  queues.write_queues = topic->write_queues;
  queues.topic_sys_flag = topic->topic_sys_flag;
  route.queues.push_back(std::move(queues));
  return route;
}

protocol::ClusterInfo RouteTable::clusters(const net::Peer& peer) const {
  protocol::ClusterInfo info;
  info.brokers.emplace(options_.broker, broker_data(peer));
  info.clusters[options_.cluster] = {options_.broker};
  return info;
}

std::size_t RouteTable::show_writing(Writing writing) {
  writing_ = writing;
  return topics_.durable().size();
}

std::vector<std::string> RouteTable::topics() const {
  std::vector<std::string> names;
  for (const auto& [name, topic] : topics_.durable()) names.emplace_back(name);
  return names;
}

}  // namespace mq::namesrv
