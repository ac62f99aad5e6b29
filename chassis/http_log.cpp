#include "chassis/http_log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "chassis/trace.hpp"
#include "mq/base/log.hpp"

namespace chassis {
namespace {

// A client may send any word as its method; a label may not grow with what clients send.
std::string_view known_method(std::string_view method) {
  static constexpr std::array<std::string_view, 7> kKnown{"GET",   "HEAD",   "POST",   "PUT",
                                                          "PATCH", "DELETE", "OPTIONS"};
  return std::ranges::find(kKnown, method) != kKnown.end() ? method : "other";
}

}  // namespace

void observe_http(mq::net::HttpServer& server, std::string listener, Metrics& metrics,
                  const base::RandomSource& random) {
  server.filter([&random](mq::net::HttpRequest& request, std::string_view) {
    const auto trace = continue_trace(request.header("traceparent"), random);
    request.headers.erase("traceparent");
    request.headers.emplace("traceparent", trace.traceparent());
    return std::optional<mq::net::HttpResponse>();
  });
  server.observe([listener = std::move(listener), &metrics, logger = base::log("http")](
                     const mq::net::HttpRequest& request, std::string_view route, int status,
                     std::chrono::nanoseconds took) {
    const double seconds = std::chrono::duration<double>(took).count();
    const std::string pattern = route.empty() ? "none" : std::string(route);
    metrics.observe_seconds("http_request_seconds", "Time from a whole request to its answer",
                            {{"listener", listener},
                             {"method", std::string(known_method(request.method))},
                             {"route", pattern},
                             {"status", std::to_string(status)}},
                            seconds);
    const auto level = status >= 500 ? spdlog::level::warn : spdlog::level::info;
    logger->log(level, "request listener={} method={} path={} status={} took_ms={:.3f} remote={} trace_id={}",
                listener, known_method(request.method), base::log_quoted(request.path), status,
                seconds * 1000, request.remote, trace_id_of(request.header("traceparent")));
  });
}

}  // namespace chassis
