#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mq/broker/fault_rule.hpp"
#include "mq/net/server.hpp"
#include "mq/protocol/command.hpp"

namespace mq::broker {

// What tests want to go wrong. Stands in the way of requests before they are dispatched, and of the answers
// of those that it marked (net::Server::intercept).
//
// A rule that has struck as often as it was told stays in the list with its count. Of several rules that
// match a request the oldest strikes. Thread rule: the hot thread. The server outlives it. Times are steady.
class Faults {
 public:
  static constexpr std::size_t kRulesMax = 100;
  static constexpr std::size_t kDelayedMax = 10'000;  // answers at a time; more are not delayed
  static constexpr std::chrono::milliseconds kStormBeat{100};
  // Tells the members of a group that it changed.
  using Stir = std::function<void(const std::string& group)>;

  Faults(boost::asio::io_context& context, net::Server& server, Stir stir);
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  // Its number; 0: there are too many.
  std::uint64_t add(FaultRule rule);
  bool remove(std::uint64_t id);
  void clear();
  [[nodiscard]] std::vector<FaultCount> list() const;

  // Whether any rule may strike: false costs one look.
  [[nodiscard]] bool armed() const { return armed_; }
  // True: the request is dealt with. Otherwise it goes on, perhaps with its answer watched.
  bool meet(const protocol::CommandView& request, net::Reply& reply);
  void answered(const net::Reply& reply, const protocol::ResponseView& response);
  // The connection is gone: its answers will not come.
  void closed(net::ConnectionKey connection);

 private:
  using Now = std::chrono::steady_clock::time_point;
  struct Rule {
    FaultCount count;
    double due = 0;  // of share: strikes at 1
    Now until{};     // of a rebalance
  };
  struct Watched {  // what happens to an answer
    FaultRule::Do what = FaultRule::Do::answer;
    std::int32_t code = 0;
    std::chrono::milliseconds time{};
    std::string offset;  // of a pull: what it asked for
  };
  using Key = std::pair<net::ConnectionKey, std::int32_t>;

  Rule* find(const protocol::CommandView& request);
  bool strikes(Rule& rule, std::string_view topic, std::string_view group);
  void watch(const Rule& rule, const protocol::CommandView& request, net::Reply& reply);
  void refuse(const FaultRule& rule, const protocol::CommandView& request, const net::Reply& reply);
  void delay(const net::Reply& reply, const protocol::ResponseView& response, std::chrono::milliseconds time);
  void pull_again(const net::Reply& reply, const protocol::ResponseView& response, const std::string& offset);
  void add_member(const net::Reply& reply, const protocol::ResponseView& response);
  void storm();
  void send_due();
  void arm();

  struct Delayed {
    net::Reply reply;
    protocol::Command answer;
  };

  net::Server& server_;
  Stir stir_;
  std::list<Rule> rules_;
  std::map<Key, Watched> watched_;
  std::multimap<Now, Delayed> delayed_;
  boost::asio::steady_timer storm_timer_;
  boost::asio::steady_timer delay_timer_;
  std::uint64_t last_id_ = 0;
  bool armed_ = false;
};

}  // namespace mq::broker
