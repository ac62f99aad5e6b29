#include "chassis/migrations.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "chassis/testing_database.hpp"

namespace chassis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::TestDatabase;
using ::testing::ThrowsMessage;

struct MigrationsPgTest : ::testing::Test {
  std::vector<Migration> service{
      {1, "001_item.sql", "CREATE TABLE item (id bigint); INSERT INTO item VALUES (1);"},
      {2, "002_more.sql", "INSERT INTO item VALUES (2);"}};

  void bring_up() { migrate(database.dsn(), "shop", service); }
  auto bringing_up() {
    return [this] { bring_up(); };
  }
  std::int64_t count(const std::string& what) { return database.number("SELECT count(*) AS n FROM " + what); }

  TestDatabase database;
};

TEST_F(MigrationsPgTest, MakeTheSchemaTheChassisTablesAndTheServicesOwn) {
  bring_up();
  EXPECT_EQ(count("shop.item"), 2);
  for (const auto* table : {"shop.outbox", "shop.inbox", "shop.idempotency"})
    EXPECT_EQ(count(table), 0) << table;
  EXPECT_EQ(count("shop.schema_migration WHERE line = 'service'"), 2);
  EXPECT_GE(count("shop.schema_migration WHERE line = 'chassis'"), 3);
}

TEST_F(MigrationsPgTest, AreAppliedOnceAndThenOnlyTheNewOnes) {
  bring_up();
  bring_up();
  EXPECT_EQ(count("shop.item"), 2);
  service.push_back({3, "003_again.sql", "INSERT INTO item VALUES (3);"});
  bring_up();
  EXPECT_EQ(count("shop.item"), 3);
}

TEST_F(MigrationsPgTest, FourMayStartAtOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(bringing_up());
  threads.clear();
  EXPECT_EQ(count("shop.item"), 2);
}

TEST_F(MigrationsPgTest, AChangedTextIsRefusedByName) {
  bring_up();
  service[0].sql += " ";
  EXPECT_THAT(bringing_up(),
              ThrowsMessage<std::runtime_error>(AllOf(HasSubstr("001_item.sql"), HasSubstr("changed"))));
}

TEST_F(MigrationsPgTest, ANewerSchemaIsRefusedWithBothNumbers) {
  bring_up();
  service.pop_back();
  EXPECT_THAT(bringing_up(), ThrowsMessage<std::runtime_error>(
                                 AllOf(HasSubstr("version 2"), HasSubstr("knows 1"), HasSubstr("shop"))));
}

TEST_F(MigrationsPgTest, ANewerChassisIsRefusedWithBothNumbers) {
  bring_up();
  database.execute("INSERT INTO shop.schema_migration VALUES ('chassis', 99, '099_x.sql', '', '2026-01-01')");
  EXPECT_THAT(bringing_up(),
              ThrowsMessage<std::runtime_error>(AllOf(HasSubstr("version 99"), HasSubstr("chassis"))));
}

TEST_F(MigrationsPgTest, AGapInTheGivenNumbersIsRefused) {
  service[1].version = 3;
  EXPECT_THAT(bringing_up(), ThrowsMessage<std::runtime_error>(HasSubstr("migration 2")));
}

TEST_F(MigrationsPgTest, OneThatFailsLeavesNothingOfAny) {
  service.push_back({3, "003_wrong.sql", "INSERT INTO item VALUES (3); INSERT INTO nowhere VALUES (1);"});
  EXPECT_THAT(bringing_up(),
              ThrowsMessage<std::runtime_error>(AllOf(HasSubstr("003_wrong.sql"), HasSubstr("nowhere"))));
  EXPECT_EQ(count("pg_namespace WHERE nspname = 'shop'"), 0);
  service.pop_back();
  bring_up();
  EXPECT_EQ(count("shop.item"), 2);
}

TEST_F(MigrationsPgTest, ARoleThatMayNotMakeSchemasMigratesItsOwn) {
  const auto role = "sluice_role_" + database.name();
  database.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'test'; CREATE SCHEMA shop AUTHORIZATION " +
                   role);
  migrate(database.dsn() + " password=test user=" + role, "shop", service);
  EXPECT_EQ(count("shop.item"), 2);
  database.execute("DROP OWNED BY " + role + " CASCADE; DROP ROLE " + role);
}

TEST_F(MigrationsPgTest, ADatabaseThatIsNotThereIsDatabaseDown) {
  EXPECT_THROW(migrate(database.dsn() + " dbname=no_such_database", "shop", service), DatabaseDown);
}

}  // namespace
}  // namespace chassis
