#include "chassis/idempotency.hpp"

#include <gmock/gmock.h>

#include <atomic>

#include "chassis/testing_pool.hpp"
#include "chassis/testing_proxy.hpp"
#include "mq/base/aio/task_group.hpp"

namespace chassis {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using mq::net::HttpResponse;
using testing::CuttingProxy;
using testing::PoolOnTestDatabase;

constexpr Statement kPlace{"idem_place", "INSERT INTO placed (what) VALUES ($1)"};

struct IdempotencyPgTest : ::testing::Test {
  void SetUp() override { on.database.execute("CREATE TABLE placed (id bigserial, what text)"); }

  static IdempotencyKey key(const std::string& name, const std::string& body = "{}") {
    return {"alice", "POST /orders", name, sha256_hex(body)};
  }
  // Has an effect and answers with `status`.
  Idempotency::Body placing(int status) {
    return [this, status](Transaction& tx) {
      ++runs;
      tx.run(kPlace, {"order"});
      return HttpResponse{status,
                          {{"content-type", "application/json"}, {"location", "/orders/1"}},
                          "{\"run\":" + std::to_string(runs) + "}"};
    };
  }
  HttpResponse request(const IdempotencyKey& of, Idempotency::Body body) {
    return request(idempotency, on, of, body);
  }
  static HttpResponse request(Idempotency& at, testing::Runner& runner, const IdempotencyKey& of,
                              Idempotency::Body body) {
    HttpResponse answer;
    runner.run([&]() -> asio::awaitable<void> { answer = co_await at.run(of, std::move(body)); });
    return answer;
  }
  std::int64_t effects() { return on.database.number("SELECT count(*) AS n FROM placed"); }
  std::int64_t stored() { return on.database.number("SELECT count(*) AS n FROM idempotency"); }

  std::atomic<int> runs = 0;
  PoolOnTestDatabase on;
  Idempotency idempotency{on.pool};
};

TEST_F(IdempotencyPgTest, ARepeatGetsTheStoredAnswerWordForWord) {
  const auto first = request(key("k"), placing(201));
  const auto second = request(key("k"), placing(201));
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(second.body, "{\"run\":1}");
  EXPECT_EQ(second.headers, first.headers);
  EXPECT_EQ(effects(), 1);
}

TEST_F(IdempotencyPgTest, AnotherRequestUnderTheSameKeyIs422) {
  request(key("k", "{\"a\":1}"), placing(201));
  EXPECT_EQ(request(key("k", "{\"a\":2}"), placing(201)).status, 422);
  EXPECT_EQ(request(key("k", "{\"a\":1}"), placing(201)).status, 201);
  EXPECT_EQ(effects(), 1);
}

TEST_F(IdempotencyPgTest, KeysOfOtherPeopleAndRoutesAreOthers) {
  auto bob = key("k"), pay = key("k");
  bob.principal = "bob";
  pay.route = "POST /orders/{order_no}/pay";
  for (const auto& of : {key("k"), bob, pay}) EXPECT_EQ(request(of, placing(201)).status, 201);
  EXPECT_EQ(effects(), 3);
}

TEST_F(IdempotencyPgTest, A4xxIsStoredAndItsEffectIsNot) {
  EXPECT_EQ(request(key("k"), placing(409)).status, 409);
  EXPECT_EQ(effects(), 0);
  const auto again = request(key("k"), placing(201));
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.body, "{\"run\":1}");
  EXPECT_EQ(effects(), 0);
}

TEST_F(IdempotencyPgTest, A5xxIsNeitherStoredNorEffective) {
  EXPECT_EQ(request(key("k"), placing(503)).status, 503);
  EXPECT_EQ(effects() + stored(), 0);
  EXPECT_EQ(request(key("k"), placing(201)).body, "{\"run\":2}");
  EXPECT_EQ(effects(), 1);
}

