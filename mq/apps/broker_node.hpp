#pragma once
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "mq/apps/broker_config.hpp"
#include "mq/apps/broker_processors.hpp"
#include "mq/apps/broker_state.hpp"
#include "mq/apps/listeners.hpp"
#include "mq/apps/namesrv_processors.hpp"
#include "mq/apps/test_routes.hpp"
#include "mq/base/clock.hpp"
#include "mq/broker/commit_pass.hpp"
#include "mq/broker/faults.hpp"
#include "mq/broker/front_door.hpp"
#include "mq/broker/metrics_server.hpp"
#include "mq/broker/registration.hpp"
#include "mq/broker/upkeep.hpp"
#include "mq/net/loop.hpp"
#include "mq/net/server.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::apps {

// Broker and name server of one process. Wiring: built top to bottom, gone bottom to top.
//
// Thread rule: everything on the thread that calls run(), except stop(). The clock outlives the node.
class BrokerNode {
 public:
  // Binds the listeners and makes the start-up topics durable: ready when it returns. Throws CannotStart.
  BrokerNode(BrokerConfig config, std::unique_ptr<storage::MessageStore> store, const base::Clock& clock);
  ~BrokerNode();
  BrokerNode(const BrokerNode&) = delete;
  BrokerNode& operator=(const BrokerNode&) = delete;

  // Serves until stop(), then closes the store. An error: what the next start will have to recover.
  base::Result<> run();
  // Reads the file of accounts, the certificate and the key again. One that cannot be taken leaves all as
  // they are, and the log says why. Any thread, not after run().
  void reload();
  // Leaves the name servers, stops accepting, tells clients for a while to go elsewhere, answers what becomes
  // durable within 5 s, and ends run(). Any thread.
  void stop();

  // What a test in this process may ask of it, without HTTP. As long as run() has not returned.
  [[nodiscard]] TestHooks test_hooks();

  [[nodiscard]] const Ports& ports() const { return ports_; }
  [[nodiscard]] std::uint16_t metrics_port() const { return metrics_ ? metrics_->port() : 0; }
  // One line of JSON with all endpoints.
  [[nodiscard]] std::string ready_line() const;
  // What it can do: for the test that walks the list. A broker alone has no name server.
  [[nodiscard]] const broker::Router& broker_router() const { return processors_->router(); }
  [[nodiscard]] const broker::Router& namesrv_router() const { return namesrv_->router(); }

 private:
  void load();
  void wire_passes();
  // How far groups are: what they have popped, then their offsets. True when some is left.
  bool flush_positions(std::chrono::steady_clock::time_point now);
  void wire_upkeep();
  void open_processors();
  void open_metrics();
  void take_metrics(broker::MetricsServer::Extent extent, const broker::MetricsServer::Taken& taken);
  void copy_numbers(broker::MetricsSnapshot& into);
  [[nodiscard]] std::unique_ptr<BrokerState> new_state();
  // Only of an ephemeral broker: everything but connections is as after a start.
  std::chrono::microseconds reset();
  void settle();
  void flush_now();
  void dispatch(const protocol::CommandView& request, const net::Peer& peer, net::Reply reply);
  void closed(const net::Peer& peer);
  void notify(net::ConnectionKey member, const std::string& group);
  void stop_threads();
  void send_clients_away(std::chrono::steady_clock::time_point until);
  void drain(std::chrono::steady_clock::time_point give_up);
  void open_registration();
  void expire_brokers();
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_timer() const;
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_revival() const;

  const BrokerConfig config_;
  const base::Clock& clock_;
  net::Loop loop_;
  std::unique_ptr<storage::MessageStore> store_;
  std::unique_ptr<BrokerState> state_;  // another one after a reset
  broker::CommitPass pass_;             // its hook comes before the server's: answers leave in the same pass
  broker::FrontDoor door_;
  net::Server server_;
  broker::Upkeep upkeep_;
  boost::asio::steady_timer drain_timer_;
  double disk_use_ = -1;
  bool draining_ = false;
  std::unique_ptr<broker::Faults> faults_;  // only of an ephemeral broker
  Ports ports_;
  std::unique_ptr<BrokerProcessors> processors_;  // built when the ports are known
  std::unique_ptr<NamesrvProcessors> namesrv_;
  std::unique_ptr<broker::MetricsServer> metrics_;
  std::unique_ptr<broker::Registration> registration_;  // nothing: no name servers to register with
};

}  // namespace mq::apps
