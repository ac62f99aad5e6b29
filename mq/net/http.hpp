#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/aio/with_deadline.hpp"

// Plain HTTP/1.1 in and out. Beast stays inside http_*.cpp: it costs four seconds a file.
namespace mq::net {

// Header names are kept in lower case.
using HttpHeaders = std::multimap<std::string, std::string>;

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // decoded, without the query
  std::map<std::string, std::string> query;
  HttpHeaders headers;
  std::string body;                           // raw bytes as sent
  std::map<std::string, std::string> params;  // of the route: "/orders/{order_no}"
  std::string remote;                         // "127.0.0.1:55123"
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;  // "" when absent
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
};
HttpResponse json_response(int status, std::string json);
HttpResponse text_response(int status, std::string text);
// RFC 9457: application/problem+json with title, status and, when given, detail.
HttpResponse problem(int status, std::string_view title, std::string_view detail = {});

struct HttpServerOptions {
  std::string ip = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one
  std::size_t body_max = std::size_t{1} << 20;
  std::size_t header_max = std::size_t{16} << 10;
  std::size_t connections_max = 2000;
  std::chrono::seconds read_max{5};   // a whole request, header and body
  std::chrono::seconds idle_max{60};  // keep-alive
  std::chrono::seconds handler_max{30};
};

// Routes and serves. A handler that throws answers 500 with a problem and is logged once, one that takes
// longer than handler_max 503; a request that is malformed or breaks a limit gets 400, 408, 413, 414 or 431
// and the connection closes. A path or query that is not UTF-8 or has a NUL byte is malformed. HEAD is
// answered by GET routes.
//
// Invariant: no connection outlives stop(); a server that has run must be stopped before it dies.
// Thread rule: the executor's one thread.
class HttpServer {
 public:
  using Handler = std::function<boost::asio::awaitable<HttpResponse>(HttpRequest)>;
  // Sees every request with its matched route pattern before the handler; may answer in its place.
  using Filter = std::function<std::optional<HttpResponse>(HttpRequest& request, std::string_view route)>;
  // For logs and metrics, once the answer is known; `request` comes without its body, and empty when it could
  // not be read. `route` is empty when none matched.
  using Observer = std::function<void(const HttpRequest& request, std::string_view route, int status,
                                      std::chrono::nanoseconds took)>;

  HttpServer(boost::asio::any_io_executor executor, HttpServerOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // `pattern` has segments and {names}; the most literal pattern wins. Unknown path 404, known path
  // with another method 405 with Allow.
  void route(std::string_view method, std::string_view pattern, Handler handler);
  void filter(Filter filter);
  void observe(Observer observer);

  std::uint16_t listen();              // binds; throws boost::system::system_error
  boost::asio::awaitable<void> run();  // until cancelled
  // Stops accepting, lets running requests finish until the deadline, closes the rest.
  boost::asio::awaitable<void> stop(base::Deadline deadline);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // run() and stop() keep it until they return
};

// Keeps a few connections per host open. No redirects, no cookies. Answers up to 16 MiB.
//
// Invariant: a request is sent once. Only a GET or HEAD on a kept connection that breaks before the first
// byte of the answer is sent a second time, on a new connection. Thread rule: the executor's one thread;
// outlives its calls.
class HttpClient {
 public:
  explicit HttpClient(boost::asio::any_io_executor executor);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `url` is http://host:port/path?query. Throws boost::system::system_error: timed_out,
  // connection_refused, connection_reset, host_not_found; errc::invalid_argument for what is not such a url
  // or header. A request may have arrived although this throws, unless the error is a failed connect.
  boost::asio::awaitable<HttpResponse> send(std::string method, std::string url, HttpHeaders headers,
                                            std::string body, base::Deadline deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

std::string url_encode(std::string_view text);
std::string url_decode(std::string_view text);  // %XX and +; broken escapes stay as they are
// application/x-www-form-urlencoded; of a repeated name the first counts.
std::map<std::string, std::string> parse_form(std::string_view body);

}  // namespace mq::net