TEST_F(IdempotencyPgTest, ABodyThatThrowsLeavesTheKeyFree) {
  const auto throwing = [this](Transaction& tx) -> HttpResponse {
    placing(201)(tx);
    throw std::invalid_argument("a bug");
  };
  const auto failing = [](Transaction& tx) -> HttpResponse {
    tx.run({"", "SELECT 1 / 0"});
    return {};
  };
  EXPECT_THROW(request(key("k"), throwing), std::invalid_argument);
  EXPECT_THROW(request(key("k"), failing), SqlError);
  EXPECT_EQ(effects() + stored(), 0);
  EXPECT_EQ(request(key("k"), placing(201)).status, 201);
}

TEST_F(IdempotencyPgTest, ThirtyAtOnceHaveOneEffectAndOneAnswer) {
  std::vector<HttpResponse> answers;
  on.run([&]() -> asio::awaitable<void> {
    base::TaskGroup group(on.context.get_executor());
    const auto one = [&]() -> asio::awaitable<void> {
      answers.push_back(co_await idempotency.run(key("k"), placing(201)));
    };
    for (int i = 0; i < 30; ++i) group.spawn("request", one());
    while (answers.size() < 30) co_await base::sleep_for(5ms);
    co_await group.stop();
  });
  EXPECT_EQ(effects(), 1);
  EXPECT_EQ(runs, 1);
  EXPECT_THAT(answers, ::testing::Each(::testing::Field(&HttpResponse::body, "{\"run\":1}")));
}

TEST_F(IdempotencyPgTest, ThirtyAtOnceInThreeProcessesHaveOneEffect) {
  std::vector<std::unique_ptr<Database>> pools;
  std::vector<std::unique_ptr<Idempotency>> processes;
  for (int i = 0; i < 3; ++i) {
    pools.push_back(std::make_unique<Database>(on.context.get_executor(), on.database.options()));
    processes.push_back(std::make_unique<Idempotency>(*pools.back()));
  }
  int answered = 0;
  on.run([&]() -> asio::awaitable<void> {
    base::TaskGroup group(on.context.get_executor());
    const auto one = [&](std::size_t process) -> asio::awaitable<void> {
      const auto answer = co_await processes[process]->run(key("k"), placing(201));
      EXPECT_EQ(answer.body, "{\"run\":1}");
      ++answered;
    };
    for (std::size_t i = 0; i < 30; ++i) group.spawn("request", one(i % 3));
    while (answered < 30) co_await base::sleep_for(5ms);
    co_await group.stop();
  });
  EXPECT_EQ(effects(), 1);
}

TEST_F(IdempotencyPgTest, WhileTheFirstRunsElsewhereTheAnswerIs409WithRetryAfter) {
  PoolOnTestDatabase quick([this](DatabaseOptions& options) {
    options = on.database.options();
    options.lock_timeout = 100ms;
  });
  Idempotency at(quick.pool);
  on.database.execute(
      "BEGIN; INSERT INTO idempotency (principal, route, key, request_hash, created_real) VALUES ('alice', "
      "'POST /orders', 'k', '', '2026-01-01')");
  const auto answer = request(at, quick, key("k"), placing(201));
  EXPECT_EQ(answer.status, 409);
  EXPECT_TRUE(answer.headers.contains("retry-after"));
  on.database.execute("ROLLBACK");
  EXPECT_EQ(request(at, quick, key("k"), placing(201)).status, 201);
}

