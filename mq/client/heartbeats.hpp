#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "mq/base/aio/task_group.hpp"
#include "mq/client/complaints.hpp"
#include "mq/client/route_table.hpp"
#include "mq/client/rpc.hpp"
#include "mq/client/wakeup.hpp"
#include "mq/protocol/bodies_group.hpp"

namespace mq::client {

// Keeps every broker informed which groups live in this process (rocketmq-wire.md 4.4): regularly, at
// once after a change, and at once after a connection broke, because a broker forgets a client with
// its connection.
class Heartbeats {
 public:
  struct Options {
    std::string client_id;
    std::chrono::milliseconds interval{30'000};
    std::chrono::milliseconds timeout{3000};
  };
  Heartbeats(boost::asio::any_io_executor executor, Rpc& rpc, RouteTable& routes, Options options);

  // A group may be added by several producers of the process; it leaves with the last.
  void add_producer(const std::string& group);
  void remove_producer(const std::string& group);
  // Pre: no consumer of this group is there; brokers know members by client id, one per group.
  void add_consumer(protocol::ConsumerData consumer);
  void remove_consumer(const std::string& group);
  [[nodiscard]] bool has_consumer(const std::string& group) const { return consumers_.contains(group); }

  // Returns when each broker that had not heard the latest was told, or could not be.
  boost::asio::awaitable<void> catch_up();
  // Makes the next catch_up() tell this broker, or all, again although they heard it.
  void forget(const std::string& address);
  void forget_all() { told_.clear(); }

  // Code 35 to every broker, at most until `deadline`. Empty names are left out.
  boost::asio::awaitable<void> unregister(std::string producer_group, std::string consumer_group,
                                          base::Deadline deadline);

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> stop() { return tasks_.stop(); }

 private:
  [[nodiscard]] std::set<std::string> targets() const;
  [[nodiscard]] bool is_told(const std::string& address) const;
  [[nodiscard]] std::string body() const;
  void start(const std::string& address);
  boost::asio::awaitable<void> beat(std::string address);
  boost::asio::awaitable<void> unregister_at(std::string address, protocol::Command request,
                                             base::Deadline deadline, std::shared_ptr<std::size_t> left);
  void changed();

  Rpc& rpc_;
  RouteTable& routes_;
  Options options_;
  std::map<std::string, int> producers_;
  std::map<std::string, protocol::ConsumerData> consumers_;
  std::uint64_t version_ = 1;                   // of the two above
  std::map<std::string, std::uint64_t> told_;   // by address: the version a broker confirmed
  std::map<std::string, base::Deadline> next_;  // by address: not to be tried again before
  std::set<std::string> beating_;
  Wakeup finished_, wanted_;
  Complaints complaints_;
  base::TaskGroup tasks_;  // one task per broker being told
};

}  // namespace mq::client
