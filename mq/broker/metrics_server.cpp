#include "mq/broker/metrics_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "mq/base/log.hpp"
#include "mq/broker/ask_across.hpp"

namespace mq::broker {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kAnswerMax{5};
constexpr std::chrono::seconds kStopMax{1};

}  // namespace

MetricsServer::MetricsServer(net::HttpServerOptions options, std::string cluster, std::string broker,
                             Source source, const MoreRoutes& more_routes)
    : cluster_(std::move(cluster)),
      broker_(std::move(broker)),
      source_(std::move(source)),
      http_(context_.get_executor(), std::move(options)) {
  http_.route("GET", "/metrics", [this](const net::HttpRequest&) { return metrics(); });
  http_.route("GET", "/livez", [this](const net::HttpRequest&) { return alive(); });
  http_.route("GET", "/readyz", [this](const net::HttpRequest&) { return alive(); });
  http_.route("GET", "/due", [this](const net::HttpRequest&) { return due(); });
  if (more_routes) more_routes(http_);
  port_ = http_.listen();
  asio::co_spawn(context_, http_.run(), [](const std::exception_ptr& error) {
    if (error) base::log("metrics")->error("the metrics server ended");
  });
  thread_ = std::thread([this] { context_.run(); });
}

MetricsServer::~MetricsServer() { stop(); }

// The thread ends when nothing is left to do in its context.
void MetricsServer::stop() {
  if (!thread_.joinable()) return;
  asio::co_spawn(context_, http_.stop(base::deadline_in(kStopMax)), [](const std::exception_ptr&) {});
  thread_.join();
}

asio::awaitable<std::optional<MetricsSnapshot>> MetricsServer::snapshot(Extent extent) {
  auto ask = [this, extent](Taken taken) { source_(extent, std::move(taken)); };
  co_return co_await ask_across<MetricsSnapshot>(std::move(ask), kAnswerMax);
}

asio::awaitable<net::HttpResponse> MetricsServer::metrics() {
  const auto now = co_await snapshot(Extent::rows);
  if (!now) co_return net::problem(503, "the broker does not answer");
  auto response = net::text_response(200, format_metrics(*now, cluster_, broker_));
  response.headers.erase("content-type");
  response.headers.emplace("content-type", "text/plain; version=0.0.4; charset=utf-8");
  co_return response;
}

// What the test clock asks before it is advanced: whether anything is on its way to the disk or to its
// answer, and when the next timer is due.
asio::awaitable<net::HttpResponse> MetricsServer::due() {
  const auto now = co_await snapshot(Extent::totals);
  if (!now) co_return net::problem(503, "the broker does not answer");
  boost::json::array busy;
  if (now->undurable_bytes > 0) busy.push_back("log: not all durable");
  if (now->waiting_sends > 0) busy.push_back("sends: waiting for their answers");
  boost::json::object answer{{"idle", busy.empty()}, {"busy", std::move(busy)}};
  if (now->next_timer_due_ms > 0) answer["next_due_ms"] = now->next_timer_due_ms;
  co_return net::json_response(200, boost::json::serialize(answer));
}

// Answered by the hot loop, so that a stuck one is seen: the same road as the numbers take.
asio::awaitable<net::HttpResponse> MetricsServer::alive() {
  const auto now = co_await snapshot(Extent::totals);
  if (!now) co_return net::problem(503, "the broker does not answer");
  co_return net::text_response(200, "ok\n");
}

}  // namespace mq::broker
