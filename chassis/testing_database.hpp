#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chassis/database.hpp"
#include "chassis/migrations.hpp"

namespace chassis::testing {

// A database of one test, copied from a template that has the chassis' tables and the given
// migrations in `schema`; dropped when it dies. The cluster is named by SLUICE_TEST_PG, a libpq
// connection string of a superuser; without it the constructor throws, so the test fails.
//
// Thread rule: one thread; other connections to dsn() are free.
class TestDatabase {
 public:
  explicit TestDatabase(std::string schema = "test", const std::vector<Migration>& migrations = {});
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  [[nodiscard]] const std::string& dsn() const;
  [[nodiscard]] const std::string& name() const;  // of the database
  [[nodiscard]] DatabaseOptions options() const;  // dsn and schema, other values by default

  // On a connection of the test's own. Throw SqlError.
  void execute(const std::string& sql);
  SqlResult query(const std::string& sql);
  std::int64_t number(const std::string& sql);  // first column "n" of the first row

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// SLUICE_TEST_PG, or an exception with what to do.
std::string test_cluster();

}  // namespace chassis::testing
