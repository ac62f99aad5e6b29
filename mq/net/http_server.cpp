#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>

#include "mq/base/aio/task_group.hpp"
#include "mq/base/log.hpp"
#include "mq/net/http.hpp"
#include "mq/net/http_session.hpp"

namespace mq::net {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {
// Out of file descriptors: the connection stays in the backlog, and asking again at once would spin.
constexpr std::chrono::milliseconds kAcceptPause{100};
}  // namespace

class HttpServer::Impl {
 public:
  Impl(const asio::any_io_executor& executor, HttpServerOptions options)
      : acceptor_(executor), drained_(executor), tasks_(executor) {
    service_.options = std::move(options);
  }

  HttpService& service() { return service_; }

  std::uint16_t listen() {
    const tcp::endpoint endpoint(asio::ip::make_address(service_.options.ip), service_.options.port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    return acceptor_.local_endpoint().port();
  }

  // Ends on a later turn than stop(), when the server may be gone.
  static asio::awaitable<void> run(std::shared_ptr<Impl> server) { co_await server->accept_all(); }
  static asio::awaitable<void> stop(std::shared_ptr<Impl> server, base::Deadline deadline) {
    co_await server->stop_all(deadline);
  }

 private:
  asio::awaitable<void> accept_all() {
    BASE_ASSERT(acceptor_.is_open() || service_.stopping, "listen() comes before run()");
    while (!service_.stopping) {
      error_code error;
      auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (service_.stopping) break;
      if (error) {
        base::log("http")->warn("accept failed error={}", base::log_quoted(error.message()));
        co_await base::sleep_for(kAcceptPause);
        continue;
      }
      if (sessions_.size() < service_.options.connections_max) start(std::move(socket));
    }
  }

  asio::awaitable<void> stop_all(base::Deadline deadline) {
    service_.stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    for (auto& session : sessions_) session.close_if_idle();
    while (!sessions_.empty() && std::chrono::steady_clock::now() < deadline) {
      error_code woken;
      drained_.expires_at(deadline);
      co_await drained_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    co_await tasks_.stop();
  }

  void start(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    sessions_.emplace_front(std::move(socket), service_);
    tasks_.spawn("http connection", serve(sessions_.begin()));
  }

  asio::awaitable<void> serve(std::list<HttpSession>::iterator session) {
    struct Leave {
      Impl& server;
      std::list<HttpSession>::iterator session;
      ~Leave() {
        server.sessions_.erase(session);
        if (server.sessions_.empty()) server.drained_.cancel();
      }
    };
    const Leave leave{*this, session};
    co_await session->run();
  }

  HttpService service_;
  tcp::acceptor acceptor_;
  std::list<HttpSession> sessions_;
  asio::steady_timer drained_;
  base::TaskGroup tasks_;
};

HttpServer::HttpServer(asio::any_io_executor executor, HttpServerOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}
HttpServer::~HttpServer() = default;

void HttpServer::route(std::string_view method, std::string_view pattern, Handler handler) {
  impl_->service().router.add(method, pattern, std::move(handler));
}
void HttpServer::filter(Filter filter) { impl_->service().filters.push_back(std::move(filter)); }
void HttpServer::observe(Observer observer) { impl_->service().observers.push_back(std::move(observer)); }

std::uint16_t HttpServer::listen() { return impl_->listen(); }
asio::awaitable<void> HttpServer::run() { return Impl::run(impl_); }
asio::awaitable<void> HttpServer::stop(base::Deadline deadline) { return Impl::stop(impl_, deadline); }

}  // namespace mq::net
