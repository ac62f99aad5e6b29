#include <gmock/gmock.h>

#include "chassis/testing_pool.hpp"
#include "chassis/testing_proxy.hpp"

// A connection that breaks at COMMIT: committed or not, the client cannot tell (design decision 17).
namespace chassis {
namespace {

using namespace std::chrono_literals;
using testing::CuttingProxy;
using testing::PoolOnTestDatabase;
using Cut = CuttingProxy::Cut;

constexpr Statement kClaim{"doubt_claim", "INSERT INTO request (key) VALUES ($1) ON CONFLICT DO NOTHING"};
constexpr Statement kEffect{"doubt_effect", "INSERT INTO effect (what) VALUES ($1)"};

enum class Key { natural, missing };

struct InDoubtPgTest : ::testing::Test {
  void SetUp() override {
    direct.database.execute(
        "CREATE TABLE request (key text PRIMARY KEY); CREATE TABLE effect (id bigserial PRIMARY KEY, what "
        "text)");
  }

  DatabaseOptions through_proxy() {
    auto options = direct.database.options();
    options.dsn = proxy.dsn();
    options.statement_timeout = 1000ms;
    options.lock_timeout = 300ms;
    options.connections = 1;
    return options;
  }

  void effect(PoolOnTestDatabase& on, Key key) {
    on.transact([this, key](Transaction& tx) {
      ++runs;
      if (key == Key::natural && tx.run(kClaim, {"request-1"}).affected == 0) return;
      tx.run(kEffect, {"paid"});
    });
  }

  std::int64_t effects() { return direct.database.number("SELECT count(*) AS n FROM effect"); }

  int runs = 0;
  PoolOnTestDatabase direct;
  CuttingProxy proxy{direct.database.dsn()};
};

struct EveryCutPgTest : InDoubtPgTest, ::testing::WithParamInterface<Cut> {};

TEST_P(EveryCutPgTest, EndsInExactlyOneEffect) {
  PoolOnTestDatabase on([this](DatabaseOptions& options) { options = through_proxy(); });
  proxy.cut_next_commits(GetParam());
  effect(on, Key::natural);
  EXPECT_EQ(effects(), 1);
  EXPECT_GE(runs, 2);
  EXPECT_EQ(on.pool.stats().in_doubt, 1U);
  EXPECT_EQ(on.pool.stats().transactions, 1U);
}

TEST_P(EveryCutPgTest, EndsInExactlyOneEffectWhenItHappensThreeTimes) {
  PoolOnTestDatabase on([this](DatabaseOptions& options) { options = through_proxy(); });
  proxy.cut_next_commits(GetParam(), 3);
  effect(on, Key::natural);
  EXPECT_EQ(effects(), 1);
  EXPECT_EQ(on.pool.stats().in_doubt, 3U);
}

std::string name_of(const ::testing::TestParamInfo<Cut>& cut) {
  switch (cut.param) {
    case Cut::none:
      return "None";
    case Cut::before:
      return "Before";
    case Cut::after:
      return "After";
    case Cut::late:
      return "Late";
    case Cut::never:
      return "Never";
    case Cut::hang:
      return "Hang";
    case Cut::cancel:
      return "Cancel";
  }
  return "";
}
INSTANTIATE_TEST_SUITE_P(Cuts, EveryCutPgTest,
                         ::testing::Values(Cut::before, Cut::after, Cut::late, Cut::never, Cut::hang),
                         name_of);

TEST_F(InDoubtPgTest, WithoutANaturalKeyTheEffectDoubles) {
  PoolOnTestDatabase on([this](DatabaseOptions& options) { options = through_proxy(); });
  proxy.cut_next_commits(Cut::after);
  effect(on, Key::missing);
  EXPECT_EQ(effects(), 2) << "the control: the key is what the promise hangs on";
}

TEST_F(InDoubtPgTest, APlainReadWouldHaveMissedTheZombie) {
  direct.database.execute("BEGIN; INSERT INTO request VALUES ('request-1')");
  const auto seen =
      direct.transact([](Transaction& tx) { return tx.run({"", "SELECT 1 FROM request"}).rows.size(); });
  EXPECT_EQ(seen, 0U);
  direct.database.execute("COMMIT");
}

TEST_F(InDoubtPgTest, WithTheServerGoneForGoodTheCallerLearnsThatItIsInDoubt) {
  PoolOnTestDatabase on([this](DatabaseOptions& options) {
    options = through_proxy();
    options.in_doubt_budget = 300ms;
  });
  on.transact([](Transaction&) {});
  proxy.refuse_connections(true);
  proxy.cut_next_commits(Cut::after);
  EXPECT_THROW(effect(on, Key::natural), InDoubt);
  EXPECT_EQ(effects(), 1);
  proxy.refuse_connections(false);
  effect(on, Key::natural);
  EXPECT_EQ(effects(), 1);
}

TEST_F(InDoubtPgTest, ABreakBeforeCommitIsNotInDoubt) {
  PoolOnTestDatabase on([this](DatabaseOptions& options) { options = through_proxy(); });
  const auto body = [this](Transaction& tx) {
    tx.run(kEffect, {"paid"});
    direct.database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO effect%'");
    tx.run(kEffect, {"paid"});
  };
  EXPECT_THROW(on.transact(body), DatabaseDown);
  EXPECT_EQ(on.pool.stats().in_doubt, 0U);
  EXPECT_EQ(effects(), 0);
}

TEST_F(InDoubtPgTest, AConstraintThatFailsAtCommitIsAnAnswer) {
  direct.database.execute(
      "CREATE TABLE one (n int CONSTRAINT just_one UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  const auto body = [](Transaction& tx) { tx.run({"", "INSERT INTO one VALUES (1), (1)"}); };
  try {
    direct.transact(body);
    FAIL() << "it committed";
  } catch (const SqlError& error) {
    EXPECT_TRUE(error.unique_violation());
    EXPECT_EQ(error.constraint(), "just_one");
  }
}

// PostgreSQL may cancel a COMMIT before it begins: an answer, but one that leaves the transaction open.
TEST_F(InDoubtPgTest, AConnectionWhoseCommitWasCancelledIsRolledBackBeforeItIsUsedAgain) {
  PoolOnTestDatabase on([this](DatabaseOptions& options) { options = through_proxy(); });
  const auto backend = [&on] {
    return on.transact(
        [](Transaction& tx) { return tx.run({"", "SELECT pg_backend_pid() AS pid"}).rows[0].text("pid"); });
  };
  const auto before = backend();
  proxy.cut_next_commits(Cut::cancel);
  try {
    effect(on, Key::natural);
    FAIL() << "it committed";
  } catch (const SqlError& error) {
    EXPECT_EQ(error.state(), "57014");
  }
  EXPECT_EQ(effects(), 0);
  effect(on, Key::natural);
  EXPECT_EQ(effects(), 1);
  EXPECT_EQ(backend(), before) << "another connection proves nothing";
}

}  // namespace
}  // namespace chassis
