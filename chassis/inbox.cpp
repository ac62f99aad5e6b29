#include "chassis/inbox.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <string>

namespace chassis {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::days kKept{7};
constexpr Statement kHandle{"inbox_handle",
                            "INSERT INTO inbox (event_day, consumer_group, event_id, received_real) "
                            "VALUES (date '1970-01-01' + $1::integer, $2, $3, $4) ON CONFLICT DO NOTHING"};
constexpr Statement kOneAtATime{
    "inbox_maintain",
    "SELECT pg_advisory_xact_lock(hashtextextended('sluice inbox of ' || current_schema(), 0))"};
constexpr Statement kPartitions{
    "inbox_partitions",
    "SELECT child.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
    "WHERE inhparent = 'inbox'::regclass"};
constexpr Statement kForget{"inbox_forget", "DELETE FROM inbox_other WHERE received_real < $1"};

// The day in a UUIDv7's first 48 bits, in days since 1970; 0 for any other text. Real days fit
// PostgreSQL's date, and an id that claims the year 9999 is only an odd row of inbox_other.
int day_of(std::string_view event_id) {
  if (event_id.size() != 36 || event_id[8] != '-' || event_id[14] != '7') return 0;
  std::string hex(event_id.substr(0, 8));
  hex += event_id.substr(9, 4);
  std::uint64_t millis = 0;
  const auto [stop, error] = std::from_chars(hex.data(), hex.data() + hex.size(), millis, 16);
  if (error != std::errc{} || stop != hex.data() + hex.size()) return 0;
  return static_cast<int>(millis / 86'400'000);
}

std::string date_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date{day};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

// Sorts by day: inbox_2026_03_01.
std::string partition_name(std::chrono::sys_days day) {
  std::string name = "inbox_" + date_text(day);
  name[10] = name[13] = '_';
  return name;
}

bool exists(const SqlResult& partitions, const std::string& name) {
  for (const auto& row : partitions.rows) {
    if (row.text("name") == name) return true;
  }
  return false;
}

// Rows of that day may already lie in the default partition: a business clock that ran ahead wrote
// them. They move, under a lock that keeps everyone out, or a repeat would not meet its first row.
void add_partition(Transaction& tx, std::chrono::sys_days day) {
  const auto name = partition_name(day);
  const auto from = "'" + date_text(day) + "'", to = "'" + date_text(day + std::chrono::days{1}) + "'";
  const auto execute = [&tx](const std::string& sql) { tx.run({"", sql}); };
  execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE");
  execute("CREATE TABLE " + name + " (LIKE inbox INCLUDING ALL)");
  execute("WITH moved AS (DELETE FROM inbox_other WHERE event_day >= " + from + " AND event_day < " + to +
          " RETURNING *) INSERT INTO " + name + " SELECT * FROM moved");
  execute("ALTER TABLE inbox ATTACH PARTITION " + name + " FOR VALUES FROM (" + from + ") TO (" + to + ")");
}

}  // namespace

bool first_time(Transaction& tx, std::string_view group, std::string_view event_id) {
  return tx.run(kHandle, {day_of(event_id), group, event_id, base::SystemClock().now()}).affected == 1;
}

void maintain_inbox(Transaction& tx) { maintain_inbox(tx, base::SystemClock().now()); }

void maintain_inbox(Transaction& tx, base::Time real_now) {
  const auto today = std::chrono::floor<std::chrono::days>(real_now);
  tx.run(kOneAtATime);
  const auto partitions = tx.run(kPartitions);
  for (const auto day : {today, today + std::chrono::days{1}}) {
    if (!exists(partitions, partition_name(day))) add_partition(tx, day);
  }
  const auto oldest = partition_name(today - kKept);
  for (const auto& row : partitions.rows) {
    const auto name = row.text("name");
    if (name != "inbox_other" && name < oldest) tx.run({"", "DROP TABLE " + name});
  }
  tx.run(kForget, {base::Time{real_now - kKept}});
}

}  // namespace chassis