TEST_F(IdempotencyPgTest, WhileTheFirstRunsHereTheAnswerIs409WithoutAnotherConnection) {
  std::atomic<bool> go = false;
  const auto slow = [&](Transaction& tx) {
    while (!go) std::this_thread::sleep_for(1ms);
    return placing(201)(tx);
  };
  int first = 0, second = 0;
  on.run([&]() -> asio::awaitable<void> {
    base::TaskGroup group(on.context.get_executor());
    const auto one = [&](Idempotency::Body body, int& status) -> asio::awaitable<void> {
      const auto answer = co_await idempotency.run(key("k"), std::move(body));
      status = answer.status;
    };
    group.spawn("first", one(slow, first));
    while (on.pool.stats().busy < 1) co_await base::sleep_for(1ms);
    group.spawn("second", one(placing(201), second));
    while (second == 0) {
      EXPECT_LE(on.pool.stats().busy, 1U);
      co_await base::sleep_for(20ms);
    }
    go = true;
    while (first == 0) co_await base::sleep_for(1ms);
    co_await group.stop();
  });
  EXPECT_EQ(first, 201);
  EXPECT_EQ(second, 409);
  EXPECT_EQ(effects(), 1);
}

TEST_F(IdempotencyPgTest, ALockTimeoutInTheBodyIsNotTakenForADuplicate) {
  PoolOnTestDatabase quick([this](DatabaseOptions& options) {
    options = on.database.options();
    options.lock_timeout = 100ms;
  });
  Idempotency at(quick.pool);
  on.database.execute("INSERT INTO placed (what) VALUES ('stock')");
  on.database.execute("BEGIN; UPDATE placed SET what = 'mine'");
  const auto body = [](Transaction& tx) -> HttpResponse {
    tx.run({"", "UPDATE placed SET what = 'yours'"});
    return {201, {}, ""};
  };
  EXPECT_THROW(request(at, quick, key("k"), body), SqlError);
  on.database.execute("ROLLBACK");
}

// The commit's answer is lost: what the client of a crashed process sees when it asks again.
TEST_F(IdempotencyPgTest, ACommitInDoubtEndsInTheStoredAnswer) {
  CuttingProxy proxy(on.database.dsn());
  PoolOnTestDatabase cut([&](DatabaseOptions& options) {
    options = on.database.options();
    options.dsn = proxy.dsn();
  });
  Idempotency at(cut.pool);
  for (const auto how : {CuttingProxy::Cut::after, CuttingProxy::Cut::before, CuttingProxy::Cut::late}) {
    proxy.cut_next_commits(how);
    const auto answer = request(at, cut, key("k" + std::to_string(static_cast<int>(how))), placing(201));
    EXPECT_EQ(answer.status, 201);
  }
  EXPECT_EQ(effects(), 3);
  EXPECT_EQ(stored(), 3);
}

TEST_F(IdempotencyPgTest, KeysAreForgottenAfterSevenRealDays) {
  request(key("k"), placing(201));
  const auto prune = [this](base::Time now) {
    on.transact([now](Transaction& tx) { prune_idempotency(tx, now); });
  };
  const auto real = base::SystemClock().now();
  prune(real + 7 * 24h - 1min);
  EXPECT_EQ(stored(), 1);
  prune(real + 7 * 24h + 1min);
  EXPECT_EQ(stored(), 0);
}

// A flash sale's keys expire together: in one statement they would run into its timeout, hour after hour.
TEST_F(IdempotencyPgTest, ManyOldKeysAreForgottenInBites) {
  on.database.execute(
      "INSERT INTO idempotency (principal, route, key, request_hash, created_real) "
      "SELECT 'alice', 'r', n::text, '', '2026-01-01' FROM generate_series(1, 12000) n");
  request(key("young"), placing(201));
  int bites = 1;
  while (on.transact([](Transaction& tx) { return prune_idempotency(tx); })) ++bites;
  EXPECT_EQ(bites, 3);
  EXPECT_EQ(stored(), 1);
}

// The negative control: without the key's constraint the effect doubles, and the count shows it.
TEST_F(IdempotencyPgTest, WithoutTheConstraintARepeatHasAnotherEffect) {
  on.database.execute("ALTER TABLE idempotency DROP CONSTRAINT idempotency_pkey");
  request(key("k"), placing(201));
  request(key("k"), placing(201));
  EXPECT_EQ(effects(), 2);
}

}  // namespace
}  // namespace chassis
