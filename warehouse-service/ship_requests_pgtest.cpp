#include "warehouse-service/ship_requests.hpp"

#include <gmock/gmock.h>

#include "chassis/testing_proxy.hpp"
#include "warehouse-service/shipments_fixture.hpp"

namespace warehouse {
namespace {

using namespace std::chrono_literals;
using chassis::testing::CuttingProxy;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ShipRequestsTest : public ShipmentsTest {
 protected:
  using ShipmentsTest::ShipmentsTest;
  using Jobs = std::vector<chassis::DueWork::Job>;

  // What the loop of one process would do now.
  Jobs due(ShipRequests& requests) {
    return host_.call(
        [&]() -> boost::asio::awaitable<Jobs> { co_return co_await requests.due(host_.now(), 64); });
  }
  void run(const Jobs& jobs) {
    for (const auto& job : jobs) host_.call(job.run);
  }
  std::optional<base::Time> next_due() {
    return host_.call([this]() -> boost::asio::awaitable<std::optional<base::Time>> {
      co_return co_await requests_->next_due();
    });
  }
  std::string last_error(const std::string& order_no) {
    return database_.query("SELECT last_error FROM shipment WHERE order_no = '" + order_no + "'")
        .front()
        .text("last_error");
  }
};

TEST_F(ShipRequestsTest, APaidOrderIsAskedForOnceAndTheAcceptanceIsTold) {
  parties_.misbehave("warehouse", R"({"mode":"ok"})");
  deaf_ = true;  // the shipped notice is another test's matter
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(becomes("A", "ACCEPTED"));
  EXPECT_THAT(news("A"), ElementsAre("ShipmentAccepted"));
  EXPECT_EQ(parties_.count(std::string(kPath)), 1U);
  EXPECT_EQ(next_due(), std::nullopt) << "nothing is left to ask";
  const auto told = outgoing().front();
  EXPECT_EQ(told.traceparent.substr(0, 36), "00-4bf92f3577b34da6a3ce929d0e0e4736-");
}

TEST_F(ShipRequestsTest, FromPaidToShippedWithoutAnybodysHelp) {
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(becomes("A", "SHIPPED"));
  EXPECT_EQ(parcels("A"), 1U);
  EXPECT_THAT(news("A").back(), "ShipmentShipped");
}

TEST_F(ShipRequestsTest, AClosedWarehouseIsAskedAgainWithTheSameWordsUntilItOpens) {
  parties_.misbehave("warehouse", R"({"mode":"fail"})");
  start_loop();
  group_.deliver(paid("A"));
  for (int tries = 1; tries <= 3; ++tries) {
    EXPECT_TRUE(is_tried("A", tries));
    EXPECT_EQ(state("A"), "REQUESTED");
    EXPECT_EQ(last_error("A"), "HTTP status 503");
    host_.advance(pause_after(tries));
  }
  parties_.heal();
  host_.advance(1min);
  EXPECT_TRUE(becomes("A", "SHIPPED"));
  const auto bodies = parties_.bodies(std::string(kPath));
  EXPECT_THAT(bodies, AllOf(SizeIs(::testing::Ge(4U)), Each(bodies.front())));
  EXPECT_EQ(parcels("A"), 1U);
}

TEST_F(ShipRequestsTest, TheNextTryIsDueAfterThePauseAndNotBefore) {
  parties_.misbehave("warehouse", R"({"mode":"fail"})");
  group_.deliver(paid("A"));
  for (std::int64_t tries = 1; tries <= 4; ++tries) {
    const auto before = host_.now();
    run(due(*requests_));
    EXPECT_EQ(attempts("A"), tries);
    const auto next = next_due().value();
    EXPECT_GE(next, before + pause_after(tries));
    EXPECT_LE(next, host_.now() + pause_after(tries));
    const auto ask = [&](base::Time at) {
      return host_.call([&]() -> boost::asio::awaitable<Jobs> { co_return co_await requests_->due(at, 64); });
    };
    EXPECT_THAT(ask(next - 1ms), IsEmpty());
    EXPECT_THAT(ask(next), SizeIs(1));
    host_.advance(pause_after(tries));
  }
}

TEST_F(ShipRequestsTest, ABacklogOfAnOutageIsWorkedOffAndEachOrderShipsOnce) {
  parties_.misbehave("warehouse", R"({"mode":"fail"})");
  start_loop();
  for (int i = 0; i < 100; ++i) group_.deliver(paid("A" + std::to_string(i)));
  EXPECT_TRUE(host_.eventually([this] { return number("SELECT min(attempts) AS n FROM shipment") > 0; }));
  parties_.heal();
  host_.advance(10min);
  EXPECT_TRUE(host_.eventually([this] { return count("shipment WHERE state = 'SHIPPED'") == 100; }));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(parcels("A" + std::to_string(i)), 1U) << i;
}

TEST_F(ShipRequestsTest, ARefusalIsNotTriedAgain) {
  // Somebody took the number with another content.
  parties_.post(std::string(kPath),
                R"({"shipment_no":"SA","order_no":"A","notice_url":"http://127.0.0.1:1/",)"
                R"("lines":[{"sku":"SKU-1001","quantity":9}]})");
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(becomes("A", "REFUSED"));
  EXPECT_EQ(last_error("A"), "HTTP status 409");
  EXPECT_EQ(next_due(), std::nullopt);
  EXPECT_THAT(news("A"), IsEmpty());
}

// Two processes, or one that was killed after its call and started again, work on the same row.
TEST_F(ShipRequestsTest, TwoWhoAskForTheSameShipmentTellOfItOnce) {
  deaf_ = true;
  group_.deliver(paid("A"));
  ShipRequests other(pool_, http_, outbox_, host_.service().clock(), host_.service().random(), parties_.url(),
                     timeout_);
  const auto mine = due(*requests_);
  const auto theirs = due(other);
  ASSERT_EQ(mine.size() + theirs.size(), 2U);
  run(mine);
  run(theirs);
  EXPECT_EQ(parties_.count(std::string(kPath)), 2U);
  EXPECT_EQ(parties_.ledger_count("warehouse", "A", "accepted"), 1U);
  EXPECT_THAT(news("A"), ElementsAre("ShipmentAccepted"));
}

TEST_F(ShipRequestsTest, ACommitInDoubtAfterTheAnswerTellsOfItOnce) {
  deaf_ = true;
  CuttingProxy proxy(database_.dsn());
  auto options = database_.options();
  options.dsn = proxy.dsn();
  options.connections = 1;
  chassis::Database shaky(host_.service().executor(), options);
  ShipRequests over_proxy(shaky, http_, outbox_, host_.service().clock(), host_.service().random(),
                          parties_.url(), timeout_);
  for (const auto cut : {CuttingProxy::Cut::before, CuttingProxy::Cut::after}) {
    const auto order_no = "A" + std::to_string(static_cast<int>(cut));
    group_.deliver(paid(order_no));
    const auto jobs = due(over_proxy);
    ASSERT_EQ(jobs.size(), 1U);
    proxy.cut_next_commits(cut);
    run(jobs);
    EXPECT_EQ(state(order_no), "ACCEPTED");
    EXPECT_THAT(news(order_no), ElementsAre("ShipmentAccepted"));
  }
  EXPECT_EQ(shaky.stats().in_doubt, 2U);
}

// The warehouse heard us and we did not hear the warehouse.
class LostAnswerTest : public ShipRequestsTest {
 protected:
  LostAnswerTest() : ShipRequestsTest(300ms) {}
};

TEST_F(LostAnswerTest, ARequestWhoseAnswerIsLostIsAskedAgainAndShipsOnce) {
  deaf_ = true;
  parties_.misbehave("warehouse", R"({"mode":"done_but_silent"})");
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(is_tried("A", 2)) << "in doubt twice";
  EXPECT_EQ(state("A"), "REQUESTED");
  EXPECT_THAT(news("A"), IsEmpty()) << "nothing is said before it is known";
  EXPECT_EQ(parties_.ledger_count("warehouse", "A", "accepted"), 1U) << "it took the order at the first try";
  parties_.heal();
  host_.advance(1min);
  EXPECT_TRUE(becomes("A", "ACCEPTED"));
  const auto bodies = parties_.bodies(std::string(kPath));
  EXPECT_THAT(bodies, AllOf(SizeIs(::testing::Ge(3U)), Each(bodies.front())));
  deaf_ = false;
  host_.advance(10min);
  EXPECT_TRUE(becomes("A", "SHIPPED"));
  EXPECT_EQ(parcels("A"), 1U);
  EXPECT_THAT(news("A"), ElementsAre("ShipmentAccepted", "ShipmentShipped"));
}

// The control: what makes the lost answer harmless is the number and body that never change.
TEST_F(LostAnswerTest, WithAFreshNumberOnEveryTryTheWarehouseWouldShipTwice) {
  deaf_ = true;
  parties_.misbehave("warehouse", R"({"mode":"done_but_silent"})");
  group_.deliver(paid("A"));
  run(due(*requests_));
  database_.execute(
      "UPDATE shipment SET shipment_no = 'S2', request = replace(request, '\"SA\"', '\"S2\"'), "
      "next_try_at = created_at");
  run(due(*requests_));
  EXPECT_TRUE(host_.eventually([this] { return parcels("A") == 2; }));
}

TEST_F(LostAnswerTest, ASilentWarehouseIsAskedUntilItAnswers) {
  parties_.misbehave("warehouse", R"({"mode":"silent"})");
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(is_tried("A", 2));
  EXPECT_THAT(parties_.ledger("warehouse", "A"), IsEmpty());
  parties_.heal();
  host_.advance(1min);
  EXPECT_TRUE(becomes("A", "SHIPPED"));
  EXPECT_EQ(parcels("A"), 1U);
}

// It answers, but after we gave up; what it does then overlaps with our next try.
TEST_F(LostAnswerTest, ASlowWarehouseThatActsAfterWeGaveUpShipsOnce) {
  parties_.misbehave("warehouse", R"({"mode":"slow","delay_ms":1500})");
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(is_tried("A", 1));
  host_.advance(pause_after(1));
  EXPECT_TRUE(is_tried("A", 2));
  parties_.heal();
  host_.advance(1min);
  EXPECT_TRUE(becomes("A", "SHIPPED"));
  EXPECT_EQ(parties_.ledger_count("warehouse", "A", "accepted"), 1U);
  EXPECT_EQ(parcels("A"), 1U);
}

TEST_F(LostAnswerTest, WhatIsSlowButInTimeIsAccepted) {
  timeout_ = kPatient;
  ShipRequests patient(pool_, http_, outbox_, host_.service().clock(), host_.service().random(),
                       parties_.url(), timeout_);
  parties_.misbehave("warehouse", R"({"mode":"slow","delay_ms":400})");
  group_.deliver(paid("A"));
  run(due(patient));
  EXPECT_THAT(parties_.bodies(std::string(kPath)), SizeIs(1));
  EXPECT_THAT(state("A"), ::testing::AnyOf("ACCEPTED", "SHIPPED"));
}

// The notice overtakes the answer that never came.
TEST_F(LostAnswerTest, ANoticeThatOvertakesTheAcceptanceEndsTheAsking) {
  parties_.misbehave("warehouse", R"({"mode":"done_but_silent"})");
  start_loop();
  group_.deliver(paid("A"));
  EXPECT_TRUE(becomes("A", "SHIPPED"));
  EXPECT_EQ(next_due(), std::nullopt);
  EXPECT_THAT(news("A"), ElementsAre("ShipmentShipped")) << "sequence 1, without a gap";
  EXPECT_EQ(parcels("A"), 1U);
}

}  // namespace
}  // namespace warehouse
