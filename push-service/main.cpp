#include <boost/json/serialize.hpp>

#include "chassis/consumer.hpp"
#include "chassis/housekeeping.hpp"
#include "chassis/migrations.hpp"
#include "chassis/watch.hpp"
#include "contracts/topics.hpp"
#include "push-service/on_order_event.hpp"
#include "push-service/push_store.hpp"
#include "push-service/sender.hpp"

namespace push {
namespace {

struct PushConfig {
  chassis::ServiceConfig service;
  chassis::DatabaseOptions database;
  mq::client::ClientOptions mq;
  mq::net::HttpServerOptions api{.port = 8084};
  std::string provider_url = "http://127.0.0.1:8090";
  std::chrono::milliseconds provider_timeout{3000};
  std::filesystem::path migrations = chassis::built_in_migrations("push-service");
};

void add_settings(base::Settings& settings, PushConfig& c) {
  chassis::add_settings(settings, c.service);
  chassis::add_settings(settings, c.database);
  chassis::add_settings(settings, c.mq);
  chassis::add_settings(settings, "http", c.api, c.service);
  settings.add("provider.url", &c.provider_url, "address of the push and SMS provider");
  settings.add("provider.timeout", &c.provider_timeout, "how long a call to the provider may take");
  settings.add("migrations", &c.migrations, "folder of the SQL migrations");
  settings.example("push-service --config push.toml");
}

boost::asio::awaitable<mq::net::HttpResponse> show_pushes(chassis::Database& database,
                                                          mq::net::HttpRequest request) {
  const auto pushes = co_await database.transact(
      [&](chassis::Transaction& tx) { return pushes_of(tx, request.params.at("order_no")); });
  co_return mq::net::json_response(200, boost::json::serialize(pushes));
}

boost::asio::awaitable<void> serve(chassis::Service& service, const PushConfig& config) {
  chassis::migrate(config.database, chassis::read_migrations(config.migrations));
  chassis::Database database(service.executor(), config.database);
  mq::client::Client client(service.executor(), config.mq);
  mq::client::Producer producer(client, {.group = "push-service"});
  chassis::Outbox outbox(database, producer);
  mq::net::HttpClient http(service.executor());
  Provider provider(http, config.provider_url, config.provider_timeout);
  Sender sender(database, provider, outbox, service.clock(), service.random());
  chassis::DueLoop sender_loop(service, "sender", sender);
  OnOrderEvent on_order_event(database, sender_loop, service.clock());
  chassis::EventConsumer events(
      service, client,
      chassis::consumer_options(contracts::group::kPushNotify, contracts::topic::kOrderEvents, database),
      [&](contracts::Envelope e) { return on_order_event(std::move(e)); });
  mq::net::HttpServer api(service.executor(), config.api);
  api.route("GET", "/orders/{order_no}/pushes",
            [&database](mq::net::HttpRequest request) { return show_pushes(database, std::move(request)); });

  chassis::watch(service, database);
  chassis::watch(service, outbox);
  service.tasks().spawn("house", chassis::keep_house(database));
  service.tasks().spawn("outbox", outbox.run());
  service.tasks().spawn("sender", sender_loop.run());
  events.start();
  const auto url = service.serve("api", api, config.api);
  co_await service.run_until_signalled({{"api", url}});

  co_await producer.stop();
  co_await client.stop();
  database.close();
}

}  // namespace
}  // namespace push

int main(int argc, char** argv) {
  push::PushConfig config;
  base::Settings settings("push-service", "Tells buyers what happens to their orders.");
  push::add_settings(settings, config);
  return chassis::run(settings, argc, argv, config.service,
                      [&config](chassis::Service& service) { return push::serve(service, config); });
}
