#include "chassis/database.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <barrier>
#include <thread>

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
constexpr Statement kSleep{"item_sleep", "SELECT pg_sleep($1::double precision)"};

struct PoolPgTest : ::testing::Test {
  void SetUp() override { on.database.execute(std::string(kMake)); }
  std::int64_t items() { return on.database.number("SELECT count(*) AS n FROM item"); }
  void kill_pool() {
    on.database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid "
        "<> "
        "pg_backend_pid()");
  }
  PoolOnTestDatabase on;
};

TEST_F(PoolPgTest, EveryNewConnectionHasTheSettings) {
  const auto settings = [](Transaction& tx) {
    const auto row =
        tx.run({"",
                "SELECT current_setting('search_path') AS path, current_setting('statement_timeout') "
                "AS statement, current_setting('lock_timeout') AS lock, "
                "current_setting('idle_in_transaction_session_timeout') AS idle, "
                "current_setting('timezone') AS zone, current_setting('application_name') AS name, "
                "current_setting('standard_conforming_strings') AS strings, "
                "pg_backend_pid() AS pid"})
            .front();
    std::string all;
    for (const auto* column : {"path", "statement", "lock", "idle", "zone", "name", "strings"}) {
      all += row.text(column) + "|";
    }
    return std::pair(all, row.integer("pid"));
  };
  PoolOnTestDatabase one([this](DatabaseOptions& options) {
    options = on.database.options();
    options.connections = 1;
  });
  const auto before = one.transact(settings);
  EXPECT_EQ(before.first, "test|4s|2s|4s|UTC|sluice test|on|");
  for (int i = 0; i < 3; ++i) {
    kill_pool();
    const auto after = one.transact(settings);
    EXPECT_EQ(after.first, before.first);
    EXPECT_NE(after.second, before.second);
  }
  EXPECT_EQ(one.pool.stats().broken, 3U);
}

TEST_F(PoolPgTest, AConnectionKilledInTheBodyMeansNothingWasCommitted) {
  int runs = 0;
  const auto body = [&](Transaction& tx) {
    ++runs;
    tx.run(kAdd, {1, 1});
    if (runs == 1) kill_pool();
    tx.run(kAdd, {2, 2});
  };
  EXPECT_THROW(on.transact(body), DatabaseDown);
  EXPECT_EQ(items(), 0);
  on.transact(body);
  EXPECT_EQ(items(), 2);
}

TEST_F(PoolPgTest, AConnectionKilledWhileIdleIsReplacedSilently) {
  for (int i = 0; i < 20; ++i) {
    on.transact([i](Transaction& tx) { tx.run(kAdd, {i, 1}); });
    kill_pool();
  }
  EXPECT_EQ(items(), 20);
  EXPECT_EQ(on.pool.stats().rolled_back, 0U);
}

TEST_F(PoolPgTest, AServerThatIsNotThereIsDatabaseDown) {
  PoolOnTestDatabase nowhere([](DatabaseOptions& options) { options.dsn += " host=127.0.0.1 port=1"; });
  EXPECT_THROW(nowhere.transact([](Transaction&) {}), DatabaseDown);
  bool alive = true;
  nowhere.run([&]() -> asio::awaitable<void> { alive = co_await nowhere.pool.alive(); });
  EXPECT_FALSE(alive);
  on.run([&]() -> asio::awaitable<void> { alive = co_await on.pool.alive(); });
  EXPECT_TRUE(alive);
}

TEST_F(PoolPgTest, AnUnknownUserIsDatabaseDown) {
  PoolOnTestDatabase stranger([](DatabaseOptions& options) { options.dsn += " user=nobody_at_all"; });
  EXPECT_THROW(stranger.transact([](Transaction&) {}), DatabaseDown);
}

