#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "mq/broker/metrics.hpp"
#include "mq/net/http.hpp"

namespace mq::broker {

// GET /metrics, /livez, /readyz and /due, on a thread of its own: printing a large page must not stop the hot
// loop. The numbers are copied there, rows in slices.
//
// Thread rule: built and destroyed on one thread; `source` is called on the metrics thread and has to
// call back, on any thread, at most once.
class MetricsServer {
 public:
  using Taken = std::function<void(MetricsSnapshot)>;
  // Rows cost a walk over all topics, groups and clients; totals are there at once.
  enum class Extent : std::uint8_t { totals, rows };
  using Source = std::function<void(Extent, Taken)>;

  // For what else is to be served; `more_routes` runs once, in the constructor.
  using MoreRoutes = std::function<void(net::HttpServer& http)>;

  // Throws boost::system::system_error when the address cannot be bound.
  MetricsServer(net::HttpServerOptions options, std::string cluster, std::string broker, Source source,
                const MoreRoutes& more_routes = {});
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // Ends its thread: `source` is not called any more. What it was asked for before may still call back
  // until this object dies.
  void stop();

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  boost::asio::awaitable<std::optional<MetricsSnapshot>> snapshot(Extent extent);  // nothing: no answer
  boost::asio::awaitable<net::HttpResponse> metrics();
  boost::asio::awaitable<net::HttpResponse> due();
  boost::asio::awaitable<net::HttpResponse> alive();

  std::string cluster_, broker_;
  Source source_;
  boost::asio::io_context context_{1};
  net::HttpServer http_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace mq::broker
