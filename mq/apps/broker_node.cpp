#include "mq/apps/broker_node.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "mq/apps/connection_limit.hpp"
#include "mq/apps/security_files.hpp"
#include "mq/base/log.hpp"
#include "mq/protocol/headers_group.hpp"

namespace mq::apps {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
constexpr std::chrono::seconds kDrainMax{5};
constexpr milliseconds kDrainLook{2};
constexpr milliseconds kAwayLook{10};
// Clients up to this version do not know code 1500 (V5_3_1; rocketmq-wire.md 1.4).
constexpr std::int32_t kNoGoAwayVersion = 475;
std::uint16_t port_or_free(std::uint16_t wanted, std::uint16_t standard, bool free_ports) {
  return free_ports && wanted == standard ? 0 : wanted;
}

}  // namespace

BrokerNode::BrokerNode(BrokerConfig config, std::unique_ptr<storage::MessageStore> store,
                       const base::Clock& clock)
    : config_(std::move(config)),
      clock_(clock),
      store_(std::move(store)),
      state_(new_state()),
      pass_(loop_, *store_, config_.flush_mode()),
      door_(read_accounts(config_),
            [this](net::ConnectionKey connection, std::string_view name) {
              const auto* group = state_->clients.find_consumers(name);
              return group != nullptr && group->members.contains(connection);
            }),
      server_(
          loop_, server_options(config_),
          [this](const protocol::CommandView& request, const net::Peer& peer, net::Reply reply) {
            dispatch(request, peer, reply);
          },
          [this](const net::Peer& peer) { closed(peer); }),
      upkeep_(loop_, *store_, {config_.retention_time, config_.retention_size}),
      drain_timer_(loop_.context()) {
  server_.watch([this](const net::Reply& reply, const protocol::ResponseView& response) {
    door_.answered(reply, response);
  });
  server_.secure(read_tls(config_), config_.tls());
  if (config_.ephemeral) {
    faults_ = std::make_unique<broker::Faults>(loop_.context(), server_, [this](const std::string& group) {
      const auto* const found = state_->clients.find_consumers(group);
      if (found == nullptr) return;
      for (const auto& [member, seen] : found->members) notify(member, group);
    });
  }
  load();
  wire_passes();
  wire_upkeep();
  const bool free_ports = config_.port == 0;
  std::optional<std::uint16_t> names;
  if (config_.namesrv.serves_names()) {
    names = port_or_free(config_.namesrv_port, BrokerConfig{}.namesrv_port, free_ports);
  }
  ports_ = open_listeners(server_, config_.ip, config_.port, names);
  open_processors();
  if (namesrv_) {
    upkeep_.every(std::chrono::duration_cast<std::chrono::seconds>(config_.namesrv.scan_every),
                  [this] { expire_brokers(); });
  }
  open_registration();
  if (config_.metrics) open_metrics();
}

BrokerNode::~BrokerNode() { stop_threads(); }

std::unique_ptr<BrokerState> BrokerNode::new_state() {
  return std::make_unique<BrokerState>(
      config_, *store_, clock_,
      [this](net::ConnectionKey member, const std::string& group) { notify(member, group); },
      [this](net::ConnectionKey producer, const protocol::Command& check) {
        server_.send_oneway(producer, check);
      });
}

// In this order: nobody posts to the loop any more, then what was posted runs, while everything it needs is
// still there. The store gets its jobs back that way too.
void BrokerNode::stop_threads() {
  if (metrics_) metrics_->stop();
  if (registration_) registration_->close();
  server_.stop();
  pass_.stop();
  upkeep_.stop();
  loop_.context().restart();
  loop_.context().poll();
}

// The tables, and the start-up topics on the disk before anyone can ask for a route.
void BrokerNode::load() {
  if (const auto loaded = state_->load(); !loaded) {
    throw CannotStart("the start-up topics cannot be stored (" + loaded.error().message() +
                      "): free some space on the disk of " + config_.data.string());
  }
  if (const auto written = store_->write_pass(); !written) {
    throw CannotStart("the log in " + config_.data.string() + " cannot be written (" +
                      written.error().message() + ")");
  }
  if (const auto job = store_->take_sync_job()) {
    if (const auto synced = job->run(); !synced) {
      throw CannotStart("the log in " + config_.data.string() + " cannot be synced (" +
                        synced.error().message() + ")");
    }
    store_->synced(*job);
  }
}