TEST_F(PoolPgTest, ThereAreAsManyBodiesAtOnceAsConnections) {
  std::atomic<int> now = 0, most = 0;
  on.run([&]() -> asio::awaitable<void> {
    base::TaskGroup group(on.context.get_executor());
    const auto body = [&](Transaction& tx) {
      most = std::max(most.load(), ++now);
      tx.run(kSleep, {"0.02"});
      --now;
    };
    for (int i = 0; i < 40; ++i) group.spawn("body", on.pool.transact(body));
    while (on.pool.stats().transactions < 40) co_await base::sleep_for(5ms);
    co_await group.stop();
  });
  EXPECT_EQ(most, 4);
  EXPECT_EQ(on.pool.stats().busy, 0U);
}

TEST_F(PoolPgTest, WhoFindsNoConnectionInTimeGetsTimedOut) {
  PoolOnTestDatabase small([](DatabaseOptions& options) {
    options.connections = 1;
    options.waiting_max = 2;
    options.queue_timeout = 50ms;
  });
  std::barrier release(2);
  std::vector<boost::system::error_code> outcomes;
  const auto waits = [&]() -> asio::awaitable<void> {
    try {
      co_await small.pool.transact([](Transaction&) {});
    } catch (const boost::system::system_error& error) {
      outcomes.push_back(error.code());
    }
  };
  small.run([&]() -> asio::awaitable<void> {
    base::TaskGroup group(small.context.get_executor());
    group.spawn("long", small.pool.transact([&](Transaction&) { release.arrive_and_wait(); }));
    while (small.pool.stats().busy < 1) co_await base::sleep_for(1ms);
    for (int i = 0; i < 3; ++i) group.spawn("waits", waits());
    while (outcomes.size() < 3) co_await base::sleep_for(5ms);
    release.arrive_and_wait();
    while (small.pool.stats().transactions < 1) co_await base::sleep_for(5ms);
    co_await group.stop();
  });
  EXPECT_THAT(outcomes, ::testing::Each(asio::error::timed_out));
  small.transact([](Transaction&) {});
}

TEST_F(PoolPgTest, ACancelledWaiterLeavesTheQueueAndARunningBodyIsAwaited) {
  PoolOnTestDatabase small([](DatabaseOptions& options) { options.connections = 1; });
  std::barrier release(2);
  bool waiter_ran = false, long_one_ended = false;
  const auto long_one = [&]() -> asio::awaitable<void> {
    co_await small.pool.transact([&](Transaction&) { release.arrive_and_wait(); });
    long_one_ended = true;
  };
  small.run([&]() -> asio::awaitable<void> {
    base::TaskGroup running(small.context.get_executor()), waiting(small.context.get_executor());
    running.spawn("long", long_one());
    while (small.pool.stats().busy < 1) co_await base::sleep_for(1ms);
    waiting.spawn("waits", small.pool.transact([&](Transaction&) { waiter_ran = true; }));
    while (small.pool.stats().waiting < 1) co_await base::sleep_for(1ms);
    co_await waiting.stop();
    EXPECT_EQ(small.pool.stats().waiting, 0U);
    std::thread later([&] {
      std::this_thread::sleep_for(50ms);
      release.arrive_and_wait();
    });
    co_await running.stop();
    later.join();
  });
  EXPECT_FALSE(waiter_ran);
  EXPECT_TRUE(long_one_ended);
}

TEST_F(PoolPgTest, ClosingWaitsForTheBodiesThatRun) {
  std::atomic<bool> ended = false;
  bool came_home = false;
  on.run([&]() -> asio::awaitable<void> {
    base::TaskGroup group(on.context.get_executor());
    const auto body = [&]() -> asio::awaitable<void> {
      co_await on.pool.transact([&](Transaction& tx) {
        tx.run(kSleep, {"0.1"});
        ended = true;
      });
      came_home = true;
    };
    group.spawn("body", body());
    while (on.pool.stats().busy < 1) co_await base::sleep_for(1ms);
    on.pool.close();
    EXPECT_TRUE(ended);
    while (!came_home) co_await base::sleep_for(1ms);
    co_await group.stop();
  });
  EXPECT_THROW(on.transact([](Transaction&) {}), boost::system::system_error);
}

}  // namespace
}  // namespace chassis
