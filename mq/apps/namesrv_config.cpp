#include "mq/apps/namesrv_config.hpp"

#include <algorithm>

namespace mq::apps {
namespace {

using base::Settings;

constexpr std::int64_t kSecond = 1000;
constexpr std::size_t kServersMax = 16;

bool is_host_and_port(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const auto port = text.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  return digits && std::stoi(port) >= 1 && std::stoi(port) <= 65535;
}

std::string milliseconds(const std::string& number) { return number + "ms"; }

}  // namespace

std::vector<std::string> NamesrvConfig::servers() const {
  std::vector<std::string> all;
  std::size_t at = 0;
  while (at < addresses.size()) {
    const auto end = std::min(addresses.find_first_of("; ,", at), addresses.size());
    auto one = addresses.substr(at, end - at);
    if (!one.empty() && std::ranges::find(all, one) == all.end()) all.push_back(std::move(one));
    at = end + 1;
  }
  return all;
}

void add_settings(Settings& settings, NamesrvConfig& config) {
  settings.add("role", config.role,
               "all: broker and name server; broker: no name server of its own; namesrv: only that");
  settings.choices("role", {"all", "broker", "namesrv"});
  settings.add("namesrv.addr", config.addresses,
               "name servers of other processes to register with, like 10.0.0.5:9876;10.0.0.6:9876");
  settings.add("namesrv.register-every", config.register_every, "time between two registrations");
  settings.range("namesrv.register-every", 10 * kSecond, 60 * kSecond);
  settings.add("namesrv.scan-every", config.scan_every,
               "how often the name server looks for brokers that are silent");
  settings.range("namesrv.scan-every", kSecond, 3600 * kSecond);
  settings.add("namesrv.expiry", config.expiry, "silence after which a registered broker is dropped");
  settings.range("namesrv.expiry", kSecond, 3600 * kSecond);
  settings.add(
      "namesrv.delete-absent-topics", config.delete_absent_topics,
      "a topic that a broker's registration does not name any more is deleted; only when all brokers "
      "send whole registrations");
  settings.add("namesrv.access-key", config.access_key,
               "access key that registrations are signed with, where name servers want one to log in");
  settings.add("namesrv.secret-key-file", config.secret_key_file, "file with the access key's secret");
  settings.add("namesrv.tls", config.tls, "speak TLS with the name servers");
  settings.add(
      "namesrv.tls-ca", config.tls_authorities,
      "certificates (PEM) of the authorities that a name server's must be signed by; empty: any will do");
  settings.property_name("namesrv.addr", "namesrvAddr");
  settings.property_name("namesrv.register-every", "registerNameServerPeriod", [](const std::string& text) {
    // Upstream takes any number and keeps it within 10 to 60 s.
    const auto number = std::strtoll(text.c_str(), nullptr, 10);
    return milliseconds(std::to_string(std::clamp<std::int64_t>(number, 10 * kSecond, 60 * kSecond)));
  });
  settings.property_name("namesrv.scan-every", "scanNotActiveBrokerInterval", milliseconds);
  settings.property_name("namesrv.delete-absent-topics", "deleteTopicWithBrokerRegistration");
}

std::string check(const NamesrvConfig& config) {
  const auto servers = config.servers();
  for (const auto& server : servers) {
    if (!is_host_and_port(server)) return "namesrv.addr must be host:port;host:port, not " + server;
  }
  if (servers.size() > kServersMax) return "namesrv.addr may name 16 name servers at most";
  if (config.role == "broker" && servers.empty()) {
    return "a broker without a name server needs one to register with: give namesrv.addr, or leave out role";
  }
  if (config.access_key.empty() != config.secret_key_file.empty()) {
    return "namesrv.access-key and namesrv.secret-key-file belong together: " +
           std::string(config.access_key.empty() ? "namesrv.access-key" : "namesrv.secret-key-file") +
           " is missing";
  }
  if (!config.tls && !config.tls_authorities.empty())
    return "namesrv.tls-ca is of use with namesrv.tls alone";
  if (servers.empty() && (config.tls || !config.access_key.empty())) {
    return "there is nobody to log in to: namesrv.access-key and namesrv.tls go with namesrv.addr";
  }
  if (config.is_alone() && !servers.empty()) {
    return "name servers do not register with each other: leave out namesrv.addr, or role";
  }
  return {};
}

}  // namespace mq::apps
