#include "cli/provision.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "cli/scratch_folder_testing.hpp"
#include "cli/secrets.hpp"

namespace cli {
namespace {
using testing::HasSubstr;

class Provision : public testing::Test {
 protected:
  void SetUp() override {
    const char* given = std::getenv("SLUICE_TEST_PG");  // NOLINT(concurrency-mt-unsafe)
    ASSERT_NE(given, nullptr) << "run it through ./test";
    superuser_ = given;
    const auto own = std::to_string(::getpid());
    database_ = "provision_" + own;
    tenants_ = {{"left_" + own, folder_ / "left.pgpass"}, {"right_" + own, folder_ / "right.pgpass"}};
  }
  void TearDown() override {
    run(superuser_, "DROP DATABASE IF EXISTS " + database_);
    for (const auto& tenant : tenants_) run(superuser_, "DROP ROLE IF EXISTS " + tenant.role);
  }

  // "" or PostgreSQL's words.
  static std::string run(const std::string& connection, const std::string& sql) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> open(PQconnectdb(connection.c_str()), &PQfinish);
    if (PQstatus(open.get()) != CONNECTION_OK) return PQerrorMessage(open.get());
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(open.get(), sql.c_str()), &PQclear);
    return PQresultErrorMessage(result.get());
  }
  // The same server, as one of the tenants. Of two equal keywords libpq takes the last.
  std::string as(const Tenant& tenant) const {
    return fmt::format("{} dbname={} user={} password={}", superuser_, database_, tenant.role,
                       password_in(read_file(tenant.password_file), tenant.role));
  }

  ScratchFolder folder_;
  std::string superuser_, database_;
  std::vector<Tenant> tenants_;
};

TEST_F(Provision, EachTenantOwnsItsSchemaAndSeesNoOther) {
  provision(superuser_, database_, tenants_);
  const auto& [left, right] = std::pair(tenants_[0], tenants_[1]);
  EXPECT_EQ(run(as(left), fmt::format("CREATE TABLE {}.t (id int)", left.role)), "");
  EXPECT_THAT(run(as(right), fmt::format("SELECT * FROM {}.t", left.role)), HasSubstr("permission denied"));
  EXPECT_THAT(run(as(right), "CREATE TABLE public.t (id int)"), HasSubstr("permission denied"));
  EXPECT_THAT(run(as(right), "CREATE SCHEMA mine"), HasSubstr("permission denied"));
  EXPECT_THAT(run(as(right), "CREATE ROLE other"), HasSubstr("permission denied"));
}

TEST_F(Provision, AgainChangesNothing) {
  provision(superuser_, database_, tenants_);
  EXPECT_EQ(run(as(tenants_[0]), fmt::format("CREATE TABLE {}.t (id int)", tenants_[0].role)), "");
  provision(superuser_, database_, tenants_);
  EXPECT_EQ(run(as(tenants_[0]), fmt::format("SELECT * FROM {}.t", tenants_[0].role)), "");
}

TEST_F(Provision, ALostPasswordFileIsReplaced) {
  provision(superuser_, database_, tenants_);
  const auto before = read_file(tenants_[0].password_file);
  std::filesystem::remove(tenants_[0].password_file);
  provision(superuser_, database_, tenants_);
  EXPECT_NE(read_file(tenants_[0].password_file), before);
  EXPECT_EQ(run(as(tenants_[0]), "SELECT 1"), "");
}

TEST_F(Provision, NobodyGetsInWithAnotherPassword) {
  provision(superuser_, database_, tenants_);
  EXPECT_THAT(run(as(tenants_[0]) + " password=wrong", "SELECT 1"),
              HasSubstr("password authentication failed"));
}

}  // namespace
}  // namespace cli
