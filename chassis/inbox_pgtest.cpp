#include "chassis/inbox.hpp"

#include <gmock/gmock.h>

#include "chassis/housekeeping.hpp"
#include "chassis/testing_pool.hpp"
#include "mq/base/aio/task_group.hpp"
#include "mq/base/ids.hpp"

namespace chassis {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::PoolOnTestDatabase;

constexpr Statement kGrant{"inbox_test_grant", "INSERT INTO coupon (order_no) VALUES ($1)"};

struct InboxPgTest : ::testing::Test {
  void SetUp() override {
    on.database.execute("CREATE TABLE coupon (id bigserial, order_no text)");
    maintain(today);
  }

  std::string event(base::Time made) { return base::uuid_v7(made, random); }
  void maintain(base::Time now) {
    on.transact([now](Transaction& tx) { maintain_inbox(tx, now); });
  }
  bool first(const std::string& group, const std::string& id) {
    return on.transact([&](Transaction& tx) { return first_time(tx, group, id); });
  }
  std::vector<std::string> partitions() {
    const auto answer = on.database.query(
        "SELECT child.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid WHERE "
        "inhparent = "
        "'inbox'::regclass ORDER BY 1");
    std::vector<std::string> names;
    for (const auto& row : answer.rows) names.push_back(row.text("name"));
    return names;
  }
  std::int64_t count(const std::string& table) {
    return on.database.number("SELECT count(*) AS n FROM " + table);
  }

  // A grant as a consumer does it.
  asio::awaitable<void> grant(std::string id) {
    co_await on.pool.transact([&](Transaction& tx) {
      if (!first_time(tx, "coupon-grant", id)) return;
      tx.run({"inbox_test_dawdle", "SELECT pg_sleep(0.02)"});
      tx.run(kGrant, {"o-1"});
    });
    ++handled;
  }
  void deliver_at_once(const std::string& id, int times) {
    on.run([&]() -> asio::awaitable<void> {
      base::TaskGroup group(on.context.get_executor());
      for (int i = 0; i < times; ++i) group.spawn("delivery", grant(id));
      while (handled < times) co_await base::sleep_for(5ms);
      co_await group.stop();
    });
  }

