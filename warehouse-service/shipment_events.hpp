#pragma once
#include <string>

#include "chassis/outbox.hpp"
#include "contracts/event.hpp"
#include "contracts/topics.hpp"
#include "mq/base/ids.hpp"
#include "warehouse-service/shipment_store.hpp"

namespace warehouse {

// A fulfilment event, in the transaction that raised the shipment's version.
template <class Data>
void publish(chassis::Transaction& tx, const Changed& shipment, const Data& data, base::Time now,
             const base::RandomSource& random) {
  const auto event = contracts::make_event({.event_id = base::uuid_v7(now, random),
                                            .order_no = shipment.order_no,
                                            .sequence = shipment.version,
                                            .occurred_at = now,
                                            .traceparent = shipment.traceparent},
                                           data);
  chassis::Outbox::add(tx, {.topic = std::string(contracts::topic::kFulfilmentEvents),
                            .tag = event.type,
                            .key = shipment.order_no,
                            .body = contracts::encode(event),
                            .deliver_at = std::nullopt});
}

}  // namespace warehouse
