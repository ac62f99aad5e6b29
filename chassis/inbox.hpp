#pragma once
#include <string_view>

#include "chassis/sql.hpp"

namespace chassis {

// True when this group has not handled the event before; the row joins the effect's transaction.
// Partitioned by real day and dropped after seven (prune_inbox), so it keeps replays cheap; the
// business unique keys alone keep them harmless.
bool first_time(Transaction& tx, std::string_view group, std::string_view event_id);

// Makes today's and tomorrow's partitions, drops those older than seven real days.
void maintain_inbox(Transaction& tx);

}  // namespace chassis
