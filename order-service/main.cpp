#include "chassis/consumer.hpp"
#include "chassis/housekeeping.hpp"
#include "chassis/secret.hpp"
#include "chassis/watch.hpp"
#include "contracts/topics.hpp"
#include "order-service/buyer_api.hpp"
#include "order-service/callback_api.hpp"
#include "order-service/config.hpp"
#include "order-service/consumers.hpp"
#include "order-service/overdue_sweep.hpp"
#include "order-service/payment_query.hpp"
#include "order-service/refund_worker.hpp"

namespace order {
namespace {

// Built top to bottom, torn down bottom to top. Nothing here decides anything.
boost::asio::awaitable<void> serve(chassis::Service& service, const OrderConfig& config) {
  chassis::migrate(config.database, chassis::read_migrations(config.migrations));
  chassis::Database database(service.executor(), config.database);
  mq::client::Client client(service.executor(), config.mq);
  mq::client::Producer producer(client, {.group = "order-service"});
  chassis::Outbox outbox(database, producer);
  chassis::Idempotency idempotency(database);
  mq::net::HttpClient http(service.executor());
  AlipayGateway gateway(http, config.alipay, service.clock());

  RefundWorker refunds(database, gateway, outbox, service.clock(), service.random());
  chassis::DueLoop refund_loop(service, "refund", refunds);
  const auto refund_at = [&refund_loop](base::Time due) { refund_loop.expect(due); };
  PaymentQuery queries(database, gateway, outbox, service.clock(), service.random(), refund_at);
  chassis::DueLoop query_loop(service, "payment query", queries);
  StartPayment start_payment(database, gateway, [&query_loop](base::Time due) { query_loop.expect(due); });
  CloseOrder close_order(database, gateway, outbox, refund_at);
  OverdueSweep sweep(database, close_order, service.metrics(), service.clock(), service.random());
  chassis::DueLoop sweep_loop(service, "sweep", sweep, 8);

  BuyerApi buyers(
      database, idempotency, outbox, start_payment, close_order, service.clock(), service.random(),
      {.token_secret = chassis::read_secret(config.token_secret_file), .pay_timeout = config.pay_timeout});
  mq::net::HttpServer api(service.executor(), config.api);
  buyers.add_routes(api);
  CallbackApi callbacks(database, outbox, gateway, service.metrics(), service.clock(), service.random(),
                        refund_at);
  mq::net::HttpServer receiver(service.executor(), config.callbacks);
  callbacks.add_routes(receiver);

  OnFulfilment on_fulfilment(database, outbox, service.clock(), service.random());
  OnPaymentDeadline on_deadline(close_order, service.clock(), service.random());
  chassis::EventConsumer fulfilment(service, client,
                                    chassis::consumer_options(contracts::group::kOrderFulfilment,
                                                              contracts::topic::kFulfilmentEvents, database),
                                    [&](contracts::Envelope e) { return on_fulfilment(std::move(e)); });
  chassis::EventConsumer deadlines(
      service, client,
      chassis::consumer_options(contracts::group::kOrderClose, contracts::topic::kOrderTimeout, database),
      [&](contracts::Envelope e) { return on_deadline(std::move(e)); });

  chassis::watch(service, database);
  chassis::watch(service, outbox);
  service.tasks().spawn("house", chassis::keep_house(database));
  service.tasks().spawn("outbox", outbox.run());
  service.tasks().spawn("refunds", refund_loop.run());
  service.tasks().spawn("payment queries", query_loop.run());
  service.tasks().spawn("sweep", sweep_loop.run());
  fulfilment.start();
  deadlines.start();
  const auto callback_url = service.serve("callbacks", receiver, config.callbacks);
  const auto api_url = service.serve("api", api, config.api);
  co_await service.run_until_signalled({{"api", api_url}, {"callbacks", callback_url}});

  co_await producer.stop();
  co_await client.stop();
  database.close();
}

}  // namespace
}  // namespace order

int main(int argc, char** argv) {
  order::OrderConfig config;
  base::Settings settings("order-service", "Takes orders and payments, closes what is not paid.");
  order::add_settings(settings, config);
  return chassis::run(settings, argc, argv, config.service,
                      [&config](chassis::Service& service) { return order::serve(service, config); });
}
