#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "mq/client/complaints.hpp"
#include "mq/client/name_servers.hpp"
#include "mq/client/route.hpp"
#include "mq/client/wakeup.hpp"

namespace mq::client {

// Where topics lie and where brokers listen, as the name servers said last.
//
// Invariant: a route once known stays until a newer one replaces it. A name server that fails, or has
// just restarted and knows nothing yet (17), takes nothing away.
class RouteTable {
 public:
  using Route = std::shared_ptr<const protocol::TopicRouteData>;
  using Addresses = std::map<std::int64_t, std::string>;  // by broker id; 0 is the master

  RouteTable(NameServers& name_servers, std::chrono::milliseconds interval)
      : name_servers_(name_servers), interval_(interval) {}

  // The known route, or the name server's word. Null with no error: there is no such topic.
  boost::asio::awaitable<base::Result<Route>> get(std::string topic);
  // Asks the name server now; callers who ask for one topic at the same time share the question. An
  // error only when nothing is known.
  boost::asio::awaitable<base::Result<Route>> refresh(std::string topic);
  // Has run() ask for this topic soon, for callers that cannot wait for a name server.
  void hurry(const std::string& topic);
  // Polls all known topics for ever.
  boost::asio::awaitable<void> run();

  [[nodiscard]] Route known(const std::string& topic) const;
  [[nodiscard]] const std::map<std::string, Addresses>& brokers() const { return brokers_; }
  // The address of broker `id`; else of the master, else of any: reading goes on while a master is missing.
  [[nodiscard]] std::optional<std::string> address(const std::string& broker,
                                                   std::int64_t id = kMasterId) const;
  [[nodiscard]] std::optional<std::string> master(const std::string& broker) const;

  // Called after any route changed, with the topic's name.
  using Changed = std::function<void(const std::string& topic)>;
  void on_changed(Changed changed) { changed_.push_back(std::move(changed)); }

 private:
  struct Question;
  boost::asio::awaitable<base::Result<Route>> ask(std::string topic);
  void replace(const std::string& topic, Route route);

  NameServers& name_servers_;
  std::chrono::milliseconds interval_;
  std::map<std::string, Route> routes_;
  std::map<std::string, Addresses> brokers_;  // by name; the union of all routes
  std::map<std::string, std::shared_ptr<Question>> asking_;
  std::set<std::string> hurried_;
  Wakeup answered_, hurry_;
  std::vector<Changed> changed_;
  Complaints complaints_;
};

}  // namespace mq::client
