#pragma once
#include <string>
#include <vector>

#include "chassis/sql.hpp"
#include "contracts/envelope.hpp"
#include "contracts/events.hpp"
#include "mq/base/ids.hpp"

namespace coupon {

struct Grant {
  std::string order_no, user_id, traceparent;
  std::int64_t paid_fen = 0;
  base::Time now;
  base::RandomSource random;
};

// Books coupon, points and red packet of one paid order, each at most once, with a RewardGranted event
// for each that is new. Running it again, in whole or after an older half, changes nothing twice.
// Returns what was new. A used-up campaign gives no coupon: an outcome, not an error.
std::vector<contracts::RewardGranted> grant_rewards(chassis::Transaction& tx, const Grant& grant);

}  // namespace coupon
