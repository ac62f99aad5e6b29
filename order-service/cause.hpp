#pragma once
#include <string>

#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"

namespace order {

// When, by whom and as part of which trace something happens to an order. Read once, before the
// transaction: a body that runs twice must say the same thing twice.
struct Cause {
  base::Time now;
  std::string actor;        // "buyer", "gateway", "deadline", "warehouse", "worker"
  std::string traceparent;  // W3C; empty when there is none, and then the order's counts
  base::RandomSource random;
};

}  // namespace order
