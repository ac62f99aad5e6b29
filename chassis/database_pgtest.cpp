#include "chassis/database.hpp"

#include <gmock/gmock.h>

#include <barrier>

#include "chassis/testing_pool.hpp"
#include "mq/base/aio/task_group.hpp"

namespace chassis {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::PoolOnTestDatabase;

constexpr std::string_view kMake =
    "CREATE TABLE item (id bigint PRIMARY KEY, amount bigint CHECK (amount >= 0))";
constexpr Statement kAdd{"item_add", "INSERT INTO item VALUES ($1, $2)"};
constexpr Statement kChange{"item_change", "UPDATE item SET amount = amount + $2 WHERE id = $1"};
constexpr Statement kSleep{"item_sleep", "SELECT pg_sleep($1::double precision)"};

struct DatabasePgTest : ::testing::Test {
  void SetUp() override { on.database.execute(std::string(kMake)); }
  std::int64_t items() { return on.database.number("SELECT count(*) AS n FROM item"); }
  PoolOnTestDatabase on;
};

TEST_F(DatabasePgTest, CommitsWhatTheBodyDidAndReturnsItsValue) {
  const auto affected = on.transact([](Transaction& tx) {
    return tx.run({"", "INSERT INTO item SELECT generate_series(1, 5), 1"}).affected;
  });
  EXPECT_EQ(affected, 5U);
  EXPECT_EQ(items(), 5);
  EXPECT_EQ(on.pool.stats().transactions, 1U);
}

TEST_F(DatabasePgTest, RollsBackWhenTheBodyThrows) {
  const auto body = [](Transaction& tx) {
    tx.run(kAdd, {1, 1});
    throw std::invalid_argument("changed my mind");
  };
  EXPECT_THROW(on.transact(body), std::invalid_argument);
  EXPECT_EQ(items(), 0);
  EXPECT_EQ(on.pool.stats().rolled_back, 1U);
}

TEST_F(DatabasePgTest, ValuesOfEveryKindComeBack) {
  const auto at = base::from_millis(1'772'355'723'045);
  const auto row = on.transact([&](Transaction& tx) {
    return tx
        .run({"kinds",
              "SELECT $1::bigint AS i, $2::text AS t, $3::boolean AS b, $4::timestamptz AS at, $5::text AS "
              "nothing, $6::text[] AS list"},
             {std::int64_t{-5}, "üñí 'quoted' \\ text", true, at, std::nullopt,
              sql_array(std::vector<std::string>{"a,b", "\"c\"", "\\"})})
        .front();
  });
  EXPECT_EQ(row.integer("i"), -5);
  EXPECT_EQ(row.text("t"), "üñí 'quoted' \\ text");
  EXPECT_TRUE(row.boolean("b"));
  EXPECT_EQ(row.time("at"), at);
  EXPECT_TRUE(row.is_null("nothing"));
  EXPECT_EQ(row.text("list"), R"({"a,b","\"c\"","\\"})");
}

TEST_F(DatabasePgTest, ErrorsNameStateAndConstraintButNoValues) {
  const auto failing = [&](std::int64_t id, std::int64_t amount) {
    return [=](Transaction& tx) { tx.run(kAdd, {id, amount}); };
  };
  on.transact(failing(77, 1));
  try {
    on.transact(failing(77, 1));
    FAIL() << "a duplicate";
  } catch (const SqlError& error) {
    EXPECT_TRUE(error.unique_violation());
    EXPECT_EQ(error.constraint(), "item_pkey");
    EXPECT_THAT(error.what(), ::testing::HasSubstr("item_add"));
    EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("77")));
  }
  try {
    on.transact(failing(78, -1));
    FAIL() << "a negative amount";
  } catch (const SqlError& error) {
    EXPECT_TRUE(error.check_violation());
    EXPECT_EQ(error.constraint(), "item_amount_check");
  }
}

TEST_F(DatabasePgTest, ANulByteIsRefusedInsteadOfCut) {
  const auto body = [](Transaction& tx) { tx.run({"", "SELECT $1::text"}, {std::string("a\0b", 3)}); };
  try {
    on.transact(body);
    FAIL() << "cut off";
  } catch (const SqlError& error) {
    EXPECT_EQ(error.state(), "22021");
  }
}

