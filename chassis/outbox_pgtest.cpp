#include "chassis/outbox.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "chassis/testing_pool.hpp"
#include "mq/base/aio/task_group.hpp"

namespace chassis {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using mq::client::SendError;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using testing::PoolOnTestDatabase;

// Stands for the broker: remembers what arrived, fails as told.
struct FakeBroker {
  std::function<void(const OutgoingMessage&)> misbehave = [](const OutgoingMessage&) {};
  std::chrono::milliseconds takes{0};
  std::vector<OutgoingMessage> arrived;
  std::set<std::string> in_flight;
  std::size_t most_in_flight = 0;
  int attempts = 0;

  asio::awaitable<void> send(OutgoingMessage message) {
    ++attempts;
    EXPECT_TRUE(in_flight.insert(message.key).second) << "two sends of one key at once";
    most_in_flight = std::max(most_in_flight, in_flight.size());
    co_await base::sleep_for(takes);
    in_flight.erase(message.key);
    misbehave(message);
    arrived.push_back(message);
  }

  [[nodiscard]] std::vector<std::string> bodies(const std::string& key) const {
    std::vector<std::string> of_key;
    for (const auto& message : arrived) {
      if (message.key == key) of_key.push_back(message.body);
    }
    return of_key;
  }
};

struct Relay {
  Relay(PoolOnTestDatabase& on, FakeBroker& broker)
      : outbox(on.pool, [&broker](OutgoingMessage message) { return broker.send(std::move(message)); }),
        tasks(on.context.get_executor()) {}
  void start() { tasks.spawn("outbox", outbox.run()); }
  Outbox outbox;
  base::TaskGroup tasks;
};

struct OutboxPgTest : ::testing::Test {
  using Check = std::function<bool()>;

  void add(const std::string& key, const std::string& body) {
    on.transact([&](Transaction& tx) { Outbox::add(tx, {"topic", "tag", key, body, std::nullopt}); });
  }
  asio::awaitable<void> until(Check done) {
    while (!done()) co_await base::sleep_for(5ms);
  }
  // Starts the relay, waits for `done`, stops the relay.
  void relay_until(Check done) {
    on.run([&]() -> asio::awaitable<void> {
      Relay relay(on, broker);
      relay.start();
      co_await until(done);
      co_await relay.tasks.stop();
    });
  }
  std::int64_t rows() { return on.database.number("SELECT count(*) AS n FROM outbox"); }
  Check arrived(std::size_t count) {
    return [this, count] { return broker.arrived.size() >= count; };
  }
  Check table_is_empty() {
    return [this] { return rows() == 0; };
  }

