#pragma once
#include <algorithm>
#include <chrono>

#include "order-service/order_store.hpp"

namespace order {

// Three deadlines, each earlier than the next, so that nobody can still pay what is already closed:
// the gateway stops taking money, then the time the buyer was shown, then the order is closed.
// A grace is a twentieth of the whole time, at most a minute.
inline std::chrono::milliseconds grace(const OrderRow& order) {
  return std::min<std::chrono::milliseconds>(std::chrono::minutes{1},
                                             (order.deadline - order.created_at) / 20);
}
inline base::Time shown_deadline(const OrderRow& order) { return order.deadline - grace(order); }
inline base::Time gateway_deadline(const OrderRow& order) { return shown_deadline(order) - grace(order) / 2; }

}  // namespace order
