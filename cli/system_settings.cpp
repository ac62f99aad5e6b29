#include "cli/system_settings.hpp"

#include <fmt/format.h>

#include <map>

#include "cli/postgres_cluster.hpp"
#include "cli/processes.hpp"

namespace cli {

void add_settings(base::Settings& settings, SystemSettings& system) {
  auto& ports = system.ports;
  settings.add("dir", system.dir, "where data, logs and secrets lie");
  settings.add("ip", system.ip, "loopback address everything listens on");
  settings.add("detach", system.detach, "go to the background once everything is ready");
  const std::pair<const char*, std::pair<std::uint16_t*, const char*>> all[] = {
      {"ports.name_server", {&ports.name_server, "RocketMQ name server"}},
      {"ports.broker", {&ports.broker, "RocketMQ broker; the port two below it serves the same"}},
      {"ports.order_api", {&ports.order_api, "buyer API of the order service"}},
      {"ports.payment_callback", {&ports.payment_callback, "where the payment gateway reports payments"}},
      {"ports.coupon_api", {&ports.coupon_api, "rewards of an order"}},
      {"ports.push_api", {&ports.push_api, "notifications of an order"}},
      {"ports.warehouse_api", {&ports.warehouse_api, "shipment of an order"}},
      {"ports.warehouse_callback", {&ports.warehouse_callback, "where the warehouse reports shipments"}},
      {"ports.sandbox", {&ports.sandbox, "the fake third parties"}},
      {"ports.postgres", {&ports.postgres, "the private PostgreSQL"}},
      {"ports.admin", {&ports.admin, "first of six for health and metrics"}},
  };
  for (const auto& [name, port] : all) {
    settings.add(name, *port.first, port.second);
    settings.range(name, 1024, 65'500);  // six admin ports fit above
  }
  settings.range("ports.broker", 1026, 65'500);  // and the second listener below
  settings.check([&system] {
    return is_loopback(system.ip) ? std::string()
                                  : "ip: " + system.ip + " is not an address of this machine alone";
  });
  settings.check([&system] { return port_conflict(system); });
  settings.example("sluice up                              in the foreground; Ctrl-C stops it");
  settings.example("sluice up --detach                     in the background; sluice down stops it");
  settings.example("sluice up --ports-order-api 18080      another port");
  settings.example(
      "sluice up --config my.toml             else sluice.toml beside the directory, where there is one");
  settings.example("sluice up --dir /tmp/two --ip 127.0.0.2  a second system beside the first");
}

std::string port_conflict(const SystemSettings& system) {
  std::map<std::uint16_t, Listener> taken;
  for (const auto& listener : all_listeners(system, Layout{system.dir})) {
    const auto [other, free] = taken.emplace(listener.port, listener);
    if (!free) {
      return fmt::format("port {} is given to both {} ({}) and {} ({})", listener.port, other->second.what,
                         other->second.setting, listener.what, listener.setting);
    }
  }
  return {};
}

}  // namespace cli
