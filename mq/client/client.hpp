#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

#include "mq/base/clock.hpp"
#include "mq/client/options.hpp"

namespace mq::client {

// What producers, consumers and admin calls of one process share: connections, routes, heartbeats,
// the client id. Build it first, stop it last.
//
// Thread rule: the executor's one thread, as everything of mq/client.
class Client {
 public:
  Client(boost::asio::any_io_executor executor, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] const std::string& id() const;  // "ip@pid#start"
  [[nodiscard]] boost::asio::any_io_executor executor() const;

  // Ends the background work and closes the connections. Producers and consumers must have stopped; each
  // unregisters itself.
  boost::asio::awaitable<void> stop();

  class Core;  // routes, calls with fail-over, heartbeats; for the other files of this folder
  [[nodiscard]] Core& core() { return *core_; }

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace mq::client
