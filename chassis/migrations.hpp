#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "chassis/database.hpp"

namespace chassis {

// NNN_what.sql, applied once, in order.
struct Migration {
  int version = 0;
  std::string name;
  std::string sql;
};

// Where the SQL files of `module` stand in the tree this program was built from: the default of a
// setting, for programs that run beside their sources.
std::filesystem::path built_in_migrations(std::string_view module);

// Files of `folder`, sorted. Throws when a number is missing, doubled or a name is not of that form.
std::vector<Migration> read_migrations(const std::filesystem::path& folder);

// Brings `schema` up to date in one transaction under an advisory lock, so that several processes may
// start at once. The chassis' own tables (outbox, inbox, idempotency) come before the service's.
// Throws std::runtime_error in a sentence: an applied migration whose text changed, or a schema newer
// than this program (both numbers named).
void migrate(const std::string& connection_string, std::string_view schema,
             const std::vector<Migration>& migrations,
             const std::filesystem::path& chassis_folder = built_in_migrations("chassis"));
// The same with the options' dsn, password file and schema.
void migrate(const DatabaseOptions& options, const std::vector<Migration>& migrations,
             const std::filesystem::path& chassis_folder = built_in_migrations("chassis"));

}  // namespace chassis
