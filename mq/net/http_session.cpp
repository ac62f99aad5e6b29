#include "mq/net/http_session.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <cctype>

#include "mq/base/log.hpp"

namespace mq::net {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using boost::system::system_error;
using Clock = std::chrono::steady_clock;

namespace {

// A client that does not take its answer: longer than any healthy one needs for the largest body.
constexpr std::chrono::seconds kWriteMax{30};
// After a refusal the rest of the request is read away, or the reset would overtake the answer.
constexpr std::chrono::seconds kLingerMax{2};
constexpr std::size_t kLingerBytesMax = std::size_t{16} << 20;

std::string remote_of(const asio::ip::tcp::socket& socket) {
  error_code gone;
  const auto endpoint = socket.remote_endpoint(gone);
  if (gone) return {};
  const auto ip = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + ip + "]" : ip) + ":" + std::to_string(endpoint.port());
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// A header that came from outside (a redirect target, say) must not begin a second one.
bool is_safe_header(const std::pair<const std::string, std::string>& header) {
  const auto clean = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
  };
  return !header.first.empty() && clean(header.first) && clean(header.second);
}

bool is_http_error(error_code error) {
  return error.category() == http::make_error_code(http::error::bad_method).category();
}

std::string describe(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    return e.what();
  }
}

bool is_timeout(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const system_error& e) {
    return e.code() == asio::error::timed_out;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

class HttpSession::Impl {
 public:
  Impl(asio::ip::tcp::socket socket, const HttpService& service);

  asio::awaitable<void> run();
  void close_if_idle();

 private:
  using Parser = http::request_parser<http::string_body>;
  struct Answer {
    HttpResponse response;
    bool head = false;        // announce the body, do not send it
    bool keep_alive = false;  // what the request allows
    unsigned version = 11;
  };

  asio::awaitable<bool> wait_for_request();
  asio::awaitable<bool> serve_one();
  asio::awaitable<error_code> read_request();
  asio::awaitable<void> read_message();
  asio::awaitable<bool> refuse(error_code error);
  asio::awaitable<HttpResponse> handle(const HttpServer::Handler* handler, HttpRequest request);
  asio::awaitable<bool> write(Answer answer);
  asio::awaitable<void> linger();

  [[nodiscard]] std::optional<HttpResponse> dispatch(HttpRequest& request, HttpRouter::Match& match);
  HttpRequest take_request();
  [[nodiscard]] int status_of(error_code error) const;
  void observe(const HttpRequest& request, std::string_view route, int status, Clock::time_point since) const;

  asio::ip::tcp::socket socket_;
  const HttpService& service_;
  const std::string remote_;
  boost::beast::flat_buffer buffer_;  // what came after the last request stays for the next one
  std::optional<Parser> parser_;      // a new one per message: Beast's parsers cannot be used twice
  bool idle_ = false;
  bool first_ = true;
};

HttpSession::Impl::Impl(asio::ip::tcp::socket socket, const HttpService& service)
    : socket_(std::move(socket)), service_(service), remote_(remote_of(socket_)) {}

void HttpSession::Impl::close_if_idle() {
  error_code ignored;
  if (idle_) socket_.close(ignored);
}

asio::awaitable<void> HttpSession::Impl::run() {
  try {
    bool keep_alive = true;
    while (keep_alive && !service_.stopping && co_await wait_for_request()) {
      keep_alive = co_await serve_one();
      first_ = false;
    }
    if (!keep_alive) co_await linger();
  } catch (const system_error& e) {
    // The peer left, or stopped reading: nobody is there to tell.
    base::log("http")->debug("connection ended remote={} reason={}", remote_,
                             base::log_quoted(e.code().message()));
  }
}

asio::awaitable<bool> HttpSession::Impl::wait_for_request() {
  if (buffer_.size() > 0) co_return true;
  const auto budget = first_ ? service_.options.read_max : service_.options.idle_max;
  idle_ = true;
  try {
    co_await base::with_deadline(base::deadline_in(budget),
                                 socket_.async_wait(asio::ip::tcp::socket::wait_read, asio::use_awaitable));
  } catch (const system_error& e) {
    if (e.code() == asio::error::timed_out || e.code() == asio::error::operation_aborted) co_return false;
    throw;
  }
  idle_ = false;
  co_return true;
}

asio::awaitable<bool> HttpSession::Impl::serve_one() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(service_.options.header_max));
  parser_->body_limit(service_.options.body_max);
  if (const auto error = co_await read_request()) co_return co_await refuse(error);

  const auto since = Clock::now();
  Answer answer;
  answer.keep_alive = parser_->get().keep_alive();
  answer.version = parser_->get().version();
  auto request = take_request();
  answer.head = request.method == "HEAD";
  HttpRouter::Match match;
  if (auto early = dispatch(request, match)) {
    answer.response = std::move(*early);
    observe(request, match.pattern, answer.response.status, since);
    co_return co_await write(std::move(answer));
  }
  auto body = std::move(request.body);
  const HttpRequest seen = request;
  request.body = std::move(body);
  answer.response = co_await handle(match.handler, std::move(request));
  observe(seen, match.pattern, answer.response.status, since);
  co_return co_await write(std::move(answer));
}

asio::awaitable<error_code> HttpSession::Impl::read_request() {
  try {
    co_await base::with_deadline(base::deadline_in(service_.options.read_max), read_message());
  } catch (const system_error& e) {
    if (e.code() == asio::error::operation_aborted) throw;
    co_return e.code();
  }
  const auto& message = parser_->get();
  // RFC 9112 3.2: without Host, HTTP/1.1 is malformed.
  if (message.version() >= 11 && message.count(http::field::host) != 1) co_return http::error::bad_field;
  co_return error_code{};
}

