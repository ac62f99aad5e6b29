#include "cli/processes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/keys.hpp"

namespace cli {
namespace {

// Builds one row of the table.
class Row {
 public:
  Row(std::string name, const SystemSettings& system, const Layout& layout)
      : system_(system), layout_(layout) {
    spec_.name = std::move(name);
  }

  Row& with(std::string_view setting, const auto& value) {
    std::string flag(setting);
    std::ranges::replace(flag, '.', '-');
    spec_.arguments.push_back(fmt::format("--{}={}", flag, value));
    return *this;
  }
  Row& with_file(std::string_view setting, const std::filesystem::path& file) {
    return with(setting, file.string());
  }
  // A listener of table [table] of its configuration.
  Row& serves(const std::string& table, std::string what, std::string setting, std::uint16_t port) {
    with(table + ".ip", system_.ip).with(table + ".port", port);
    return listens(std::move(what), std::move(setting), port);
  }
  Row& listens(std::string what, std::string setting, int port) {
    spec_.listeners.push_back({std::move(what), std::move(setting), static_cast<std::uint16_t>(port)});
    return *this;
  }
  // What every program takes.
  Row& logs_and_clock() {
    return with("ip", system_.ip)
        .with_file("test-clock", layout_.clock())
        .with_file("log.file", layout_.log_of(spec_.name))
        .with("log.json", "true");
  }
  Row& admin(int offset) {
    with("admin.port", system_.ports.admin + offset);
    return listens(spec_.name + " admin", "ports.admin", system_.ports.admin + offset);
  }
  Row& database_and_queue() {
    const auto role = role_of(spec_.name);
    const auto& ports = system_.ports;
    return with("database.dsn",
                fmt::format("host={} port={} dbname={} user={}", system_.ip, ports.postgres, kDatabase, role))
        .with_file("database.password-file", layout_.secrets() / (spec_.name + ".pgpass"))
        .with("database.schema", role)
        .with("mq.name-servers", fmt::format("{}:{}", system_.ip, ports.name_server));
  }
  [[nodiscard]] ProcessSpec done() { return std::move(spec_); }

 private:
  const SystemSettings& system_;
  const Layout& layout_;
  ProcessSpec spec_;
};

std::string url(const SystemSettings& system, std::uint16_t port, std::string_view path = {}) {
  return fmt::format("http://{}:{}{}", system.ip, port, path);
}

// What the queue may take of the 4 GB that var/ stays below; PostgreSQL's write-ahead log and its replication
// slots have 1.5 GB, the logs some hundred MB.
constexpr std::string_view kQueueSize = "2GiB";
// Pay deadlines are timer messages; upstream's limit of three days is too short for them.
constexpr std::string_view kLongestTimer = "41d";

ProcessSpec broker(const SystemSettings& system, const Layout& layout) {
  const std::string name(kBroker);
  const auto& ports = system.ports;
  return Row(name, system, layout)
      .logs_and_clock()
      .with_file("data", layout.data_of(name))
      .with("namesrv.port", ports.name_server)
      .with("port", ports.broker)
      .with("metrics.port", ports.admin)
      .with("retention.size", kQueueSize)
      .with("timer.max-delay", kLongestTimer)
      .listens("name server", "ports.name_server", ports.name_server)
      .listens("broker", "ports.broker", ports.broker)
      .listens("broker, second listener", "ports.broker", ports.broker - 2)
      .listens(name + " admin", "ports.admin", ports.admin)
      .done();
}

ProcessSpec sandbox(const SystemSettings& system, const Layout& layout) {
  const auto keys = key_files(layout.secrets());
  return Row("sandbox", system, layout)
      .logs_and_clock()
      .with_file("data", layout.data_of("sandbox"))
      .with_file("gateway.key", keys.gateway)
      .with_file("gateway.merchant-key", keys.merchant_public)
      .with_file("identity.secret-file", keys.token_secret)
      .with_file("warehouse.secret-file", keys.warehouse_secret)
      .serves("http", "third parties", "ports.sandbox", system.ports.sandbox)
      .admin(1)
      .done();
}

ProcessSpec order(const SystemSettings& system, const Layout& layout) {
  const auto keys = key_files(layout.secrets());
  const auto& ports = system.ports;
  return Row("order-service", system, layout)
      .logs_and_clock()
      .database_and_queue()
      .with_file("auth.secret-file", keys.token_secret)
      .with("alipay.url", url(system, ports.sandbox))
      .with("alipay.notify-url", url(system, ports.payment_callback, "/callbacks/alipay"))
      .with_file("alipay.merchant-key", keys.merchant)
      .with_file("alipay.gateway-key", keys.gateway_public)
      .serves("http", "order API", "ports.order_api", ports.order_api)
      .serves("callback", "payment callbacks", "ports.payment_callback", ports.payment_callback)
      .admin(2)
      .done();
}

ProcessSpec coupon(const SystemSettings& system, const Layout& layout) {
  return Row("coupon-service", system, layout)
      .logs_and_clock()
      .database_and_queue()
      .serves("http", "coupon API", "ports.coupon_api", system.ports.coupon_api)
      .admin(3)
      .done();
}

ProcessSpec push(const SystemSettings& system, const Layout& layout) {
  return Row("push-service", system, layout)
      .logs_and_clock()
      .database_and_queue()
      .with("provider.url", url(system, system.ports.sandbox))
      .serves("http", "push API", "ports.push_api", system.ports.push_api)
      .admin(4)
      .done();
}

ProcessSpec warehouse(const SystemSettings& system, const Layout& layout) {
  const auto& ports = system.ports;
  return Row("warehouse-service", system, layout)
      .logs_and_clock()
      .database_and_queue()
      .with("wms.url", url(system, ports.sandbox))
      .with("wms.notice-url", url(system, ports.warehouse_callback, "/callbacks/warehouse"))
      .with_file("wms.secret-file", key_files(layout.secrets()).warehouse_secret)
      .serves("http", "warehouse API", "ports.warehouse_api", ports.warehouse_api)
      .serves("callback", "warehouse callbacks", "ports.warehouse_callback", ports.warehouse_callback)
      .admin(5)
      .done();
}
}  // namespace

std::vector<ProcessSpec> processes(const SystemSettings& system, const Layout& layout) {
  return {broker(system, layout), sandbox(system, layout), order(system, layout),
          coupon(system, layout), push(system, layout),    warehouse(system, layout)};
}

const std::vector<std::string>& database_services() {
  static const std::vector<std::string> kServices{"order-service", "coupon-service", "push-service",
                                                  "warehouse-service"};
  return kServices;
}

std::string role_of(const std::string& service) {
  std::string role = service;
  std::ranges::replace(role, '-', '_');
  return role;
}

std::vector<Listener> all_listeners(const SystemSettings& system, const Layout& layout) {
  std::vector<Listener> all{{"PostgreSQL", "ports.postgres", system.ports.postgres}};
  for (const auto& process : processes(system, layout)) {
    all.insert(all.end(), process.listeners.begin(), process.listeners.end());
  }
  return all;
}

}  // namespace cli
