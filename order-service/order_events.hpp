#pragma once
#include <string>
#include <utility>

#include "chassis/outbox.hpp"
#include "contracts/event.hpp"
#include "contracts/topics.hpp"
#include "order-service/cause.hpp"
#include "order-service/order_store.hpp"

namespace order {

template <class Data>
std::string envelope_of(const std::string& order_no, std::int64_t sequence, const Data& data,
                        const Cause& cause) {
  return contracts::encode(contracts::make_event({.event_id = base::uuid_v7(cause.now, cause.random),
                                                  .order_no = order_no,
                                                  .sequence = sequence,
                                                  .occurred_at = cause.now,
                                                  .traceparent = cause.traceparent},
                                                 data));
}

// A gateway, a sweep or a worker brings no trace of its own: what it causes belongs to the order's.
inline Cause traced(Cause cause, const OrderRow& order) {
  if (cause.traceparent.empty()) cause.traceparent = order.traceparent;
  return cause;
}

// One event of an order: its timeline row and its outbox row, in the transaction that raised the
// order's version to `sequence`.
template <class Data>
void publish(chassis::Transaction& tx, const std::string& order_no, std::int64_t sequence, const Data& data,
             const Cause& cause, std::string detail = {}) {
  append_timeline(tx, order_no,
                  {.sequence = sequence,
                   .type = std::string(Data::kType),
                   .actor = cause.actor,
                   .detail = std::move(detail),
                   .at = cause.now});
  chassis::Outbox::add(tx, {.topic = std::string(contracts::topic::kOrderEvents),
                            .tag = std::string(Data::kType),
                            .key = order_no,
                            .body = envelope_of(order_no, sequence, data, cause),
                            .deliver_at = std::nullopt});
}

}  // namespace order