TEST_F(DatabasePgTest, AnErrorTheBodySwallowsStillFailsTheTransaction) {
  const auto body = [](Transaction& tx) {
    tx.run(kAdd, {1, 1});
    try {
      tx.run(kAdd, {1, 1});
    } catch (const SqlError&) {  // PostgreSQL would answer COMMIT with ROLLBACK, and no error
    }
  };
  EXPECT_THROW(on.transact(body), SqlError);
  EXPECT_EQ(items(), 0);
}

TEST_F(DatabasePgTest, AnAttemptTakesBackItsOwnPartOnly) {
  on.transact([](Transaction& tx) {
    tx.run(kAdd, {1, 1});
    const auto refused = tx.attempt([&] {
      tx.run(kAdd, {2, 2});
      tx.run(kAdd, {1, 1});
    });
    EXPECT_TRUE(refused && refused->unique_violation());
    EXPECT_FALSE(tx.attempt([&] { tx.run(kAdd, {3, 3}); }));
    const auto nested = tx.attempt([&] {
      tx.run(kAdd, {4, 4});
      EXPECT_TRUE(tx.attempt([&] { tx.run(kAdd, {4, 4}); }));
    });
    EXPECT_FALSE(nested);
    EXPECT_THROW((void)tx.attempt([&] {
      tx.run(kAdd, {5, 5});
      throw std::invalid_argument("other");
    }),
                 std::invalid_argument);
    EXPECT_TRUE(tx.attempt([&] {
      try {
        tx.run(kAdd, {1, 1});
      } catch (const SqlError&) {  // swallowed inside
      }
    }));
  });
  EXPECT_EQ(on.database.number("SELECT sum(id)::bigint AS n FROM item"), 1 + 3 + 4);
}

TEST_F(DatabasePgTest, TwoStatementsOfOneNameAreABug) {
  const auto body = [](Transaction& tx) {
    tx.run({"twice", "SELECT 1"});
    tx.run({"twice", "SELECT 2"});
  };
  EXPECT_THROW(on.transact(body), std::logic_error);
}
TEST_F(DatabasePgTest, AStatementEndsAtItsTimeout) {
  PoolOnTestDatabase quick([](DatabaseOptions& options) { options.statement_timeout = 100ms; });
  try {
    quick.transact([](Transaction& tx) { tx.run(kSleep, {"30"}); });
    FAIL() << "it slept";
  } catch (const SqlError& error) {
    EXPECT_EQ(error.state(), "57014");
  }
  quick.transact([](Transaction&) {});
}

TEST_F(DatabasePgTest, AWaitForALockEndsAtItsTimeout) {
  PoolOnTestDatabase quick([this](DatabaseOptions& options) {
    options = on.database.options();
    options.lock_timeout = 100ms;
  });
  on.transact([](Transaction& tx) { tx.run(kAdd, {1, 1}); });
  on.database.execute("BEGIN; UPDATE item SET amount = 5");
  try {
    quick.transact([](Transaction& tx) { tx.run(kChange, {1, 1}); });
    FAIL() << "it did not wait";
  } catch (const SqlError& error) {
    EXPECT_TRUE(error.lock_timeout());
  }
  on.database.execute("ROLLBACK");
}

TEST_F(DatabasePgTest, ADeadlockIsRunAgain) {
  on.transact([](Transaction& tx) {
    tx.run(kAdd, {1, 10});
    tx.run(kAdd, {2, 10});
  });
  std::barrier both_hold_one(2);
  const auto move = [&](std::int64_t from, std::int64_t to, std::shared_ptr<int> runs) {
    return [&, from, to, runs](Transaction& tx) {
      tx.run(kChange, {from, -1});
      if (++*runs == 1) both_hold_one.arrive_and_wait();
      tx.run(kChange, {to, 1});
    };
  };
  on.run([&]() -> asio::awaitable<void> {
    base::TaskGroup group(on.context.get_executor());
    group.spawn("there", on.pool.transact(move(1, 2, std::make_shared<int>())));
    co_await on.pool.transact(move(2, 1, std::make_shared<int>()));
    while (on.pool.stats().transactions < 3) co_await base::sleep_for(5ms);
    co_await group.stop();
  });
  EXPECT_EQ(on.database.number("SELECT sum(amount)::bigint AS n FROM item"), 20);
  EXPECT_EQ(on.pool.stats().retried, 1U);
  EXPECT_EQ(on.pool.stats().rolled_back, 0U);
}

}  // namespace
}  // namespace chassis
