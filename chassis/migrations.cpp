#include "chassis/migrations.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "chassis/idempotency.hpp"
#include "chassis/open_transaction.hpp"
#include "mq/base/clock.hpp"

namespace chassis {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 60s;  // for one statement, and for another process that migrates
constexpr int kTries = 3;        // the second run of an in-doubt migration finds its rows or does it again

// The chassis' tables and the service's are numbered apart.
struct Line {
  std::string name;
  const std::vector<Migration>& migrations;
};

struct Applied {
  std::string name, checksum;
};

Migration read_migration(const std::filesystem::path& file) {
  const auto name = file.filename().string();
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool numbered = name.size() > 8 && digit(name[0]) && digit(name[1]) && digit(name[2]) &&
                        name[3] == '_' && name.ends_with(".sql");
  if (!numbered) throw std::runtime_error("migration " + file.string() + " is not named NNN_what.sql");
  std::ifstream in(file, std::ios::binary);
  Migration migration{(name[0] - '0') * 100 + (name[1] - '0') * 10 + (name[2] - '0'), name,
                      std::string(std::istreambuf_iterator<char>(in), {})};
  if (!in) throw std::runtime_error("migration " + file.string() + " cannot be read");
  return migration;
}

void check_numbers(const std::string& where, const std::vector<Migration>& migrations) {
  int expected = 1;
  for (const auto& migration : migrations) {
    if (migration.version < expected) {
      throw std::runtime_error("two migrations of " + where + " have the number of " + migration.name);
    }
    if (migration.version > expected) {
      throw std::runtime_error("migration " + std::to_string(expected) + " of " + where +
                               " is missing before " + migration.name);
    }
    ++expected;
  }
}

std::map<int, Applied> read_applied(Transaction& tx, const std::string& line) {
  const auto answer =
      tx.run({"", "SELECT version, name, checksum FROM schema_migration WHERE line = $1"}, {line});
  std::map<int, Applied> applied;
  for (const auto& row : answer.rows) {
    applied[static_cast<int>(row.integer("version"))] = {row.text("name"), row.text("checksum")};
  }
  return applied;
}

void check_applied(const std::string& schema, const Line& line, const std::map<int, Applied>& applied) {
  const int known = line.migrations.empty() ? 0 : line.migrations.back().version;
  const int found = applied.empty() ? 0 : applied.rbegin()->first;
  if (found > known) {
    throw std::runtime_error("schema " + schema + " has version " + std::to_string(found) + " of the " +
                             line.name + " tables, this program knows " + std::to_string(known) +
                             ": start a newer program or restore an older database");
  }
  for (const auto& migration : line.migrations) {
    const auto before = applied.find(migration.version);
    if (before == applied.end() || before->second.checksum == sha256_hex(migration.sql)) continue;
    throw std::runtime_error("migration " + migration.name + " of schema " + schema +
                             " was changed after it had been applied: restore its text and add a new one");
  }
}

void apply(Connection& connection, Transaction& tx, const std::string& schema, const Line& line) {
  const auto applied = read_applied(tx, line.name);
  check_applied(schema, line, applied);
  for (const auto& migration : line.migrations) {
    if (applied.contains(migration.version)) continue;
    try {
      connection.script(migration.sql);
    } catch (const SqlError& error) {
      throw std::runtime_error("migration " + migration.name + " of schema " + schema +
                               " failed: " + error.what());
    }
    tx.run(
        {"",
         "INSERT INTO schema_migration (line, version, name, checksum, applied_at) "
         "VALUES ($1, $2, $3, $4, $5)"},
        {line.name, migration.version, migration.name, sha256_hex(migration.sql), base::SystemClock().now()});
  }
}

void migrate_once(const DatabaseOptions& options, const std::vector<Line>& lines) {
  Watchdog watchdog;
  Connection connection(plan_connection(options), watchdog);
  OpenTransaction tx(connection);
  const auto& schema = options.schema;
  tx.run({"", "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"}, {"sluice migrations of " + schema});
  // Asked first, because CREATE SCHEMA IF NOT EXISTS needs a right that a service's role has no use for.
  if (tx.run({"", "SELECT 1 FROM pg_namespace WHERE nspname = $1"}, {schema}).empty()) {
    connection.script("CREATE SCHEMA " + quote_identifier(schema));
  }
  connection.script(
      "CREATE TABLE IF NOT EXISTS schema_migration (line text, version integer, name text NOT NULL, "
      "checksum text NOT NULL, applied_at timestamptz NOT NULL, PRIMARY KEY (line, version))");
  for (const auto& line : lines) apply(connection, tx, schema, line);
  tx.commit();
}

}  // namespace

std::filesystem::path built_in_migrations(std::string_view module) {
  return std::filesystem::path(SLUICE_SOURCE_ROOT) / module / "migrations";
}

std::vector<Migration> read_migrations(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    throw std::runtime_error("the folder of migrations " + folder.string() + " does not exist");
  }
  std::vector<Migration> migrations;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    migrations.push_back(read_migration(entry.path()));
  }
  std::ranges::sort(migrations, {}, &Migration::name);
  check_numbers(folder.string(), migrations);
  return migrations;
}

void migrate(const DatabaseOptions& given, const std::vector<Migration>& migrations,
             const std::filesystem::path& chassis_folder) {
  const auto own = read_migrations(chassis_folder);
  check_numbers("schema " + given.schema, migrations);
  auto options = given;
  options.statement_timeout = options.lock_timeout = kPatience;
  for (int tries = 1;; ++tries) {
    try {
      migrate_once(options, {{"chassis", own}, {"service", migrations}});
      return;
    } catch (const InDoubt&) {
      if (tries == kTries) throw;
    }
  }
}

void migrate(const std::string& connection_string, std::string_view schema,
             const std::vector<Migration>& migrations, const std::filesystem::path& chassis_folder) {
  DatabaseOptions options;
  options.dsn = connection_string;
  options.schema = schema;
  migrate(options, migrations, chassis_folder);
}

}  // namespace chassis
