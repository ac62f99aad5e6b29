#include "chassis/testing_database.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "chassis/connection.hpp"
#include "chassis/idempotency.hpp"

namespace chassis::testing {
namespace {

using namespace std::chrono_literals;

DatabaseOptions options_for(const std::string& dsn, const std::string& schema) {
  DatabaseOptions options;
  options.dsn = dsn;
  options.schema = schema;
  return options;
}

// Of a keyword given twice libpq takes the last.
std::string on_database(const std::string& name) { return test_cluster() + " dbname=" + name; }

ConnectionPlan patient(const std::string& dsn, const std::string& schema) {
  auto options = options_for(dsn, schema);
  options.statement_timeout = options.lock_timeout = 60s;
  return plan_connection(options);
}

std::string text_of(const std::vector<Migration>& migrations) {
  std::string text;
  for (const auto& migration : migrations) text += migration.name + '\n' + migration.sql + '\n';
  return text;
}

bool exists(Connection& admin, const std::string& database) {
  return !admin.run({"", "SELECT 1 FROM pg_database WHERE datname = $1"}, {database}).empty();
}

// Made once per cluster and set of migrations. It gets its name when it is finished, so a killed
// maker leaves only a database that nobody uses.
void ensure_template(Connection& admin, const std::string& name, const std::string& schema,
                     const std::vector<Migration>& migrations) {
  admin.run({"", "SELECT pg_advisory_lock(hashtextextended('sluice test template', 0))"}, {});
  if (!exists(admin, name)) {
    const auto draft = name + "_draft";
    admin.script("DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)");
    admin.script("CREATE DATABASE " + draft + " TEMPLATE template0 ENCODING 'UTF8'");
    migrate(on_database(draft), schema, migrations);
    admin.script("ALTER DATABASE " + draft + " RENAME TO " + name);
  }
  admin.run({"", "SELECT pg_advisory_unlock(hashtextextended('sluice test template', 0))"}, {});
}

std::string fresh_name() {
  static std::atomic<int> made = 0;
  return "test_" + std::to_string(::getpid()) + "_" + std::to_string(++made);
}

}  // namespace

std::string test_cluster() {
  const char* cluster = std::getenv("SLUICE_TEST_PG");  // NOLINT(concurrency-mt-unsafe): read only
  if (cluster != nullptr && *cluster != '\0') return cluster;
  throw std::runtime_error(
      "SLUICE_TEST_PG is not set: run ./test, which makes a private PostgreSQL cluster for the tests, or set "
      "it to "
      "the libpq connection string of a superuser of a cluster that may be filled with test databases");
}

class TestDatabase::Impl {
 public:
  Impl(std::string schema, const std::vector<Migration>& migrations)
      : schema_(std::move(schema)),
        admin_(patient(on_database("postgres"), ""), watchdog_),
        name_(fresh_name()) {
    const auto contents =
        text_of(read_migrations(built_in_migrations("chassis"))) + schema_ + text_of(migrations);
    const auto origin = "sluice_template_" + sha256_hex(contents).substr(0, 16);
    ensure_template(admin_, origin, schema_, migrations);
    admin_.script("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");  // of a killed test with this pid
    admin_.script("CREATE DATABASE " + name_ + " TEMPLATE " + origin);
    dsn_ = on_database(name_);
    own_ = std::make_unique<Connection>(patient(dsn_, schema_), watchdog_);
  }

  ~Impl() {
    own_.reset();
    try {
      admin_.script("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {
      // The cluster goes away after the tests, and the database with it.
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::string schema_;
  Watchdog watchdog_;
  Connection admin_;
  std::string name_;
  std::string dsn_;
  std::unique_ptr<Connection> own_;
};

TestDatabase::TestDatabase(std::string schema, const std::vector<Migration>& migrations)
    : impl_(std::make_unique<Impl>(std::move(schema), migrations)) {}
TestDatabase::~TestDatabase() = default;

const std::string& TestDatabase::dsn() const { return impl_->dsn_; }
const std::string& TestDatabase::name() const { return impl_->name_; }
DatabaseOptions TestDatabase::options() const { return options_for(impl_->dsn_, impl_->schema_); }
void TestDatabase::execute(const std::string& sql) { impl_->own_->script(sql); }
SqlResult TestDatabase::query(const std::string& sql) { return impl_->own_->run({"", sql}, {}); }
std::int64_t TestDatabase::number(const std::string& sql) { return query(sql).front().integer("n"); }

}  // namespace chassis::testing
