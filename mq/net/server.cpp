#include "mq/net/server.hpp"

#include "mq/base/assert.hpp"
#include "mq/net/server_impl.hpp"

#include <unistd.h>

namespace mq::net {

namespace {
constexpr std::size_t kReadBufferSize = std::size_t{256} << 10;
}  // namespace

Server::Impl::Impl(Loop& loop, ServerOptions options, Handler handler, ClosedHandler closed)
    : loop_(loop),
      options_(options),
      handler_(std::move(handler)),
      closed_(std::move(closed)),
      sockets_ready_(loop.context(), poller_.native_handle()),
      inspection_(loop.context()),
      accept_pause_(loop.context()),
      read_buffer_(std::make_unique_for_overwrite<std::byte[]>(kReadBufferSize)),
      now_(Clock::now()) {
  BASE_ASSERT(options.connections_max < kSlotMask, "a slot number fits its bits");
}

Server::Impl::~Impl() {
  stop();
  sockets_ready_.release();  // the poller closes it
}

void Server::Impl::start(Server* server) {
  server_ = server;
  const auto hook = [self = weak_from_this()](bool (Impl::*step)()) {
    return [self, step] {
      const auto server = self.lock();
      return server && !server->stopped_ && (server.get()->*step)();
    };
  };
  loop_.add_hook(hook(&Impl::input), HookOrder::input);
  loop_.add_hook(hook(&Impl::output), HookOrder::output);
  wait_for_sockets();
  inspect_some();
}

void Server::Impl::stop() {
  if (stopped_) return;
  stop_accepting();
  stopped_ = true;
  inspection_.cancel();
  boost::system::error_code ignored;
  sockets_ready_.cancel(ignored);
  for (auto& connection : slots_) {
    if (!connection) continue;
    connection->send_last(now_);
    connection->close_socket();
    graveyard_.push_back(std::move(connection));
  }
  stats_.connections = 0;
  dirty_.clear();
  waiting_.clear();
  starved_.clear();
  calls_.clear();
  events_ = {};
}

Server::Stats Server::Impl::stats() const { return stats_; }

void Reply::operator()(const protocol::ResponseView& response) const {
  if (intercepted) [[unlikely]]
    return server->interceptor_(*this, response);
  server->respond(*this, response);
}

Server::Server(Loop& loop, ServerOptions options, Handler handler, ClosedHandler closed)
    : impl_(std::make_shared<Impl>(loop, options, std::move(handler), std::move(closed))) {
  impl_->start(this);
}
Server::~Server() { impl_->stop(); }

std::uint16_t Server::listen(const std::string& ip, std::uint16_t port) { return impl_->listen(ip, port); }

void Server::secure(std::shared_ptr<const TlsContext> context, TlsMode mode) {
  impl_->secure(std::move(context), mode);
}
void Server::respond(const Reply& reply, const protocol::ResponseView& response) {
  if (reply.watched && impl_->watcher) impl_->watcher(reply, response);
  if (reply.oneway) return;
  auto answer = response;
  answer.opaque = reply.opaque;
  impl_->respond(reply.connection, answer);
}

void Server::send_oneway(ConnectionKey connection, const protocol::Command& command) {
  impl_->send_oneway(connection, command);
}
void Server::call(ConnectionKey connection, const protocol::Command& command, std::chrono::milliseconds limit,
                  Answered then) {
  impl_->call(connection, command, limit, std::move(then));
}
void Server::watch(Watcher watcher) { impl_->watcher = std::move(watcher); }
void Server::fail_calls() { impl_->fail_calls(); }
void Server::close(ConnectionKey connection) { impl_->close(connection); }
void Server::stop_accepting() { impl_->stop_accepting(); }
void Server::stop() { impl_->stop(); }
Server::Stats Server::stats() const { return impl_->stats(); }

}  // namespace mq::net
