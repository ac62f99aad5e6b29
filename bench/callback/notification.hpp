#pragma once
#include <string>

#include "bench/callback/orders.hpp"
#include "chassis/signature.hpp"
#include "mq/base/clock.hpp"

namespace bench {

// The body that the gateway posts when this order is paid, signed as the gateway signs.
std::string paid_notification(const Unpaid& order, const chassis::RsaPrivateKey& gateway_key, base::Time now);

}  // namespace bench