void BrokerNode::wire_upkeep() {
  upkeep_.every(std::chrono::seconds{10}, [this] {
    state_->clients.expire(Steady::now());
    state_->stats.sample(Steady::now());
    std::error_code error;
    const auto space = std::filesystem::space(config_.data, error);
    if (error || space.capacity == 0) return;
    disk_use_ = 1.0 - static_cast<double>(space.available) / static_cast<double>(space.capacity);
  });
}

void BrokerNode::expire_brokers() {
  if (!namesrv_) return;
  for (const auto late : namesrv_->registry().expire(Steady::now())) server_.close(late);
}

void BrokerNode::open_processors() {
  auto listener = *parse_host(config_.ip + ":" + std::to_string(ports_.broker));
  std::optional<Host> advertised;
  if (!config_.advertised.empty()) advertised = parse_host(config_.advertised);
  state_->revival.set_store_host(advertised.value_or(listener));
  processors_ = std::make_unique<BrokerProcessors>(
      config_, *state_, clock_, advertised.value_or(listener), [this] { return disk_use_; },
      [this](net::ConnectionKey client, const auto& request, net::Server::Answered then) {
        server_.call(client, request, broker::kRelayLimit, std::move(then));
      });
  if (!config_.namesrv.serves_names()) return;
  namesrv::RouteOptions routes{config_.cluster, config_.broker, ports_.broker, advertised, listener};
  namesrv_ = std::make_unique<NamesrvProcessors>(config_.namesrv.registry(),
                                                 namesrv::BundledBroker{state_->topics, std::move(routes)},
                                                 state_->kv, state_->waits, upstream_lines(config_));
}

// The bundled name server reads the topics where they are: it is not registered with.
void BrokerNode::open_registration() {
  broker::RegistrationOptions options;
  options.name_servers = config_.namesrv.servers();
  std::erase(options.name_servers, config_.ip + ":" + std::to_string(ports_.namesrv));
  if (options.name_servers.empty()) return;
  auto at = *parse_host(config_.ip + ":" + std::to_string(ports_.broker));
  if (!config_.advertised.empty()) at = *parse_host(config_.advertised);
  options.who = {config_.broker, to_string(at), config_.cluster, 0};
  options.ha_address = to_string(Host{at.ip, static_cast<std::uint16_t>(at.port + 1)});
  options.start_ms = base::to_millis(clock_.now());
  options.every = config_.namesrv.register_every;
  auto login = read_namesrv_login(config_.namesrv);
  options.access_key = std::move(login.access_key);
  options.secret_key = std::move(login.secret_key);
  options.tls = std::move(login.tls);
  registration_ = std::make_unique<broker::Registration>(loop_, *store_, state_->topics, std::move(options));
}

void BrokerNode::open_metrics() {
  net::HttpServerOptions options;
  options.ip = config_.metrics_address();
  options.handler_max = kAwaitMax + std::chrono::seconds{15};
  options.port = port_or_free(config_.metrics_port, BrokerConfig{}.metrics_port, config_.port == 0);
  auto source = [this](broker::MetricsServer::Extent extent, broker::MetricsServer::Taken taken) {
    boost::asio::post(loop_.context(),
                      [this, extent, taken = std::move(taken)] { take_metrics(extent, taken); });
  };
  try {
    metrics_ = std::make_unique<broker::MetricsServer>(std::move(options), config_.cluster, config_.broker,
                                                       std::move(source), [this](net::HttpServer& http) {
                                                         if (config_.metrics_address().starts_with("127."))
                                                           add_test_routes(http, test_hooks());
                                                       });
  } catch (const boost::system::system_error& error) {
    throw CannotStart("port " + std::to_string(config_.metrics_port) + " of " + config_.metrics_address() +
                      " for metrics cannot be opened (" + error.code().message() +
                      "): stop the program that has it, choose another with --metrics-port, or say "
                      "--metrics-enabled=false");
  }
}

void BrokerNode::dispatch(const protocol::CommandView& request, const net::Peer& peer, net::Reply reply) {
  if (draining_ && request.version > kNoGoAwayVersion && !request.is_oneway()) {
    protocol::ResponseView away;
    away.code = protocol::response_code::kGoAway;
    away.remark = "please go away";
    return reply(away);
  }
  if (faults_ && faults_->armed() && faults_->meet(request, reply)) return;
  auto& router = namesrv_ && peer.local.port == ports_.namesrv ? namesrv_->router() : processors_->router();
  door_.dispatch(router, request, peer, reply);
}

