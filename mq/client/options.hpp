#pragma once
#include <chrono>
#include <filesystem>
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
  // For clusters where one has to log in: every request is signed. Without an access key none is.
  std::string access_key{};
  std::string secret_key{};
  std::string security_token{};
  bool tls = false;                         // TLS to name servers and brokers
  std::filesystem::path tls_authorities{};  // PEM: whom to believe; empty: any certificate will do
  const base::Clock* clock = nullptr;  // birth times and message ids; null: system time. Outlives the client
};

}  // namespace mq::client
