#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "mq/apps/broker_config.hpp"
#include "mq/apps/listeners.hpp"
#include "mq/apps/namesrv_processors.hpp"
#include "mq/broker/commit_pass.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/front_door.hpp"
#include "mq/broker/upkeep.hpp"
#include "mq/namesrv/kv_config.hpp"
#include "mq/net/loop.hpp"
#include "mq/net/server.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::apps {

// A name server without a broker. What tools keep in it (codes 100 to 102) is in a small log of its own;
// routes are in memory, told by the brokers that register.
//
// Thread rule: everything on the thread that calls run(), except stop().
class NamesrvNode {
 public:
  // Binds the listener: ready when it returns. Throws CannotStart.
  NamesrvNode(BrokerConfig config, std::unique_ptr<storage::MessageStore> store);
  ~NamesrvNode();
  NamesrvNode(const NamesrvNode&) = delete;
  NamesrvNode& operator=(const NamesrvNode&) = delete;

  // Reads the file of accounts, the certificate and the key again, as BrokerNode does. Any thread, not after
  // run().
  void reload();
  // Serves until stop(), then closes the store. An error: what the next start will have to recover.
  base::Result<> run();
  void stop();  // any thread

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string ready_line() const;

 private:
  void stop_threads();
  void closed(const net::Peer& peer);

  const BrokerConfig config_;
  net::Loop loop_;
  std::unique_ptr<storage::MessageStore> store_;
  namesrv::KvConfig kv_;
  broker::DurableWaits waits_;
  broker::CommitPass pass_;
  NamesrvProcessors processors_;
  broker::FrontDoor door_;
  net::Server server_;
  broker::Upkeep upkeep_;
  std::uint16_t port_ = 0;
};

}  // namespace mq::apps