void BrokerNode::closed(const net::Peer& peer) {
  door_.closed(peer.connection);
  state_->polls.drop(peer.connection);
  state_->pop_waiters.drop(peer.connection);
  state_->notifications.drop(peer.connection);
  state_->clients.closed(peer.connection);
  if (namesrv_) namesrv_->registry().closed(peer.connection);
  if (faults_) faults_->closed(peer.connection);
}

void BrokerNode::notify(net::ConnectionKey member, const std::string& group) {
  protocol::NotifyConsumerIdsChangedRequest header;
  header.consumer_group = group;
  auto command = protocol::make_request(header);
  command.flag = protocol::kOnewayFlag;
  server_.send_oneway(member, command);
}

base::Result<> BrokerNode::run() {
  upkeep_.start();
  if (registration_) registration_->start();
  loop_.run();
  stop_threads();
  const auto popped = state_->pops.flush_all();
  if (const auto stored = state_->offsets.flush_all(); !stored || !popped) {
    base::log("broker")->warn(
        "the latest consumer offsets were not stored, messages will come again error={}",
        base::log_quoted((stored ? popped.error() : stored.error()).message()));
  }
  return store_->close();
}

void BrokerNode::reload() {
  try {
    auto tls = read_tls(config_);
    auto accounts = read_accounts(config_);
    boost::asio::post(loop_.context(),
                      [this, tls = std::move(tls), accounts = std::move(accounts)]() mutable {
                        const auto count = accounts ? accounts->by_key.size() : 0;
                        base::log("acl")->info("read again what decides who may come in accounts={} tls={}",
                                               count, config_.tls_mode);
                        server_.secure(std::move(tls), config_.tls());
                        if (accounts) door_.replace(std::move(*accounts));
                      });
  } catch (const CannotStart& problem) {
    base::log("acl")->error("accounts and certificate stay as they were error={}",
                            base::log_quoted(problem.what()));
  }
}

void BrokerNode::stop() {
  boost::asio::post(loop_.context(), [this] {
    if (std::exchange(draining_, true)) return;
    server_.stop_accepting();
    if (registration_) registration_->leave();
    send_clients_away(Steady::now() + config_.shutdown_drain);
  });
}

// New requests are answered 1500, and go to another broker as soon as routes say so; what is one-way
// (offsets, decisions of transactions) and what old clients ask is served. Nobody left to tell: no need to
// wait.
void BrokerNode::send_clients_away(Steady::time_point until) {
  const bool left = !registration_ || registration_->has_left();
  const bool told = Steady::now() >= until || server_.stats().connections == 0;
  drain_timer_.expires_after(kAwayLook);
  if (!left || !told) {
    drain_timer_.async_wait([this, until](const boost::system::error_code&) { send_clients_away(until); });
    return;
  }
  state_->targets.close();
  drain(Steady::now() + kDrainMax);
}

// Waits for the sync that answers the sends in flight; pulls that wait are told to come again.
void BrokerNode::drain(Steady::time_point give_up) {
  state_->polls.serve_all();
  state_->pop_waiters.serve_all();
  state_->notifications.serve_all();
  state_->awaits.give_up(broker::AwaitEnd::stopping);
  const bool answered = state_->sends.size() == 0 && state_->waits.size() == 0;
  drain_timer_.expires_after(kDrainLook);
  if (answered || Steady::now() >= give_up) {
    // One more pass, in which the server writes the last answers out.
    drain_timer_.async_wait([this](const boost::system::error_code&) { loop_.stop(); });
  } else {
    drain_timer_.async_wait([this, give_up](const boost::system::error_code&) { drain(give_up); });
  }
}

std::string BrokerNode::ready_line() const {
  const auto at = [this](std::uint16_t port) { return config_.ip + ":" + std::to_string(port); };
  boost::json::object line{
      {"ready", true},
      {"broker", at(ports_.broker)},
      {"vip", at(ports_.vip)},
  };
  if (namesrv_) line["namesrv"] = at(ports_.namesrv);
  if (metrics_) {
    line["metrics"] =
        "http://" + config_.metrics_address() + ":" + std::to_string(metrics_->port()) + "/metrics";
  }
  line["data"] = std::filesystem::absolute(config_.data).string();
  line["flush"] = config_.flush;
  line["pid"] = ::getpid();
  return boost::json::serialize(line);
}

}  // namespace mq::apps
