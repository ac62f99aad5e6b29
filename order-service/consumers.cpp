#include "order-service/consumers.hpp"

#include "chassis/inbox.hpp"
#include "contracts/decode.hpp"
#include "contracts/events.hpp"
#include "contracts/topics.hpp"
#include "mq/base/log.hpp"
#include "order-service/order_events.hpp"

namespace order {
namespace {

using mq::client::Verdict;

struct Report {
  Event event = Event::shipment_accepted;
  std::optional<Shipment> shipment;
};

// Nothing: not a message this service understands.
std::optional<Report> report_of(const contracts::Envelope& envelope) {
  if (envelope.type == contracts::ShipmentAccepted::kType)
    return Report{Event::shipment_accepted, std::nullopt};
  if (envelope.type != contracts::ShipmentShipped::kType) return std::nullopt;
  const auto shipped = contracts::read<contracts::ShipmentShipped>(envelope.data);
  if (!shipped) return std::nullopt;
  return Report{Event::shipment_shipped, Shipment{shipped->carrier, shipped->tracking_no}};
}

Verdict apply(chassis::Transaction& tx, const contracts::Envelope& envelope, const Report& report,
              const Cause& cause) {
  const auto order = lock_order(tx, envelope.order_no);
  if (!order) return Verdict::reject;
  const auto next = step(order->state, report.event);
  // Before the inbox row: what a person sends again from the dead letters must not look handled.
  if (next.effect == Effect::impossible) return Verdict::reject;
  if (!chassis::first_time(tx, contracts::group::kOrderFulfilment, envelope.event_id)) return Verdict::done;
  if (next.effect != Effect::move) return Verdict::done;

  const auto version = move_order(tx, order->order_no, next, std::nullopt, report.shipment);
  if (next.to == State::shipped) {
    publish(tx, order->order_no, version,
            contracts::OrderShipped{.user_id = order->user_id,
                                    .carrier = report.shipment->carrier,
                                    .tracking_no = report.shipment->tracking_no},
            cause, report.shipment->tracking_no);
  } else {
    publish(tx, order->order_no, version, contracts::OrderFulfilling{.user_id = order->user_id}, cause);
  }
  return Verdict::done;
}

}  // namespace

boost::asio::awaitable<Verdict> OnFulfilment::operator()(contracts::Envelope envelope) {
  const auto report = report_of(envelope);
  if (!report) co_return Verdict::reject;
  const Cause cause{
      .now = clock_.now(), .actor = "warehouse", .traceparent = envelope.traceparent, .random = random_};
  const auto verdict = co_await database_.transact(
      [&](chassis::Transaction& tx) { return apply(tx, envelope, *report, cause); });
  if (verdict == Verdict::reject) {
    base::log("fulfilment")
        ->error("the warehouse reports on an order that cannot ship order_no={} type={}", envelope.order_no,
                envelope.type);
  }
  outbox_.wake();
  co_return verdict;
}

boost::asio::awaitable<Verdict> OnPaymentDeadline::operator()(contracts::Envelope envelope) {
  const Cause cause{
      .now = clock_.now(), .actor = "deadline", .traceparent = envelope.traceparent, .random = random_};
  switch (co_await close_order_(envelope.order_no, Event::payment_timed_out, cause)) {
    case Closed::closed:
    case Closed::already_settled:
    case Closed::paid_instead:
    case Closed::refused:
      co_return Verdict::done;
    case Closed::not_due:
    case Closed::gateway_unknown:
      co_return Verdict::retry_later;
    case Closed::order_unknown:
      break;
  }
  base::log("close")->error("a deadline for an order that does not exist order_no={}", envelope.order_no);
  co_return Verdict::reject;
}

}  // namespace order