  PoolOnTestDatabase on;
  FakeBroker broker;
};

TEST_F(OutboxPgTest, SendsWhatWasCommittedAndNothingElse) {
  on.transact([](Transaction& tx) {
    Outbox::add(tx, {"orders", "created", "o-1", "body \"1\"", base::from_millis(1'772'355'723'045)});
  });
  const auto rolled_back = [](Transaction& tx) {
    Outbox::add(tx, {"orders", "created", "o-2", "never", std::nullopt});
    throw std::invalid_argument("no");
  };
  EXPECT_THROW(on.transact(rolled_back), std::invalid_argument);
  relay_until(table_is_empty());
  ASSERT_EQ(broker.arrived.size(), 1U);
  const auto& message = broker.arrived.front();
  EXPECT_EQ(message.topic, "orders");
  EXPECT_EQ(message.tag, "created");
  EXPECT_EQ(message.key, "o-1");
  EXPECT_EQ(message.body, "body \"1\"");
  EXPECT_EQ(message.deliver_at, base::from_millis(1'772'355'723'045));
}

TEST_F(OutboxPgTest, KeepsTheOrderOfEachKeyWhileSendsFail) {
  std::map<std::string, std::vector<std::string>> expected;
  for (int i = 0; i < 300; ++i) {
    const auto key = "o-" + std::to_string(i % 23);
    expected[key].push_back(std::to_string(i));
    add(key, std::to_string(i));
  }
  broker.takes = 1ms;
  broker.misbehave = [ended = 0](const OutgoingMessage&) mutable {
    ++ended;
    if (ended % 19 == 0) throw SendError("busy", 2, false);
    if (ended % 101 == 0) throw SendError("no answer", -1, true);
  };
  relay_until(table_is_empty());
  for (const auto& [key, bodies] : expected) EXPECT_THAT(broker.bodies(key), ElementsAreArray(bodies)) << key;
  EXPECT_GT(broker.most_in_flight, 5U);
}

TEST_F(OutboxPgTest, AKeyThatIsRefusedHoldsBackOnlyItself) {
  add("bad", "1");
  for (int i = 0; i < 20; ++i) add("good-" + std::to_string(i % 3), std::to_string(i));
  add("bad", "2");
  bool refuse = true;
  broker.misbehave = [&](const OutgoingMessage& message) {
    if (refuse && message.key == "bad") throw SendError("illegal", 13, false);
  };
  relay_until(arrived(20));
  EXPECT_THAT(broker.bodies("bad"), ElementsAre());
  EXPECT_EQ(rows(), 2);
  refuse = false;
  relay_until(table_is_empty());
  EXPECT_THAT(broker.bodies("bad"), ElementsAre("1", "2"));
}

TEST_F(OutboxPgTest, ABrokerThatIsAwayIsAskedSeldomAndAllFlowsWhenItIsBack) {
  bool away = true;
  broker.misbehave = [&](const OutgoingMessage&) {
    if (away) throw SendError("connection refused", -1, false);
  };
  for (int i = 0; i < 150; ++i) add("o-" + std::to_string(i), "x");
  on.run([&]() -> asio::awaitable<void> {
    Relay relay(on, broker);
    relay.start();
    co_await base::sleep_for(2500ms);
    EXPECT_LE(broker.attempts, 64 + 10);
    EXPECT_EQ(relay.outbox.stats().unsent, 150);
    EXPECT_GE(relay.outbox.stats().oldest, 2000ms);
    away = false;
    co_await until(table_is_empty());
    EXPECT_EQ(relay.outbox.stats().sent, 150U);
    co_await relay.tasks.stop();
  });
  EXPECT_EQ(broker.arrived.size(), 150U);
}

// The crash: sent, and the delete never happened.
TEST_F(OutboxPgTest, ACrashBetweenSendAndDeleteSendsAgainInOrder) {
  for (int i = 0; i < 6; ++i) add("o-1", std::to_string(i));
  on.database.execute(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$; "
      "CREATE TRIGGER crash BEFORE DELETE ON outbox EXECUTE FUNCTION refuse()");
  relay_until(arrived(6));
  EXPECT_EQ(rows(), 6);
  on.database.execute("DROP TRIGGER crash ON outbox");
  relay_until(table_is_empty());
  EXPECT_THAT(broker.bodies("o-1"), ElementsAre("0", "1", "2", "3", "4", "5", "0", "1", "2", "3", "4", "5"));
}

TEST_F(OutboxPgTest, ARowThatCommitsLateWithALowIdIsNotSkipped) {
  on.database.execute(
      "BEGIN; INSERT INTO outbox (topic, tag, key, body, created_real) VALUES ('t', '', 'early', 'late', "
      "'2026-01-01')");
  add("other", "1");
  relay_until(arrived(1));
  on.database.execute("COMMIT");
  relay_until(table_is_empty());
  EXPECT_THAT(broker.bodies("early"), ElementsAre("late"));
}

TEST_F(OutboxPgTest, OneInstanceRelaysAndTheOtherTakesOver) {
  FakeBroker other_broker;
  on.run([&]() -> asio::awaitable<void> {
    Relay first(on, broker), second(on, other_broker);
    first.start();
    co_await on.pool.transact([](Transaction& tx) { Outbox::add(tx, {"t", "", "k", "1", std::nullopt}); });
    co_await until(table_is_empty());
    second.start();
    for (int i = 0; i < 20; ++i) {
      co_await on.pool.transact([](Transaction& tx) { Outbox::add(tx, {"t", "", "k", "2", std::nullopt}); });
      first.outbox.wake();
      second.outbox.wake();
    }
    co_await until(table_is_empty());
    EXPECT_EQ(other_broker.attempts, 0);
    EXPECT_EQ(broker.attempts, 21);
    // Its session ends, as it would with its process.
    on.database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database "
        "= "
        "(SELECT oid FROM pg_database WHERE datname = current_database())");
    co_await first.tasks.stop();
    co_await on.pool.transact([](Transaction& tx) { Outbox::add(tx, {"t", "", "k", "3", std::nullopt}); });
    co_await until(table_is_empty());
    EXPECT_EQ(other_broker.attempts, 1);
    co_await second.tasks.stop();
  });
}

