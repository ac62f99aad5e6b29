#include "mq/net/rpc_client.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include <map>

#include "mq/base/aio/task_group.hpp"
#include "mq/base/log.hpp"
#include "mq/net/rpc_connection.hpp"

namespace mq::net {
namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::system_error;

class RpcClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(const asio::any_io_executor& executor, RpcOptions options)
      : executor_(executor), options_(options), tasks_(executor), idle_(executor) {
    idle_.expires_at(asio::steady_timer::time_point::max());
  }

  asio::awaitable<protocol::Command> call(std::string address, protocol::Command request,
                                          base::Deadline deadline) {
    const Visit visit(shared_from_this());
    if (deadline <= std::chrono::steady_clock::now()) throw system_error(asio::error::timed_out);
    const auto connection = connection_to(address);
    RpcWait wait(executor_, deadline);
    struct Entry {
      RpcConnection& connection;
      std::int32_t opaque;
      ~Entry() { connection.forget(opaque); }
    };
    const Entry entry{*connection, connection->call(request, wait)};
    co_await wait_for(&wait);
    co_return std::move(wait.answer);
  }

  asio::awaitable<void> oneway(std::string address, protocol::Command request, base::Deadline deadline) {
    const Visit visit(shared_from_this());
    if (deadline <= std::chrono::steady_clock::now()) throw system_error(asio::error::timed_out);
    const auto connection = connection_to(address);
    RpcWait wait(executor_, deadline);
    struct Entry {
      RpcConnection& connection;
      RpcWait& wait;
      ~Entry() { connection.forget(wait); }
    };
    const Entry entry{*connection, wait};
    connection->oneway(request, wait);
    co_await wait_for(&wait);
  }

  asio::awaitable<void> stop() {
    stopping_ = true;
    for (auto& [address, connection] : connections_) connection->close(asio::error::operation_aborted);
    co_await tasks_.stop();
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);  // as TaskGroup::stop(): joined in any case
    while (visits_ > 0) {
      error_code woken;
      co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
  }

  ServerRequest serve;
  Disconnected disconnected;

 private:
  // Counts callers inside, so that stop() can wait for them.
  class Visit {
   public:
    explicit Visit(std::shared_ptr<Impl> client) : client_(std::move(client)) {
      if (client_->stopping_) throw system_error(asio::error::operation_aborted);
      ++client_->visits_;
    }
    ~Visit() {
      if (--client_->visits_ == 0) client_->idle_.cancel();
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    std::shared_ptr<Impl> client_;
  };

  static asio::awaitable<void> wait_for(RpcWait* wait) {
    error_code woken;
    if (!wait->done) co_await wait->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (!wait->done) throw system_error(woken ? woken : error_code(asio::error::timed_out));
    if (wait->error) throw system_error(wait->error);
  }

  // The open one, or one that is being made: whoever comes meanwhile shares it.
  std::shared_ptr<RpcConnection> connection_to(const std::string& address) {
    const auto found = connections_.find(address);
    if (found != connections_.end() && !found->second->closed()) return found->second;
    auto connection = std::make_shared<RpcConnection>(executor_, address, options_);
    connections_[address] = connection;
    tasks_.spawn("rpc " + address, run(connection));  // may run, and even end, before spawn() returns
    return connection;
  }

  asio::awaitable<void> run(std::shared_ptr<RpcConnection> connection) {
    error_code why = asio::error::connection_reset;
    try {
      co_await connection->connect();
      if (!stopping_ && !connection->closed()) {
        tasks_.spawn("rpc writer " + connection->address(), write(connection));
        tasks_.spawn("rpc watch " + connection->address(), watch(connection));
        co_await connection->read(serve);
      }
    } catch (const system_error& e) {
      if (!connection->connected()) why = e.code();
      base::log("rpc")->debug("connection ended address={} reason={}", connection->address(),
                              base::log_quoted(e.code().message()));
    }
    connection->close(stopping_ ? error_code(asio::error::operation_aborted) : why);
    drop(connection);
  }

  static asio::awaitable<void> write(std::shared_ptr<RpcConnection> connection) {
    try {
      co_await connection->write();
    } catch (const system_error&) {
      connection->close(asio::error::connection_reset);  // ends the reader, which reports
    }
  }

  static asio::awaitable<void> watch(std::shared_ptr<RpcConnection> connection) {
    co_await connection->watch();
  }

  void drop(const std::shared_ptr<RpcConnection>& connection) {
    const auto found = connections_.find(connection->address());
    if (found != connections_.end() && found->second == connection) connections_.erase(found);
    if (connection->connected() && !stopping_ && disconnected) disconnected(connection->address());
  }

  asio::any_io_executor executor_;
  const RpcOptions options_;
  std::map<std::string, std::shared_ptr<RpcConnection>> connections_;
  std::size_t visits_ = 0;
  bool stopping_ = false;
  base::TaskGroup tasks_;
  asio::steady_timer idle_;
};

RpcClient::RpcClient(asio::any_io_executor executor, RpcOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), options)) {}
RpcClient::~RpcClient() = default;

void RpcClient::on_server_request(ServerRequest handler) { impl_->serve = std::move(handler); }
void RpcClient::on_disconnected(Disconnected handler) { impl_->disconnected = std::move(handler); }

asio::awaitable<protocol::Command> RpcClient::call(std::string address, protocol::Command request,
                                                   base::Deadline deadline) {
  return impl_->call(std::move(address), std::move(request), deadline);
}
asio::awaitable<void> RpcClient::oneway(std::string address, protocol::Command request,
                                        base::Deadline deadline) {
  return impl_->oneway(std::move(address), std::move(request), deadline);
}
asio::awaitable<void> RpcClient::stop() { return impl_->stop(); }

}  // namespace mq::net
