#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/broker/topic_table.hpp"
#include "mq/model/record.hpp"
#include "mq/namesrv/broker_registry.hpp"
#include "mq/net/server.hpp"
#include "mq/protocol/bodies_route.hpp"

namespace mq::namesrv {

struct RouteOptions {
  std::string cluster = "DefaultCluster";
  std::string broker = "broker-a";
  std::uint16_t broker_port = 10911;
  std::optional<Host> advertised;  // for brokers behind a translated address
  Host fallback;                   // when the client's own view cannot be told (an IPv6 peer)
};

// The broker of the same process. It does not register: its topics are read where they are, as far as they
// are durable, and its address in a route is the one the client reached us at, because that one is known to
// work for it.
struct BundledBroker {
  const broker::TopicTable& topics;
  RouteOptions options;
};

// Where clients find topics (rocketmq-wire.md 4.1): the bundled broker, if there is one, and those that
// registered.
//
// Invariant: equal tables give equal bytes; the Go client compares them.
// Thread rule: the hot thread.
class RouteTable {
 public:
  RouteTable(BrokerRegistry& registry, std::optional<BundledBroker> bundled)
      : registry_(registry), bundled_(std::move(bundled)) {}

  // Routes say from now on that a broker's topics can, or cannot, be written to; brokers do not care. Until
  // the next start, or until a registered broker changes its topics, as upstream. How many topics.
  enum class Writing { shown, hidden };
  std::size_t show_writing(std::string_view broker, Writing writing);

  [[nodiscard]] std::optional<protocol::TopicRouteData> route(std::string_view topic,
                                                              const net::Peer& peer) const;
  [[nodiscard]] protocol::ClusterInfo clusters(const net::Peer& peer) const;
  [[nodiscard]] std::vector<std::string> topics() const;  // sorted
  [[nodiscard]] std::vector<std::string> topics_of(std::string_view cluster) const;
  // Names of clusters, then of brokers.
  [[nodiscard]] std::vector<std::string> system_topics() const;
  // Of the bundled broker, else of any; empty when there is none.
  [[nodiscard]] std::string any_address(const net::Peer& peer) const;
  [[nodiscard]] protocol::BrokerMemberGroup members(const std::string& cluster, const std::string& broker,
                                                    const net::Peer& peer) const;
  // The bundled broker's name is taken.
  [[nodiscard]] bool is_bundled(std::string_view broker) const {
    return bundled_ && bundled_->options.broker == broker;
  }

 private:
  [[nodiscard]] std::string bundled_address(const net::Peer& peer) const;
  [[nodiscard]] protocol::BrokerData bundled_data(const net::Peer& peer) const;

  BrokerRegistry& registry_;
  std::optional<BundledBroker> bundled_;
  Writing writing_ = Writing::shown;  // of the bundled broker
};

}  // namespace mq::namesrv