TEST_F(OutboxPgTest, SurvivesALostConnection) {
  for (int i = 0; i < 30; ++i) add("o-" + std::to_string(i % 4), std::to_string(i));
  broker.takes = 5ms;
  on.run([&]() -> asio::awaitable<void> {
    Relay relay(on, broker);
    relay.start();
    co_await until(arrived(5));
    on.database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid "
        "<> "
        "pg_backend_pid()");
    co_await until(table_is_empty());
    co_await relay.tasks.stop();
  });
  std::set<std::string> bodies;
  for (const auto& message : broker.arrived) bodies.insert(message.body);
  EXPECT_EQ(bodies.size(), 30U) << "at least once, each";
}

TEST_F(OutboxPgTest, AStopEndsWhatIsInFlightAndDeletesIt) {
  for (int i = 0; i < 10; ++i) add("o-" + std::to_string(i), "x");
  broker.takes = 200ms;
  relay_until([this] { return broker.in_flight.size() == 10; });
  EXPECT_EQ(broker.arrived.size(), 10U);
  EXPECT_EQ(rows(), 0);
}

TEST_F(OutboxPgTest, WakeCountsAsUnsentUntilTheRelayHasLooked) {
  on.run([&]() -> asio::awaitable<void> {
    Relay relay(on, broker);
    relay.start();
    relay.outbox.wake();
    EXPECT_EQ(relay.outbox.stats().unsent, 1);
    co_await until([&] { return relay.outbox.stats().unsent == 0; });
    co_await relay.tasks.stop();
  });
}

// The negative control: this is what a loss looks like to the check that counts effects.
TEST_F(OutboxPgTest, ATriggerThatDeletesRowsIsNoticedByCountingEffects) {
  on.database.execute(
      "CREATE TABLE effect (id bigserial); CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ "
      "BEGIN "
      "DELETE FROM outbox WHERE id = NEW.id; RETURN NULL; END $$; "
      "CREATE TRIGGER lose AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION lose()");
  const auto change = [this](const std::string& key) {
    on.transact([&](Transaction& tx) {
      tx.run({"", "INSERT INTO effect DEFAULT VALUES"});
      Outbox::add(tx, {"t", "", key, "x", std::nullopt});
    });
  };
  const auto lost = [this] {
    return on.database.number("SELECT count(*) AS n FROM effect") -
           static_cast<std::int64_t>(broker.arrived.size());
  };
  for (int i = 0; i < 3; ++i) change("o-" + std::to_string(i));
  relay_until(table_is_empty());
  EXPECT_EQ(lost(), 3);
  on.database.execute("DROP TRIGGER lose ON outbox; TRUNCATE effect");
  for (int i = 0; i < 3; ++i) change("o-" + std::to_string(i));
  relay_until(table_is_empty());
  EXPECT_EQ(lost(), 0);
}

}  // namespace
}  // namespace chassis
