#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "mq/apps/namesrv_config.hpp"
#include "mq/base/log.hpp"
#include "mq/broker/commit_pass.hpp"
#include "mq/net/server.hpp"

namespace mq::apps {

// What sluice-mq can be told. Defaults are upstream's where upstream has the setting; but every listener
// binds loopback and a send is answered when it is on the disk.
struct BrokerConfig {
  std::filesystem::path data = "sluice-mq-data";
  bool ephemeral = false;        // a data directory for one run, and an end with the parent process
  std::string ready_json = "-";  // where the ready line goes: a file, or standard output

  std::string ip = "127.0.0.1";
  std::uint16_t port = 10911;         // 0: free ports for everything that keeps its default
  std::uint16_t namesrv_port = 9876;  // the VIP port is always port - 2
  std::uint16_t metrics_port = 5557;
  std::string metrics_ip;  // empty: what metrics_address() says
  bool metrics = true;
  std::string advertised;  // "ip:port" for routes and message ids; empty: what the client connected to
  bool insecure_public = false;

  std::filesystem::path acl;                       // file of accounts; empty: nobody has to log in
  std::filesystem::path tls_certificate, tls_key;  // PEM; empty: no TLS
  std::string tls_mode = "permissive";             // or "disabled", "enforcing"
  NamesrvConfig namesrv;
  int max_connections = 16'384;                   // or 90 % of the descriptors, if that is less
  std::chrono::milliseconds shutdown_drain{500};  // how long clients are told to go elsewhere

  std::string cluster = "DefaultCluster";
  std::string broker = "broker-a";

  std::string flush = "sync";  // or "async"
  std::size_t segment_size = std::size_t{128} << 20;
  int reserve_segments = 2;
  std::chrono::milliseconds retention_time = std::chrono::hours{72};
  std::size_t retention_size = 0;  // bytes of log; 0: no limit

  bool auto_create_topics = true;
  bool auto_create_groups = true;
  bool selectors = false;  // SQL92 filters
  int default_queues = 8;
  std::string delay_levels{"1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h"};
  std::chrono::milliseconds timer_max_delay = std::chrono::hours{72};
  bool recall = false;  // of timer messages
  std::chrono::milliseconds transaction_timeout = std::chrono::seconds{6};
  std::chrono::milliseconds transaction_interval = std::chrono::seconds{30};
  int transaction_checks = 15;
  std::filesystem::path test_clock;  // a clock page; empty: real time

  std::string log_level = "info";
  bool log_json = false;
  std::filesystem::path log_file;

  [[nodiscard]] broker::FlushMode flush_mode() const {
    return flush == "async" || ephemeral ? broker::FlushMode::async : broker::FlushMode::sync;
  }
  [[nodiscard]] bool is_public() const { return !ip.starts_with("127."); }
  [[nodiscard]] net::TlsMode tls() const;
  // Nobody logs in there: it leaves loopback only when that is asked for.
  [[nodiscard]] std::string metrics_address() const;
};

// Reads flags, environment and file into `config`. A number: exit with it.
std::optional<int> read_config(int argc, const char* const* argv, BrokerConfig& config);

// The settings as `key=value` lines under upstream's names, for tools (codes 26 and 319).
std::string upstream_lines(const BrokerConfig& config);

}  // namespace mq::apps
