#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace base {
class Clock;
}

namespace mq::client {

// How a process talks to a cluster: one broker or several, one name server or several.
struct ClientOptions {
  std::vector<std::string> name_servers{"127.0.0.1:9876"};
  std::string instance;  // part of the client id; empty: pid and start time
  std::chrono::milliseconds rpc_timeout{3000};
  std::chrono::milliseconds route_interval{30'000};
  std::chrono::milliseconds heartbeat_interval{30'000};
  const base::Clock* clock = nullptr;  // birth times and message ids; null: system time. Outlives the client
};

}  // namespace mq::client
