#pragma once
#include "chassis/migrations.hpp"
#include "chassis/service.hpp"
#include "order-service/alipay_gateway.hpp"
#include "order-service/callback_api.hpp"

namespace order {

struct OrderConfig {
  chassis::ServiceConfig service;
  chassis::DatabaseOptions database;
  mq::client::ClientOptions mq;
  AlipayConfig alipay;
  mq::net::HttpServerOptions api{.port = 8080};  // buyers
  mq::net::HttpServerOptions callbacks{          // payment gateways
                                       .port = 8081,
                                       .body_max = CallbackApi::kBodyMax,
                                       .read_max = CallbackApi::kReadMax};
  std::filesystem::path token_secret_file;
  std::chrono::milliseconds pay_timeout = std::chrono::hours{24};
  std::filesystem::path migrations = chassis::built_in_migrations("order-service");
};

inline void add_settings(base::Settings& settings, OrderConfig& c) {
  chassis::add_settings(settings, c.service);
  chassis::add_settings(settings, c.database);
  chassis::add_settings(settings, c.mq);
  chassis::add_settings(settings, "http", c.api, c.service);
  chassis::add_settings(settings, "callback", c.callbacks, c.service);
  settings.add("auth.secret-file", &c.token_secret_file,
               "file with the secret of the identity provider's tokens");
  settings.add("order.pay-timeout", &c.pay_timeout, "an order not paid for so long is closed");
  settings.add("alipay.url", &c.alipay.url, "address of the Alipay-like gateway");
  settings.add("alipay.notify-url", &c.alipay.notify_url, "where the gateway reaches our callback receiver");
  settings.add("alipay.app-id", &c.alipay.app_id, "our app at the gateway");
  settings.add("alipay.seller-id", &c.alipay.seller_id, "our merchant number at the gateway");
  settings.add("alipay.merchant-key", &c.alipay.merchant_key, "our private key, PEM");
  settings.add("alipay.gateway-key", &c.alipay.gateway_key, "the gateway's public key, PEM");
  settings.add("alipay.timeout", &c.alipay.timeout, "how long a call to the gateway may take");
  settings.add("migrations", &c.migrations, "folder of the SQL migrations");
  settings.example("order-service --config order.toml --http-port 8080");
  settings.check([&c] {
    const bool sensible = c.pay_timeout >= std::chrono::seconds{1} && c.pay_timeout <= std::chrono::days{40};
    return sensible ? std::string() : std::string("order.pay-timeout must be between 1s and 40d");
  });
}

}  // namespace order
