#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace chassis {

// NNN_what.sql, applied once, in order.
struct Migration {
  int version = 0;
  std::string name;
  std::string sql;
};

// Files of `folder`, sorted. Throws when a number is missing, doubled or a name is not of that form.
std::vector<Migration> read_migrations(const std::filesystem::path& folder);

// Brings `schema` up to date in one transaction under an advisory lock, so that several processes may
// start at once. The chassis' own tables (outbox, inbox, idempotency) come before the service's.
// Throws std::runtime_error in a sentence: an applied migration whose text changed, or a schema newer
// than this program (both numbers named).
void migrate(const std::string& connection_string, std::string_view schema,
             const std::vector<Migration>& migrations);

}  // namespace chassis
