#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <list>

#include "mq/net/connect.hpp"
#include "mq/net/http.hpp"

namespace mq::net {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;
namespace errc = boost::system::errc;

namespace {

constexpr std::size_t kIdlePerHostMax = 64;  // a slow host has as many calls at once
constexpr std::size_t kIdleHostsMax = 64;
constexpr std::chrono::seconds kIdleMax{30};  // below the keep-alive of our own server
constexpr std::size_t kBodyMax = std::size_t{16} << 20;
constexpr std::uint32_t kHeaderMax = 64 << 10;

[[noreturn]] void fail(errc::errc_t why) { throw system_error(errc::make_error_code(why)); }

struct Url {
  HostPort peer;
  std::string authority;
  std::string target;
};

bool is_visible(char c) { return c > ' ' && c != '\x7f'; }
bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

Url parse_url(std::string_view url) {
  static constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme) || !std::ranges::all_of(url, is_visible)) fail(errc::invalid_argument);
  url = url.substr(0, url.find('#'));
  url.remove_prefix(kScheme.size());
  const auto end = std::min(url.find_first_of("/?"), url.size());
  Url parsed;
  parsed.authority = std::string(url.substr(0, end));
  parsed.target = std::string(url.substr(end));
  if (!parsed.target.starts_with('/')) parsed.target.insert(0, 1, '/');
  const bool has_port = parsed.authority.rfind(':') != std::string::npos && !parsed.authority.ends_with(']');
  auto peer = parse_host_port(has_port ? parsed.authority : parsed.authority + ":80");
  if (!peer) fail(errc::invalid_argument);
  parsed.peer = std::move(*peer);
  return parsed;
}

using Request = http::request<http::string_body>;

Request make_request(const std::string& method, const Url& url, const HttpHeaders& headers,
                     std::string body) {
  if (method.empty() || !std::ranges::all_of(method, is_visible)) fail(errc::invalid_argument);
  Request request;
  request.version(11);
  request.method_string(method);
  request.target(url.target);
  for (const auto& [name, value] : headers) {
    if (name.empty() || !std::ranges::all_of(name, is_visible) || has_line_break(value)) {
      fail(errc::invalid_argument);
    }
    request.insert(name, value);
  }
  if (request.count(http::field::host) == 0) request.set(http::field::host, url.authority);
  request.body() = std::move(body);
  const bool bodiless = method == "GET" || method == "HEAD" || method == "DELETE";
  if (!bodiless || !request.body().empty()) request.content_length(request.body().size());
  return request;
}

struct Connection {
  explicit Connection(tcp::socket s) : socket(std::move(s)) {}
  tcp::socket socket;
  boost::beast::flat_buffer buffer;
  std::chrono::steady_clock::time_point idle_since;

  // A server may close an idle connection at any time; most such ends are seen here, before anything is sent.
  [[nodiscard]] bool is_silent() {
    char byte = 0;
    const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
};

// What one request on one connection came to.
struct Outcome {
  error_code error;
  bool answer_began = false;
  bool keep_alive = false;
  HttpResponse response;
};

// The errors callers know: "it broke" rather than where in Beast it broke.
error_code plain(error_code error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error == asio::error::eof || error == asio::error::broken_pipe) {
    return asio::error::connection_reset;
  }
  return error;
}

HttpResponse take_response(http::response<http::string_body> message) {
  HttpResponse response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    response.headers.emplace(std::move(name), std::string(field.value()));
  }
  response.body = std::move(message.body());
  return response;
}

// Sends and reads on a connection that stays with the caller, as does the request.
asio::awaitable<Outcome> exchange(Connection* connection, const Request* request) {
  Outcome outcome;
  error_code write_error;
  co_await http::async_write(connection->socket, *request,
                             asio::redirect_error(asio::use_awaitable, write_error));
  // A server that refuses a large body answers and closes while we still write: the answer counts.
  for (;;) {
    http::response_parser<http::string_body> parser;
    parser.body_limit(kBodyMax);
    parser.header_limit(kHeaderMax);
    parser.skip(request->method_string() == "HEAD");
    co_await http::async_read(connection->socket, connection->buffer, parser,
                              asio::redirect_error(asio::use_awaitable, outcome.error));
    outcome.answer_began = outcome.answer_began || parser.got_some() || connection->buffer.size() > 0;
    if (outcome.error && write_error) outcome.error = write_error;
    outcome.error = plain(outcome.error);
    if (outcome.error) co_return outcome;
    if (parser.get().result_int() < 200) continue;  // 100 Continue and its like
    outcome.keep_alive = parser.keep_alive() && !write_error && connection->buffer.size() == 0;
    outcome.response = take_response(parser.release());
    co_return outcome;
  }
}

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  asio::awaitable<HttpResponse> send(Url url, Request request) {
    // A GET on a used connection that broke before any answer is asked again, once, on a new one: the server
    // most likely had closed it. Nothing else is: it may have been acted upon.
    const bool repeatable = request.method() == http::verb::get || request.method() == http::verb::head;
    auto connection = take_idle(url.authority);
    if (connection) {
      auto outcome = co_await exchange(connection.get(), &request);
      const bool again =
          outcome.error == asio::error::connection_reset && !outcome.answer_began && repeatable;
      if (!again) co_return finish(url.authority, std::move(connection), std::move(outcome));
    }
    connection = std::make_unique<Connection>(tcp::socket(executor_));
    co_await connect(connection->socket, url.peer.host, url.peer.port);
    auto outcome = co_await exchange(connection.get(), &request);
    co_return finish(url.authority, std::move(connection), std::move(outcome));
  }

 private:
  using Idle = std::list<std::unique_ptr<Connection>>;

  // The one used last: it is the likeliest to be open.
  std::unique_ptr<Connection> take_idle(const std::string& authority) {
    const auto found = idle_.find(authority);
    if (found == idle_.end()) return nullptr;
    const auto oldest = std::chrono::steady_clock::now() - kIdleMax;
    std::unique_ptr<Connection> usable;
    while (!usable && !found->second.empty()) {
      auto candidate = std::move(found->second.back());
      found->second.pop_back();
      if (candidate->idle_since >= oldest && candidate->is_silent()) usable = std::move(candidate);
    }
    if (found->second.empty()) idle_.erase(found);
    return usable;
  }

  HttpResponse finish(const std::string& authority, std::unique_ptr<Connection> connection, Outcome outcome) {
    if (outcome.error) throw system_error(outcome.error);
    if (outcome.keep_alive) keep(authority, std::move(connection));
    return std::move(outcome.response);
  }

  void keep(const std::string& authority, std::unique_ptr<Connection> connection) {
    if (!idle_.contains(authority) && idle_.size() >= kIdleHostsMax) idle_.erase(idle_.begin());
    auto& idle = idle_[authority];
    connection->idle_since = std::chrono::steady_clock::now();
    idle.push_back(std::move(connection));
    if (idle.size() > kIdlePerHostMax) idle.pop_front();
  }

  asio::any_io_executor executor_;
  std::map<std::string, Idle> idle_;
};

HttpClient::HttpClient(asio::any_io_executor executor) : impl_(std::make_unique<Impl>(std::move(executor))) {}
HttpClient::~HttpClient() = default;

asio::awaitable<HttpResponse> HttpClient::send(std::string method, std::string url, HttpHeaders headers,
                                               std::string body, base::Deadline deadline) {
  auto parsed = parse_url(url);
  auto request = make_request(method, parsed, headers, std::move(body));
  co_return co_await base::with_deadline(deadline, impl_->send(std::move(parsed), std::move(request)));
}

}  // namespace mq::net
