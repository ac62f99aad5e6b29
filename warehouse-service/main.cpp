#include <boost/json/serialize.hpp>

#include "chassis/consumer.hpp"
#include "chassis/housekeeping.hpp"
#include "chassis/migrations.hpp"
#include "chassis/secret.hpp"
#include "chassis/watch.hpp"
#include "contracts/events.hpp"
#include "contracts/topics.hpp"
#include "warehouse-service/notice_api.hpp"
#include "warehouse-service/on_order_paid.hpp"
#include "warehouse-service/ship_requests.hpp"

namespace warehouse {
namespace {

struct WarehouseConfig {
  chassis::ServiceConfig service;
  chassis::DatabaseOptions database;
  mq::client::ClientOptions mq;
  mq::net::HttpServerOptions api{.port = 8086};
  mq::net::HttpServerOptions notices{.port = 8083, .body_max = NoticeApi::kBodyMax};
  std::string wms_url = "http://127.0.0.1:8090";
  std::string notice_url = "http://127.0.0.1:8083/callbacks/warehouse";
  std::chrono::milliseconds wms_timeout{5000};
  std::filesystem::path secret_file;
  std::filesystem::path migrations = chassis::built_in_migrations("warehouse-service");
};

void add_settings(base::Settings& settings, WarehouseConfig& c) {
  chassis::add_settings(settings, c.service);
  chassis::add_settings(settings, c.database);
  chassis::add_settings(settings, c.mq);
  chassis::add_settings(settings, "http", c.api, c.service);
  chassis::add_settings(settings, "callback", c.notices, c.service);
  settings.add("wms.url", &c.wms_url, "address of the warehouse management system");
  settings.add("wms.notice-url", &c.notice_url, "where the warehouse reaches our notice receiver");
  settings.add("wms.timeout", &c.wms_timeout, "how long a call to the warehouse may take");
  settings.add("wms.secret-file", &c.secret_file, "file with the secret that signs the warehouse's notices");
  settings.add("migrations", &c.migrations, "folder of the SQL migrations");
  settings.example("warehouse-service --config warehouse.toml");
}

boost::asio::awaitable<mq::net::HttpResponse> show_shipment(chassis::Database& database,
                                                            mq::net::HttpRequest request) {
  const auto shipment = co_await database.transact(
      [&](chassis::Transaction& tx) { return shipment_of(tx, request.params.at("order_no")); });
  if (!shipment) co_return mq::net::problem(404, "No shipment for this order");
  co_return mq::net::json_response(200, boost::json::serialize(*shipment));
}

boost::asio::awaitable<void> serve(chassis::Service& service, const WarehouseConfig& config) {
  chassis::migrate(config.database, chassis::read_migrations(config.migrations));
  chassis::Database database(service.executor(), config.database);
  mq::client::Client client(service.executor(), config.mq);
  mq::client::Producer producer(client, {.group = "warehouse-service"});
  chassis::Outbox outbox(database, producer);
  mq::net::HttpClient http(service.executor());
  ShipRequests requests(database, http, outbox, service.clock(), service.random(), config.wms_url,
                        config.wms_timeout);
  chassis::DueLoop request_loop(service, "ship requests", requests);
  OnOrderPaid on_order_paid(database, request_loop, service.clock(), config.notice_url);
  chassis::EventConsumer orders(
      service, client,
      chassis::consumer_options(contracts::group::kWarehouseShip, contracts::topic::kOrderEvents, database,
                                contracts::OrderPaid::kType),
      [&](contracts::Envelope e) { return on_order_paid(std::move(e)); });
  NoticeApi notices(database, outbox, service.clock(), service.random(),
                    chassis::read_secret(config.secret_file));
  mq::net::HttpServer receiver(service.executor(), config.notices);
  notices.add_routes(receiver);
  mq::net::HttpServer api(service.executor(), config.api);
  api.route("GET", "/orders/{order_no}/shipment", [&database](mq::net::HttpRequest request) {
    return show_shipment(database, std::move(request));
  });

  chassis::watch(service, database);
  chassis::watch(service, outbox);
  service.tasks().spawn("house", chassis::keep_house(database));
  service.tasks().spawn("outbox", outbox.run());
  service.tasks().spawn("ship requests", request_loop.run());
  orders.start();
  const auto callback_url = service.serve("callbacks", receiver, config.notices);
  const auto url = service.serve("api", api, config.api);
  co_await service.run_until_signalled({{"api", url}, {"callbacks", callback_url}});

  co_await producer.stop();
  co_await client.stop();
  database.close();
}

}  // namespace
}  // namespace warehouse

int main(int argc, char** argv) {
  warehouse::WarehouseConfig config;
  base::Settings settings("warehouse-service", "Has paid orders shipped.");
  warehouse::add_settings(settings, config);
  return chassis::run(settings, argc, argv, config.service,
                      [&config](chassis::Service& service) { return warehouse::serve(service, config); });
}
