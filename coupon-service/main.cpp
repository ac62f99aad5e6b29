#include <boost/json/serialize.hpp>

#include "chassis/consumer.hpp"
#include "chassis/housekeeping.hpp"
#include "chassis/migrations.hpp"
#include "chassis/watch.hpp"
#include "contracts/events.hpp"
#include "contracts/topics.hpp"
#include "coupon-service/on_order_paid.hpp"
#include "coupon-service/reward_view.hpp"

namespace coupon {
namespace {

struct CouponConfig {
  chassis::ServiceConfig service;
  chassis::DatabaseOptions database;
  mq::client::ClientOptions mq;
  mq::net::HttpServerOptions api{.port = 8082};
  std::filesystem::path migrations = chassis::built_in_migrations("coupon-service");
};

void add_settings(base::Settings& settings, CouponConfig& c) {
  chassis::add_settings(settings, c.service);
  chassis::add_settings(settings, c.database);
  chassis::add_settings(settings, c.mq);
  chassis::add_settings(settings, "http", c.api, c.service);
  settings.add("migrations", &c.migrations, "folder of the SQL migrations");
  settings.example("coupon-service --config coupon.toml");
}

boost::asio::awaitable<mq::net::HttpResponse> show_rewards(chassis::Database& database,
                                                           mq::net::HttpRequest request) {
  const auto rewards = co_await database.transact(
      [&](chassis::Transaction& tx) { return rewards_of(tx, request.params.at("order_no")); });
  co_return mq::net::json_response(200, boost::json::serialize(rewards));
}

boost::asio::awaitable<void> serve(chassis::Service& service, const CouponConfig& config) {
  chassis::migrate(config.database, chassis::read_migrations(config.migrations));
  chassis::Database database(service.executor(), config.database);
  mq::client::Client client(service.executor(), config.mq);
  mq::client::Producer producer(client, {.group = "coupon-service"});
  chassis::Outbox outbox(database, producer);
  OnOrderPaid on_order_paid(database, outbox, service.clock(), service.random());
  chassis::EventConsumer grants(
      service, client,
      chassis::consumer_options(contracts::group::kCouponGrant, contracts::topic::kOrderEvents, database,
                                contracts::OrderPaid::kType),
      [&](contracts::Envelope e) { return on_order_paid(std::move(e)); });
  mq::net::HttpServer api(service.executor(), config.api);
  api.route("GET", "/orders/{order_no}/rewards",
            [&database](mq::net::HttpRequest request) { return show_rewards(database, std::move(request)); });

  chassis::watch(service, database);
  chassis::watch(service, outbox);
  service.tasks().spawn("house", chassis::keep_house(database));
  service.tasks().spawn("outbox", outbox.run());
  grants.start();
  const auto url = service.serve("api", api, config.api);
  co_await service.run_until_signalled({{"api", url}});

  co_await producer.stop();
  co_await client.stop();
  database.close();
}

}  // namespace
}  // namespace coupon

int main(int argc, char** argv) {
  coupon::CouponConfig config;
  base::Settings settings("coupon-service", "Grants coupon, points and red packet for paid orders.");
  coupon::add_settings(settings, config);
  return chassis::run(settings, argc, argv, config.service,
                      [&config](chassis::Service& service) { return coupon::serve(service, config); });
}
