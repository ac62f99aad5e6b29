#include "chassis/secret.hpp"
#include "chassis/service.hpp"
#include "sandbox/gateway.hpp"
#include "sandbox/identity.hpp"
#include "sandbox/provider.hpp"
#include "sandbox/warehouse.hpp"

namespace sandbox {
namespace {

struct SandboxConfig {
  chassis::ServiceConfig service;
  mq::net::HttpServerOptions api{.port = 8090};
  GatewayConfig gateway;
  std::filesystem::path data = "sandbox-data";
  std::filesystem::path token_secret_file, warehouse_secret_file;
  std::chrono::milliseconds ship_after{1000};
  std::chrono::milliseconds token_life = std::chrono::hours{12};
};

void add_settings(base::Settings& settings, SandboxConfig& c) {
  chassis::add_settings(settings, c.service);
  chassis::add_settings(settings, "http", c.api, c.service);
  settings.add("data", &c.data, "folder of the ledgers");
  settings.add("gateway.key", &c.gateway.key, "the gateway's private key, PEM");
  settings.add("gateway.merchant-key", &c.gateway.merchant_key, "the merchant's public key, PEM");
  settings.add("gateway.app-id", &c.gateway.app_id, "the merchant's app");
  settings.add("gateway.seller-id", &c.gateway.seller_id, "the merchant's number");
  settings.add("gateway.public-url", &c.gateway.public_url,
               "where buyers reach the pay page; empty: the listener's own address");
  settings.add("identity.secret-file", &c.token_secret_file, "file with the secret that signs tokens");
  settings.add("identity.token-life", &c.token_life, "how long a token is good");
  settings.add("warehouse.secret-file", &c.warehouse_secret_file, "file with the secret that signs notices");
  settings.add("warehouse.ship-after", &c.ship_after, "how long the warehouse takes to ship");
  settings.example("sandbox --data var/data/sandbox --gateway-key gateway_private.pem …");
  settings.check([&c]() -> std::string {
    const bool all = !c.gateway.key.empty() && !c.gateway.merchant_key.empty() &&
                     !c.token_secret_file.empty() && !c.warehouse_secret_file.empty();
    return all ? ""
               : "gateway.key, gateway.merchant-key, identity.secret-file and warehouse.secret-file are "
                 "needed";
  });
}

boost::asio::awaitable<void> end_silence(Faults& faults) {
  faults.let_go();
  co_return;
}

boost::asio::awaitable<void> serve(chassis::Service& service, SandboxConfig config) {
  std::filesystem::create_directories(config.data);
  mq::net::HttpClient http(service.executor());
  Faults faults(service.random());
  Gateway gateway(service, http, faults, config.data, config.gateway);
  Warehouse warehouse(service, http, faults, config.data, chassis::read_secret(config.warehouse_secret_file),
                      config.ship_after);
  Provider provider(service, faults, config.data);
  Identity identity(service.clock(), faults, chassis::read_secret(config.token_secret_file),
                    config.token_life);

  mq::net::HttpServer api(service.executor(), config.api);
  faults.add_routes(api);
  gateway.add_routes(api);
  warehouse.add_routes(api);
  provider.add_routes(api);
  identity.add_routes(api);
  service.tasks().spawn("gateway notifications", gateway.run());
  service.tasks().spawn("warehouse", warehouse.run());
  const auto url = service.serve("api", api, config.api);
  gateway.be_found_at(url);
  service.on_stop("silence", [&faults](base::Deadline) { return end_silence(faults); });
  co_await service.run_until_signalled({{"api", url}});
}

}  // namespace
}  // namespace sandbox

int main(int argc, char** argv) {
  sandbox::SandboxConfig config;
  base::Settings settings("sandbox",
                          "The third parties, fake but strict: gateway, warehouse, push, SMS, identity.");
  sandbox::add_settings(settings, config);
  return chassis::run(settings, argc, argv, config.service,
                      [&config](chassis::Service& service) { return sandbox::serve(service, config); });
}