asio::awaitable<void> HttpSession::Impl::read_message() {
  co_await http::async_read_header(socket_, buffer_, *parser_, asio::use_awaitable);
  if (parser_->is_done()) co_return;
  const auto expect = lower_case(parser_->get()[http::field::expect]);
  if (expect == "100-continue" && parser_->get().version() >= 11 && buffer_.size() == 0) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(socket_, asio::buffer(kContinue), asio::use_awaitable);
  }
  co_await http::async_read(socket_, buffer_, *parser_, asio::use_awaitable);
}

HttpRequest HttpSession::Impl::take_request() {
  auto message = parser_->release();
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.path = std::string(message.target());  // decoded by dispatch()
  for (const auto& field : message) {
    request.headers.emplace(lower_case(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  request.remote = remote_;
  return request;
}

// What can be answered without the handler; nothing when the handler's turn has come.
std::optional<HttpResponse> HttpSession::Impl::dispatch(HttpRequest& request, HttpRouter::Match& match) {
  auto target = parse_target(request.path);
  if (!target) return problem(400, "Bad Request", "the path or query is malformed");
  match = service_.router.find(request.method, *target);
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.params = match.params;
  if (match.handler == nullptr && match.allow.empty()) return problem(404, "Not Found");
  if (match.handler == nullptr) {
    auto refusal = problem(405, "Method Not Allowed");
    refusal.headers.emplace("allow", match.allow);
    return refusal;
  }
  try {
    for (const auto& filter : service_.filters) {
      if (auto answer = filter(request, match.pattern)) return answer;
    }
  } catch (const std::exception& e) {
    base::log("http")->error("filter failed method={} route={} error={}", request.method, match.pattern,
                             base::log_quoted(e.what()));
    return problem(500, "Internal Server Error");
  }
  return std::nullopt;
}

asio::awaitable<HttpResponse> HttpSession::Impl::handle(const HttpServer::Handler* handler,
                                                        HttpRequest request) {
  const auto method = request.method;
  const auto path = request.path;
  const auto deadline = base::deadline_in(service_.options.handler_max);
  std::exception_ptr failure;
  try {
    co_return co_await base::with_deadline(deadline, (*handler)(std::move(request)));
  } catch (...) {
    failure = std::current_exception();
  }
  // Only the session's own cancellation ends it; a handler may have been aborted by what it called.
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) std::rethrow_exception(failure);
  if (is_timeout(failure) && Clock::now() >= deadline) {
    base::log("http")->error("handler timed out method={} path={}", base::log_quoted(method),
                             base::log_quoted(path));
    co_return problem(503, "Service Unavailable", "the request took too long");
  }
  base::log("http")->error("handler failed method={} path={} error={}", base::log_quoted(method),
                           base::log_quoted(path), base::log_quoted(describe(failure)));
  co_return problem(500, "Internal Server Error");
}

asio::awaitable<bool> HttpSession::Impl::write(Answer answer) {
  auto& response = answer.response;
  if (!std::ranges::all_of(response.headers, is_safe_header)) {
    base::log("http")->error("handler set a header with a line break status={}", response.status);
    response = problem(500, "Internal Server Error");
  }
  http::response<http::string_body> message;
  message.version(answer.version);
  message.result(static_cast<unsigned>(response.status));
  for (const auto& [name, value] : response.headers) message.insert(name, value);
  const bool wants_close = lower_case(message[http::field::connection]) == "close";
  const bool keep_alive = answer.keep_alive && !wants_close && !service_.stopping;
  message.keep_alive(keep_alive);
  const bool bodiless = response.status == 204 || response.status == 304 || response.status < 200;
  if (!bodiless) message.content_length(response.body.size());
  if (!bodiless && !answer.head) message.body() = std::move(response.body);
  co_await base::with_deadline(base::deadline_in(kWriteMax),
                               http::async_write(socket_, message, asio::use_awaitable));
  co_return keep_alive;
}

int HttpSession::Impl::status_of(error_code error) const {
  if (error == asio::error::timed_out) return 408;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit) {
    const auto bytes = buffer_.data();
    const std::string_view text(static_cast<const char*>(bytes.data()), bytes.size());
    const bool has_line = !parser_->get().target().empty() || text.find('\n') != std::string_view::npos;
    return has_line ? 431 : 414;
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return is_http_error(error) ? 400 : 0;
}

asio::awaitable<bool> HttpSession::Impl::refuse(error_code error) {
  const int status = status_of(error);
  if (status == 0) throw system_error(error);  // the peer is gone
  HttpRequest request;
  request.remote = remote_;
  observe(request, {}, status, Clock::now());
  Answer answer;
  answer.response = problem(status, http::obsolete_reason(static_cast<http::status>(status)));
  co_return co_await write(std::move(answer));
}

asio::awaitable<void> HttpSession::Impl::linger() {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  const auto deadline = base::deadline_in(kLingerMax);
  std::size_t drained = 0;
  std::array<char, 16384> sink;
  while (drained < kLingerBytesMax) {
    drained += co_await base::with_deadline(deadline,
                                            socket_.async_read_some(asio::buffer(sink), asio::use_awaitable));
  }
}

void HttpSession::Impl::observe(const HttpRequest& request, std::string_view route, int status,
                                Clock::time_point since) const {
  for (const auto& observer : service_.observers) observer(request, route, status, Clock::now() - since);
}

HttpSession::HttpSession(asio::ip::tcp::socket socket, const HttpService& service)
    : impl_(std::make_unique<Impl>(std::move(socket), service)) {}
HttpSession::~HttpSession() = default;
asio::awaitable<void> HttpSession::run() { return impl_->run(); }
void HttpSession::close_if_idle() { impl_->close_if_idle(); }

}  // namespace mq::net
