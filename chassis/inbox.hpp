#pragma once
#include <chrono>
#include <string_view>

#include "chassis/sql.hpp"

namespace chassis {

// True when this group has not handled the event before; the row joins the effect's transaction.
// A second delivery at the same time waits for the first to commit or roll back.
//
// The row lies in the partition of the day that the event's id was made (UUIDv7), on the clock it was
// made by: the same id always meets its first row, over midnight and over a jump of the business
// clock. Dropped after seven real days (maintain_inbox), so it keeps replays cheap; the business
// unique keys alone keep them harmless.
bool first_time(Transaction& tx, std::string_view group, std::string_view event_id);

// Makes today's and tomorrow's partitions, drops those older than seven real days, and forgets what
// came without a partition of its own seven days ago.
void maintain_inbox(Transaction& tx);
void maintain_inbox(Transaction& tx, base::Time real_now);

}  // namespace chassis
