#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/broker/topic_table.hpp"
#include "mq/model/record.hpp"
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

// Where clients find topics: the broker's own table, as far as it is durable (rocketmq-wire.md 4.1). The
// address in a route is the one the client reached us at, because that one is known to work for it.
//
// Invariant: equal tables give equal bytes; the Go client compares them.
// Thread rule: the hot thread.
class RouteTable {
 public:
  RouteTable(const broker::TopicTable& topics, RouteOptions options)
      : topics_(topics), options_(std::move(options)) {}

  // Routes say from now on that topics can, or cannot, be written to; brokers do not care. Until the next
  // start, as upstream. How many topics that concerns.
  enum class Writing { shown, hidden };
  std::size_t show_writing(Writing writing);

  [[nodiscard]] std::optional<protocol::TopicRouteData> route(std::string_view topic,
                                                              const net::Peer& peer) const;
  [[nodiscard]] protocol::ClusterInfo clusters(const net::Peer& peer) const;
  [[nodiscard]] std::vector<std::string> topics() const;  // sorted
  [[nodiscard]] std::string broker_address(const net::Peer& peer) const;
  [[nodiscard]] const RouteOptions& options() const { return options_; }

 private:
  [[nodiscard]] protocol::BrokerData broker_data(const net::Peer& peer) const;

  const broker::TopicTable& topics_;
  RouteOptions options_;
  Writing writing_ = Writing::shown;
};

}  // namespace mq::namesrv
