#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "mq/base/settings.hpp"
#include "mq/namesrv/broker_registry.hpp"

namespace mq::apps {

// Who finds whom: what this process is, where a broker registers, and how long a name server believes.
struct NamesrvConfig {
  std::string role = "all";  // "broker": without a name server; "namesrv": without a broker
  std::string addresses;     // "host:port;host:port": name servers of other processes
  std::chrono::milliseconds register_every{30'000};
  std::chrono::milliseconds scan_every{10'000};
  std::chrono::milliseconds expiry{120'000};
  bool delete_absent_topics = false;
  // Where those name servers want one to log in, and TLS.
  std::string access_key;                 // empty: registrations are not signed
  std::filesystem::path secret_key_file;  // of the access key
  bool tls = false;
  std::filesystem::path tls_authorities;  // PEM: whom to believe; empty: any certificate will do

  [[nodiscard]] bool serves_names() const { return role != "broker"; }
  [[nodiscard]] bool is_alone() const { return role == "namesrv"; }
  [[nodiscard]] namesrv::RegistryOptions registry() const {
    namesrv::RegistryOptions options;
    options.expiry = expiry;
    options.delete_absent_topics = delete_absent_topics;
    return options;
  }
  // The addresses, each once.
  [[nodiscard]] std::vector<std::string> servers() const;
};

void add_settings(base::Settings& settings, NamesrvConfig& config);
// What is wrong with it, for its user; empty: nothing.
std::string check(const NamesrvConfig& config);

}  // namespace mq::apps
