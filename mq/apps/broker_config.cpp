#include "mq/apps/broker_config.hpp"

#include "mq/base/settings.hpp"
#include "mq/broker/delay.hpp"
#include "mq/model/names.hpp"
#include "mq/model/record.hpp"

namespace mq::apps {
namespace {

using base::Settings;

void add_network(Settings& settings, BrokerConfig& config) {
  settings.add("ip", config.ip, "address of all listeners");
  settings.add("port", config.port,
               "port of the broker; port-2 serves the same (VIP channel); 0 takes free ports for "
               "everything that keeps its default");
  settings.add("namesrv.port", config.namesrv_port, "port of the name server");
  settings.add("metrics.port", config.metrics_port, "port of GET /metrics");
  settings.add(
      "metrics.ip", config.metrics_ip,
      "address of GET /metrics, where nobody has to log in; empty: that of `ip` when it is loopback or "
      "insecure-public is said, else 127.0.0.1");
  settings.add("metrics.enabled", config.metrics, "serve Prometheus metrics and health");
  settings.add("advertised", config.advertised,
               "ip:port that routes name; empty: the address the client connected to");
  settings.add("insecure-public", config.insecure_public,
               "allow an address other than loopback without a file of accounts or without TLS");
  settings.add(
      "acl", config.acl,
      "file of accounts in RocketMQ's plain_acl.yml form: every request is to be signed, and checked; "
      "read again at SIGHUP; empty: nobody has to log in");
  settings.add("tls.cert", config.tls_certificate,
               "certificate (PEM, with its chain) for TLS on all ports; read again at SIGHUP; empty: no TLS");
  settings.add("tls.key", config.tls_key, "key of the certificate (PEM)");
  settings.add("tls.mode", config.tls_mode,
               "permissive: clients may speak TLS or not; enforcing: they must; disabled: they cannot");
  settings.choices("tls.mode", {"disabled", "permissive", "enforcing"});
  settings.alias("tls.mode", "--tls");
  settings.add("max-connections", config.max_connections,
               "connections above this, or above 90 % of the descriptors, are refused");
  settings.range("max-connections", 1, 1'000'000);
  settings.add("shutdown.drain", config.shutdown_drain,
               "at an orderly end, how long clients are told to go elsewhere before connections close");
  settings.range("shutdown.drain", 0, 4000);
  settings.property_name("port", "listenPort");
  settings.property_name("ip", "bindAddress");
}

void add_identity(Settings& settings, BrokerConfig& config) {
  settings.add("cluster", config.cluster, "name of the cluster");
  settings.add("broker", config.broker, "name of the broker");
  settings.property_name("cluster", "brokerClusterName");
  settings.property_name("broker", "brokerName");
}

void add_storage(Settings& settings, BrokerConfig& config) {
  settings.add("data", config.data, "data directory, made when missing");
  settings.add(
      "ephemeral", config.ephemeral,
      "for tests: a data directory that goes with this run, nothing is synced, the broker ends when the "
      "process that started it has ended, and POST /reset and /faults beside /metrics are for you");
  settings.add("ready-json", config.ready_json,
               "file that gets the line of JSON with all endpoints once they are open; -: standard output");
  settings.add("flush", config.flush,
               "sync: a send is answered when it is on the disk; async: up to 500 ms before that");
  settings.choices("flush", {"sync", "async"});
  settings.add("segment.size", config.segment_size, "size of one file of the log", Settings::Kind::size);
  settings.range("segment.size", 1 << 20, std::int64_t{4} << 30);
  settings.add("segment.reserve", config.reserve_segments, "written segments kept ready");
  settings.range("segment.reserve", 0, 64);
  settings.add("retention.time", config.retention_time, "how long messages are kept, in real time");
  settings.range("retention.time", 1000, std::int64_t{3650} * 24 * 3600 * 1000);
  settings.add("retention.size", config.retention_size, "largest log; 0: no limit", Settings::Kind::size);
  settings.property_name("data", "storePathRootDir");
  settings.property_name("flush", "flushDiskType",
                         [](const std::string& text) { return text == "ASYNC_FLUSH" ? "async" : "sync"; });
  settings.property_name("segment.size", "mappedFileSizeCommitLog");
  settings.property_name("retention.time", "fileReservedTime",
                         [](const std::string& hours) { return hours + "h"; });
}

std::string milliseconds(const std::string& number) { return number + "ms"; }

void add_behaviour(Settings& settings, BrokerConfig& config) {
  settings.add("auto-create-topics", config.auto_create_topics, "sending to an unknown topic makes it");
  settings.add("auto-create-groups", config.auto_create_groups, "an unknown group is made on first use");
  settings.add("default-queues", config.default_queues, "most queues of an auto-created topic");
  settings.range("default-queues", 1, 10'000);
  settings.add("selectors", config.selectors, "consumers may filter by SQL92 selectors");
  settings.add("delay.levels", config.delay_levels, "the delay levels, 1 and on");
  settings.add("timer.max-delay", config.timer_max_delay, "longest delay by timer properties");
  settings.range("timer.max-delay", 0, std::int64_t{365} * 24 * 3600 * 1000);
  settings.add("recall", config.recall, "producers may take timer messages back before they are due");
  settings.add("transaction.timeout", config.transaction_timeout,
               "age of an undecided half message at which its producer is asked first");
  settings.range("transaction.timeout", 10, std::int64_t{24} * 3600 * 1000);
  settings.add("transaction.check-interval", config.transaction_interval, "time between two checks of one");
  settings.range("transaction.check-interval", 10, std::int64_t{24} * 3600 * 1000);
  settings.add("transaction.check-max", config.transaction_checks,
               "checks after which it is parked in TRANS_CHECK_MAX_TIME_TOPIC");
  settings.range("transaction.check-max", 0, 1000);
  settings.add("test-clock", config.test_clock, "page file of the business clock; for tests and demos");
  settings.property_name("auto-create-topics", "autoCreateTopicEnable");
  settings.property_name("auto-create-groups", "autoCreateSubscriptionGroup");
  settings.property_name("default-queues", "defaultTopicQueueNums");
  settings.property_name("selectors", "enablePropertyFilter");
  settings.property_name("delay.levels", "messageDelayLevel");
  settings.property_name("recall", "recallMessageEnable");
  settings.property_name("transaction.timeout", "transactionTimeOut", milliseconds);
  settings.property_name("transaction.check-interval", "transactionCheckInterval", milliseconds);
  settings.property_name("transaction.check-max", "transactionCheckMax");
  settings.property_name("timer.max-delay", "timerMaxDelaySec",
                         [](const std::string& seconds) { return seconds + "s"; });
}

void add_log(Settings& settings, BrokerConfig& config) {
  settings.add("log.level", config.log_level, "trace, debug, info, warn or error");
  settings.choices("log.level", {"trace", "debug", "info", "warn", "error"});
  settings.add("log.json", config.log_json, "one JSON object a line");
  settings.add("log.file", config.log_file, "rotated file; empty: standard error");
}

void ignore_upstream_keys(Settings& settings) {
  settings.property_ignored("brokerId", "there is one broker, id 0");
  settings.property_ignored("brokerRole", "there is no replication; use a RocketMQ cluster for that");
  settings.property_ignored("deleteWhen", "old segments go as soon as they are too old");
  settings.property_ignored("brokerIP1", "set `advertised`");
}

// What a broker that others can reach lacks; empty: nothing.
std::string missing_protection(const BrokerConfig& config) {
  std::string missing;
  if (config.acl.empty()) missing = "a file of accounts (acl)";
  if (config.tls() != net::TlsMode::enforcing) {
    missing += std::string(missing.empty() ? "" : " and ") +
               (config.tls_certificate.empty() ? "TLS (tls.cert, tls.key, tls.mode=enforcing)"
                                               : "tls.mode=enforcing");
  }
  return missing;
}

std::string check(const BrokerConfig& config) {
  if (!parse_host(config.ip + ":1")) return "ip must be a numeric IPv4 address, not " + config.ip;
  if (!config.advertised.empty() && !parse_host(config.advertised)) {
    return "advertised must be ip:port with a numeric IPv4 address, not " + config.advertised;
  }
  if (auto wrong = check(config.namesrv); !wrong.empty()) return wrong;
  if (!config.namesrv.addresses.empty() && config.ip == "0.0.0.0" && config.advertised.empty()) {
    return "name servers have to be told where this broker is: set advertised";
  }
  if (config.ephemeral && !config.namesrv.servers().empty()) {
    return "ephemeral has a name server of its own, and registers with no other: leave out namesrv-addr, or "
           "ephemeral";
  }
  if (config.ephemeral && config.data != BrokerConfig{}.data) {
    return "ephemeral makes a data directory of its own, and removes it: leave out data, or ephemeral";
  }
  if (!config.metrics_ip.empty() && !parse_host(config.metrics_ip + ":1")) {
    return "metrics.ip must be a numeric IPv4 address, not " + config.metrics_ip;
  }
  if (config.port != 0 && config.port < 3) return "port must leave room for the VIP port, port-2";
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    return "tls.cert and tls.key belong together: " +
           std::string(config.tls_key.empty() ? "tls.key" : "tls.cert") + " is missing";
  }
  if (config.tls_mode == "enforcing" && config.tls_certificate.empty()) {
    return "tls.mode=enforcing needs tls.cert and tls.key";
  }
  if (config.is_public() && !config.insecure_public) {
    if (const auto missing = missing_protection(config); !missing.empty()) {
      return "ip " + config.ip + " is reachable by others, and " + missing +
             " is missing: add it, use 127.0.0.1, or say insecure-public";
    }
  }
  const auto levels = broker::DelayLevels::parse(config.delay_levels);
  if (!levels || levels->count() > 64) return "delay.levels must be 1 to 64 times like \"1s 5s 10s 1m\"";
  if (!is_valid_topic(config.cluster)) return "cluster may have the characters %|a-zA-Z0-9_- only";
  if (!is_valid_topic(config.broker)) return "broker may have the characters %|a-zA-Z0-9_- only";
  return {};
}

}  // namespace

net::TlsMode BrokerConfig::tls() const {
  if (tls_certificate.empty() || tls_mode == "disabled") return net::TlsMode::disabled;
  return tls_mode == "enforcing" ? net::TlsMode::enforcing : net::TlsMode::permissive;
}

std::string BrokerConfig::metrics_address() const {
  if (!metrics_ip.empty()) return metrics_ip;
  return is_public() && !insecure_public ? "127.0.0.1" : ip;
}

std::optional<int> read_config(int argc, const char* const* argv, BrokerConfig& config) {
  Settings settings("sluice-mq",
                    "A message broker with its name server, speaking RocketMQ's remoting protocol.");
  add_network(settings, config);
  add_identity(settings, config);
  add_settings(settings, config.namesrv);
  add_storage(settings, config);
  add_behaviour(settings, config);
  add_log(settings, config);
  ignore_upstream_keys(settings);
  settings.example("sluice-mq --data ./data");
  settings.example("sluice-mq --port 0 --data /tmp/mq        # free ports, printed as one JSON line");
  settings.example("sluice-mq --ephemeral --port 0            # for one test run; leaves nothing behind");
  settings.example(
      "sluice-mq --verify ./data                  # reads a stopped broker's data, says if it is whole");
  settings.example("sluice-mq --role namesrv                  # a name server alone, for other brokers");
  settings.example(
      "sluice-mq --role broker --namesrv-addr 10.0.0.5:9876   # and a broker that registers there");
  settings.example("sluice-mq --config conf/broker.conf      # RocketMQ's keys where they mean the same");
  settings.check([&config] { return check(config); });
  return settings.parse(argc, argv);
}

std::string upstream_lines(const BrokerConfig& config) {
  const auto yes_no = [](bool yes) { return std::string(yes ? "true" : "false"); };
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(config.retention_time).count();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(config.timer_max_delay).count();
  std::string lines;
  const auto line = [&](std::string_view key, const std::string& value) {
    lines.append(key).append("=").append(value).append("\n");
  };
  line("autoCreateSubscriptionGroup", yes_no(config.auto_create_groups));
  line("autoCreateTopicEnable", yes_no(config.auto_create_topics));
  line("bindAddress", config.ip);
  line("brokerClusterName", config.cluster);
  line("brokerId", "0");
  line("brokerName", config.broker);
  line("brokerRole", "ASYNC_MASTER");
  line("defaultTopicQueueNums", std::to_string(config.default_queues));
  line("enablePropertyFilter", yes_no(config.selectors));
  line("fileReservedTime", std::to_string(hours));
  line("flushDiskType", config.flush_mode() == broker::FlushMode::sync ? "SYNC_FLUSH" : "ASYNC_FLUSH");
  line("listenPort", std::to_string(config.port));
  line("mappedFileSizeCommitLog", std::to_string(config.segment_size));
  line("maxMessageSize", std::to_string(kBodySizeMax));
  line("messageDelayLevel", config.delay_levels);
  line("namesrvAddr", config.namesrv.addresses);
  line("recallMessageEnable", yes_no(config.recall));
  line("storePathRootDir", config.data.string());
  line("timerMaxDelaySec", std::to_string(seconds));
  line("timerWheelEnable", "true");
  line("transactionCheckInterval", std::to_string(config.transaction_interval.count()));
  line("transactionCheckMax", std::to_string(config.transaction_checks));
  line("transactionTimeOut", std::to_string(config.transaction_timeout.count()));
  return lines;
}

}  // namespace mq::apps
