#pragma once
#include <functional>
#include <map>
#include <string>

#include "mq/base/aio/task_group.hpp"
#include "mq/base/clock.hpp"
#include "mq/client/client.hpp"
#include "mq/client/heartbeats.hpp"
#include "mq/client/name_servers.hpp"
#include "mq/client/route_table.hpp"
#include "mq/client/rpc.hpp"
#include "mq/model/unique_id.hpp"
#include "mq/net/rpc_client.hpp"

namespace mq::client {

// What the other files of this folder build on. It only joins its parts: connections, name servers,
// routes, heartbeats; and gives server requests to the consumer they concern.
class Client::Core {
 public:
  Core(boost::asio::any_io_executor executor, ClientOptions options);

  boost::asio::awaitable<void> stop();

  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  [[nodiscard]] const ClientOptions& options() const { return options_; }
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const base::Clock& clock() const { return clock_; }
  [[nodiscard]] base::Deadline rpc_deadline() const { return base::deadline_in(options_.rpc_timeout); }

  Rpc& rpc() { return rpc_; }
  NameServers& name_servers() { return name_servers_; }
  RouteTable& routes() { return routes_; }
  Heartbeats& heartbeats() { return heartbeats_; }
  UniqueIds& unique_ids() { return unique_ids_; }

  // What a consumer of this process wants to hear, and answers to the broker's questions about it.
  struct GroupListener {
    std::function<void()> changed;              // members (code 40) or routes: rebalance
    std::function<std::string()> running_info;  // code 307: the JSON body
    std::function<void()> disconnected;         // from any broker, which may have restarted
  };
  void listen(const std::string& group, GroupListener listener);
  void stop_listening(const std::string& group);

 private:
  protocol::Command on_server_request(const protocol::Command& request);

  // Constant after construction.
  boost::asio::any_io_executor executor_;
  ClientOptions options_;
  base::SystemClock system_clock_;
  const base::Clock& clock_;
  std::string id_;

  UniqueIds unique_ids_;
  net::RpcClient connections_;
  Rpc rpc_;
  NameServers name_servers_;
  RouteTable routes_;
  Heartbeats heartbeats_;
  std::map<std::string, GroupListener> listeners_;
  base::TaskGroup tasks_;  // route poll and heartbeats
};

}  // namespace mq::client
