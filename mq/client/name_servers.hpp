#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "mq/client/complaints.hpp"
#include "mq/client/rpc.hpp"

namespace mq::client {

// The cluster's name servers as one: stays with the one that answered last and turns to the next when
// it fails. They share nothing and are asked one at a time.
class NameServers {
 public:
  // `timeout` is for one server; a call takes at most that times the number of servers.
  NameServers(Rpc& rpc, std::vector<std::string> addresses, std::chrono::milliseconds timeout);

  // The first answer, whatever its code; the last error when no server answers.
  boost::asio::awaitable<base::Result<protocol::Command>> call(protocol::Command request);

  [[nodiscard]] const std::vector<std::string>& addresses() const { return addresses_; }

 private:
  Rpc& rpc_;
  std::vector<std::string> addresses_;
  std::chrono::milliseconds timeout_;
  std::size_t current_ = 0;
  Complaints complaints_;
};

}  // namespace mq::client