  PoolOnTestDatabase on;
  base::RandomSource random = base::system_random();
  base::Time today = base::from_millis(1'772'355'723'045);  // 2026-03-01 09:02:03.045
  int handled = 0;
};

TEST_F(InboxPgTest, AnEventIsNewOncePerGroup) {
  const auto id = event(today);
  EXPECT_TRUE(first("coupon-grant", id));
  EXPECT_FALSE(first("coupon-grant", id));
  EXPECT_TRUE(first("push-notify", id));
  EXPECT_TRUE(first("coupon-grant", event(today)));
}

TEST_F(InboxPgTest, AnEventWhoseEffectRolledBackIsNewAgain) {
  const auto id = event(today);
  const auto body = [&](Transaction& tx) {
    EXPECT_TRUE(first_time(tx, "g", id));
    throw std::invalid_argument("the effect failed");
  };
  EXPECT_THROW(on.transact(body), std::invalid_argument);
  EXPECT_TRUE(first("g", id));
}

TEST_F(InboxPgTest, OfManyDeliveriesAtOnceOneHasTheEffect) {
  deliver_at_once(event(today), 12);
  EXPECT_EQ(count("coupon"), 1);
}

TEST_F(InboxPgTest, WithoutItsConstraintTheInboxLetsDoublesThrough) {
  on.database.execute("ALTER TABLE inbox DROP CONSTRAINT inbox_pkey");
  deliver_at_once(event(today), 12);
  EXPECT_EQ(count("coupon"), 12) << "the control: the constraint is what the promise hangs on";
}

TEST_F(InboxPgTest, ARepeatAfterMidnightMeetsItsFirstRow) {
  const auto midnight = std::chrono::ceil<std::chrono::days>(today);
  const auto before = event(midnight - 1ms), after = event(midnight);
  EXPECT_TRUE(first("g", before));
  EXPECT_TRUE(first("g", after));
  for (int day = 1; day <= 7; ++day) {
    maintain(midnight + day * 24h - 1ms);
    EXPECT_FALSE(first("g", before)) << day;
    EXPECT_FALSE(first("g", after)) << day;
  }
  EXPECT_EQ(count("inbox_2026_03_01"), 1);
  EXPECT_EQ(count("inbox_2026_03_02"), 1);
}

TEST_F(InboxPgTest, MaintenanceMakesTwoDaysAndDropsAfterSeven) {
  EXPECT_THAT(partitions(), ElementsAre("inbox_2026_03_01", "inbox_2026_03_02", "inbox_other"));
  maintain(today);
  EXPECT_THAT(partitions(), ElementsAre("inbox_2026_03_01", "inbox_2026_03_02", "inbox_other"));
  const auto id = event(today);
  EXPECT_TRUE(first("g", id));
  maintain(today + 7 * 24h);
  EXPECT_THAT(partitions(), ElementsAre("inbox_2026_03_01", "inbox_2026_03_02", "inbox_2026_03_08",
                                        "inbox_2026_03_09", "inbox_other"));
  EXPECT_FALSE(first("g", id));
  maintain(today + 8 * 24h);
  EXPECT_THAT(partitions(), ElementsAre("inbox_2026_03_02", "inbox_2026_03_08", "inbox_2026_03_09",
                                        "inbox_2026_03_10", "inbox_other"));
  EXPECT_TRUE(first("g", id)) << "forgotten: from here on the business keys decide";
}

TEST_F(InboxPgTest, EventsOfAClockThatRunsAheadMoveWhenTheirDayComes) {
  const auto ahead = event(today + 3 * 24h);
  EXPECT_TRUE(first("g", ahead));
  EXPECT_EQ(count("inbox_other"), 1);
  EXPECT_FALSE(first("g", ahead));
  maintain(today + 3 * 24h);
  EXPECT_EQ(count("inbox_other"), 0);
  EXPECT_EQ(count("inbox_2026_03_04"), 1);
  EXPECT_FALSE(first("g", ahead));
}

TEST_F(InboxPgTest, IdsWithoutADayAreRememberedSevenDaysFromTheirArrival) {
  const auto real = base::SystemClock().now();
  for (const auto* id : {"", "not-a-uuid", "550e8400-e29b-41d4-a716-446655440000",
                         "zzzzzzzz-zzzz-7zzz-8000-00000000000z", "ffffffff-ffff-7fff-bfff-ffffffffffff"}) {
    EXPECT_TRUE(first("g", id)) << id;
    EXPECT_FALSE(first("g", id)) << id;
  }
  EXPECT_EQ(count("inbox_other"), 5);
  maintain(real + 7 * 24h - 1min);
  EXPECT_EQ(count("inbox_other"), 5);
  maintain(real + 7 * 24h + 1min);
  EXPECT_EQ(count("inbox_other"), 0);
}

TEST_F(InboxPgTest, ManyProcessesMaintainAtOnceWhileEventsFlow) {
  on.run([&]() -> asio::awaitable<void> {
    base::TaskGroup group(on.context.get_executor());
    int done = 0;
    const auto maintains = [&](base::Time now) -> asio::awaitable<void> {
      co_await on.pool.transact([now](Transaction& tx) { maintain_inbox(tx, now); });
      ++done;
    };
    const auto flows = [&]() -> asio::awaitable<void> {
      co_await on.pool.transact([&](Transaction& tx) { first_time(tx, "g", event(today)); });
      ++done;
    };
    for (int i = 0; i < 30; ++i) {
      group.spawn("maintain", maintains(today + (i % 4) * 24h));
      group.spawn("flow", flows());
    }
    while (done < 60) co_await base::sleep_for(5ms);
    co_await group.stop();
  });
  EXPECT_EQ(count("inbox"), 30);
}

TEST_F(InboxPgTest, HousekeepingRunsAtTheStartAndEndsWhenCancelled) {
  on.run([&]() -> asio::awaitable<void> {
    base::TaskGroup group(on.context.get_executor());
    group.spawn("housekeeping", keep_house(on.pool));
    while (on.pool.stats().transactions < 3) co_await base::sleep_for(5ms);
    co_await group.stop();
  });
  EXPECT_TRUE(first("g", event(base::SystemClock().now())));
  EXPECT_EQ(count("inbox_other"), 0) << "today has a partition";
}

}  // namespace
}  // namespace chassis
