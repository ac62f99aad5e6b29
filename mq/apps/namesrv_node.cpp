#include "mq/apps/namesrv_node.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <utility>

#include "mq/apps/connection_limit.hpp"
#include "mq/apps/security_files.hpp"
#include "mq/base/log.hpp"

namespace mq::apps {

NamesrvNode::NamesrvNode(BrokerConfig config, std::unique_ptr<storage::MessageStore> store)
    : config_(std::move(config)),
      store_(std::move(store)),
      kv_(*store_),
      waits_(*store_),
      pass_(loop_, *store_, config_.flush_mode()),
      processors_(config_.namesrv.registry(), std::nullopt, kv_, waits_, upstream_lines(config_)),
      door_(read_accounts(config_), [](net::ConnectionKey, std::string_view) { return false; }),
      server_(
          loop_, server_options(config_),
          [this](const protocol::CommandView& request, const net::Peer& peer, net::Reply reply) {
            door_.dispatch(processors_.router(), request, peer, reply);
          },
          [this](const net::Peer& peer) { closed(peer); }),
      upkeep_(loop_, *store_, {config_.retention_time, config_.retention_size}) {
  server_.watch([this](const net::Reply& reply, const protocol::ResponseView& response) {
    door_.answered(reply, response);
  });
  server_.secure(read_tls(config_), config_.tls());
  kv_.load(store_->metadata());
  pass_.after_durable([this](broker::CommitPass::Now) {
    waits_.release();
    return false;
  });
  upkeep_.every(std::chrono::duration_cast<std::chrono::seconds>(config_.namesrv.scan_every), [this] {
    for (const auto late : processors_.registry().expire(std::chrono::steady_clock::now()))
      server_.close(late);
  });
  const bool free_port = config_.port == 0 && config_.namesrv_port == BrokerConfig{}.namesrv_port;
  port_ = open_listener(server_, config_.ip, free_port ? 0 : config_.namesrv_port, "name server");
}

NamesrvNode::~NamesrvNode() { stop_threads(); }

void NamesrvNode::stop_threads() {
  server_.stop();
  pass_.stop();
  upkeep_.stop();
  loop_.context().restart();
  loop_.context().poll();
}

void NamesrvNode::closed(const net::Peer& peer) {
  door_.closed(peer.connection);
  processors_.registry().closed(peer.connection);
}

void NamesrvNode::reload() {
  try {
    auto tls = read_tls(config_);
    auto accounts = read_accounts(config_);
    boost::asio::post(loop_.context(),
                      [this, tls = std::move(tls), accounts = std::move(accounts)]() mutable {
                        server_.secure(std::move(tls), config_.tls());
                        if (accounts) door_.replace(std::move(*accounts));
                      });
    base::log("acl")->info("read again what decides who may come in");
  } catch (const CannotStart& problem) {
    base::log("acl")->error("accounts and certificate stay as they were error={}",
                            base::log_quoted(problem.what()));
  }
}

base::Result<> NamesrvNode::run() {
  upkeep_.start();
  loop_.run();
  stop_threads();
  return store_->close();
}

// What was asked for is answered by the pass that is running.
void NamesrvNode::stop() {
  boost::asio::post(loop_.context(), [this] {
    server_.stop_accepting();
    loop_.stop();
  });
}

std::string NamesrvNode::ready_line() const {
  const boost::json::object line{
      {"ready", true},
      {"namesrv", config_.ip + ":" + std::to_string(port_)},
      {"data", std::filesystem::absolute(config_.data).string()},
      {"pid", ::getpid()},
  };
  return boost::json::serialize(line);
}

}  // namespace mq::apps
