#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "mq/base/settings.hpp"

namespace cli {

// What `sluice up` can be told, by sluice.toml, the environment (SLUICE_…) or flags.
struct SystemSettings {
  std::filesystem::path dir;  // data, logs, secrets of this one system
  std::string ip = "127.0.0.1";
  struct Ports {
    std::uint16_t name_server = 9876;
    std::uint16_t broker = 10911;  // and broker - 2, where clients expect a second listener
    std::uint16_t order_api = 8080;
    std::uint16_t payment_callback = 8081;
    std::uint16_t coupon_api = 8082;
    std::uint16_t warehouse_callback = 8083;
    std::uint16_t push_api = 8084;
    std::uint16_t warehouse_api = 8086;
    std::uint16_t sandbox = 8090;
    std::uint16_t postgres = 15432;
    std::uint16_t admin = 8100;  // the first of six: health, metrics, due times
  } ports;
  bool detach = false;
};

// Declares them, with bounds and examples.
void add_settings(base::Settings& settings, SystemSettings& system);

// "" or a sentence: two listeners on one port.
std::string port_conflict(const SystemSettings& system);

}  // namespace cli
