#pragma once
#include <boost/asio/awaitable.hpp>

#include "chassis/database.hpp"

namespace chassis {

// Keeps the chassis' own tables short: makes and drops inbox partitions, prunes idempotency keys.
// Once at the start and then every hour of real time, until cancelled.
boost::asio::awaitable<void> keep_house(Database& database);

}  // namespace chassis
