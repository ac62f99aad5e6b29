#pragma once
#include "chassis/database.hpp"
#include "chassis/outbox.hpp"
#include "chassis/service.hpp"

namespace chassis {

// What a service's parts mean for its health and its metrics. Each outlives run_until_signalled().

// Not ready while the database does not answer; database_* metrics.
void watch(Service& service, Database& database);

// Busy while rows are unsent; outbox_* metrics. Never a reason to be unready: the broker may be down,
// orders are taken all the same.
void watch(Service& service, Outbox& outbox);

}  // namespace chassis
