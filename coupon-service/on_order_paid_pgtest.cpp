#include "coupon-service/on_order_paid.hpp"

#include <gmock/gmock.h>

#include <random>

#include "chassis/testing_proxy.hpp"
#include "coupon-service/testing_rewards.hpp"

namespace coupon {
namespace {

using chassis::testing::CuttingProxy;
using chassis::testing::event_of;
using chassis::testing::reissued;
using mq::client::Verdict;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Not;

class OnOrderPaidTest : public RewardsTest {
 protected:
  // What takes the second guard away: the permanent keys of the effects.
  void drop_business_keys() {
    database_.execute(
        "ALTER TABLE coupon DROP CONSTRAINT coupon_once_per_order, DROP CONSTRAINT coupon_pkey;"
        "ALTER TABLE points_entry DROP CONSTRAINT points_once_per_order;"
        "ALTER TABLE red_packet DROP CONSTRAINT red_packet_once_per_order");
  }
  void forget_all() {
    forget("coupon, points_entry, red_packet, reward_sequence, outbox, inbox");
    set_budget(kBudget);
  }

  // Everything that happens to these orders, each event several times and in a random order; some of it
  // is none of this group's business.
  static std::vector<contracts::Envelope> jumbled(int orders, std::minstd_rand& random) {
    std::vector<contracts::Envelope> events;
    for (int i = 0; i < orders; ++i) {
      const auto order_no = "A" + std::to_string(i);
      const auto event = paid(order_no, 100 + i);
      events.insert(events.end(), {event, event, event, reissued(event), reissued(event)});
      events.push_back(
          event_of(order_no, contracts::OrderCreated{"buyer", 12'345, "2026-03-02T09:02:03.045Z", {}}, 1));
      events.push_back(event_of(order_no, contracts::OrderShipped{"buyer", "SF Express", "SF1"}, 4));
      events.push_back(event_of("B" + std::to_string(i), contracts::OrderClosed{"other", "TIMEOUT"}, 2));
    }
    std::ranges::shuffle(events, random);
    return events;
  }
};

TEST_F(OnOrderPaidTest, APaidOrderEarnsCouponPointsAndRedPacket) {
  EXPECT_EQ(group_.deliver(paid("A", 12'345)), Verdict::done);
  EXPECT_EQ(earned("A"), kEachOnce);
  EXPECT_EQ(number("SELECT points AS n FROM points_entry"), 123);
  EXPECT_EQ(number("SELECT amount_fen AS n FROM red_packet"), 123);
  EXPECT_EQ(number("SELECT value_fen AS n FROM coupon"), 1000);
  EXPECT_EQ(
      number("SELECT count(*) AS n FROM red_packet WHERE expires_at = granted_at + interval '24 hours'"), 1);
  EXPECT_EQ(number("SELECT count(*) AS n FROM coupon WHERE expires_at = granted_at + interval '30 days'"), 1);
  for (const auto& event : outgoing()) {
    EXPECT_EQ(event.type, "RewardGranted");
    EXPECT_EQ(event.order_no, "A");
    EXPECT_EQ(event.traceparent.substr(0, 36), "00-4bf92f3577b34da6a3ce929d0e0e4736-") << "the trace goes on";
  }
}

TEST_F(OnOrderPaidTest, TheSameMessageAgainEarnsNothing) {
  const auto event = paid("A");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(group_.deliver(event, "m-1"), Verdict::done);
  EXPECT_EQ(earned("A"), kEachOnce);
}

TEST_F(OnOrderPaidTest, TheSameEventUnderTwoMessageIdsEarnsOnce) {
  const auto event = paid("A");
  EXPECT_EQ(group_.deliver(event, "m-1"), Verdict::done);
  EXPECT_EQ(group_.deliver(event, "m-2"), Verdict::done);
  EXPECT_EQ(earned("A"), kEachOnce);
}

TEST_F(OnOrderPaidTest, TheSameOrderUnderTwoEventIdsEarnsOnce) {
  const auto event = paid("A");
  EXPECT_EQ(group_.deliver(event), Verdict::done);
  auto again = reissued(event);
  again.sequence = 7;
  EXPECT_EQ(group_.deliver(again), Verdict::done);
  EXPECT_EQ(earned("A"), kEachOnce);
  EXPECT_EQ(count("inbox"), 2) << "the inbox let it through, the keys of the rewards held it";
}

TEST_F(OnOrderPaidTest, InWhateverOrderMessagesComeEachOrderEarnsOnce) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::minstd_rand random(seed);
    for (const auto& event : jumbled(6, random)) EXPECT_EQ(group_.deliver(event), Verdict::done);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(earned("A" + std::to_string(i)), kEachOnce) << "seed " << seed;
    EXPECT_THAT(audit(), IsEmpty()) << "seed " << seed;
    EXPECT_EQ(count("coupon"), 6) << "closed orders earn nothing";
    forget_all();
  }
}

TEST_F(OnOrderPaidTest, DuplicatesAtTheSameMomentEarnOnce) {
  std::minstd_rand random(42);
  EXPECT_THAT(group_.deliver_at_once(jumbled(12, random)), Each(Verdict::done));
  for (int i = 0; i < 12; ++i) EXPECT_EQ(earned("A" + std::to_string(i)), kEachOnce);
}

TEST_F(OnOrderPaidTest, WithAnEmptyInboxAReplayOfEverythingChangesNothing) {
  std::minstd_rand random(7);
  const auto events = jumbled(6, random);
  for (const auto& event : events) group_.deliver(event);
  const auto told = count("outbox");
  database_.execute("DELETE FROM inbox");
  EXPECT_THAT(group_.deliver_at_once(events), Each(Verdict::done));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(earned("A" + std::to_string(i)), kEachOnce);
  EXPECT_EQ(count("outbox"), told) << "nobody hears of the old rewards again";
}

// The controls. Two guards stand one behind the other: with either of them the audit is content, with
// neither it is not.
TEST_F(OnOrderPaidTest, WithoutTheInboxsKeyTheBusinessKeysStillHold) {
  drop_inbox_key();
  const auto event = paid("A");
  EXPECT_THAT(group_.deliver_at_once({event, event, event}), Each(Verdict::done));
  EXPECT_EQ(earned("A"), kEachOnce);
  EXPECT_THAT(audit(), ::testing::ElementsAre("1 × an event in the inbox twice"));
  forget_all();
}

TEST_F(OnOrderPaidTest, WithoutTheBusinessKeysTheInboxStillHoldsRepeats) {
  drop_business_keys();
  const auto event = paid("A");
  EXPECT_THAT(group_.deliver_at_once({event, event, event}), Each(Verdict::done));
  EXPECT_EQ(earned("A"), kEachOnce);
  EXPECT_THAT(audit(), IsEmpty());
  group_.deliver(reissued(event));
  EXPECT_EQ(earned("A"), (Earned{2, 2, 2, 6})) << "but not the same news under another event id";
  EXPECT_THAT(audit(), Not(IsEmpty()));
  forget_all();
}

TEST_F(OnOrderPaidTest, WithoutBothKeysTheAuditSeesTwoGrants) {
  drop_inbox_key();
  drop_business_keys();
  const auto event = paid("A");
  group_.deliver(event);
  group_.deliver(event);
  EXPECT_EQ(earned("A"), (Earned{2, 2, 2, 6}));
  EXPECT_THAT(audit(), ::testing::IsSupersetOf(
                           {"1 × an order with more than one coupon", "1 × an order with its points twice",
                            "1 × an order with more than one red packet", "3 × a reward told twice"}));
  forget_all();
}

TEST_F(OnOrderPaidTest, WithoutBothKeysAReplayWithAnEmptyInboxDoublesEverything) {
  drop_business_keys();
  const auto event = paid("A");
  group_.deliver(event);
  database_.execute("DELETE FROM inbox");
  group_.deliver(event);
  EXPECT_EQ(earned("A"), (Earned{2, 2, 2, 6}));
  forget_all();
}

// What can never succeed goes to the dead-letter topic at once and leaves nothing behind, so the message
// can be mended and sent again under its old id.
TEST_F(OnOrderPaidTest, PoisonIsRejectedAndOthersGoOn) {
  const auto good = paid("A");
  std::vector<std::pair<std::string, std::string>> poison{{"no JSON", "hello"}, {"no event", "{}"}};
  const auto spoil = [&](const std::string& what, auto change) {
    auto event = good;
    change(event);
    poison.emplace_back(what, contracts::encode(event));
  };
  const auto data = [](contracts::Envelope& e) -> boost::json::object& { return e.data.as_object(); };
  spoil("another version", [](auto& e) { e.version = 2; });
  spoil("no order number", [](auto& e) { e.order_no.clear(); });
  spoil("no event id", [](auto& e) { e.event_id.clear(); });
  spoil("a NUL in the order number", [](auto& e) { e.order_no = std::string("A\0B", 3); });
  spoil("no user", [&](auto& e) { data(e).erase("user_id"); });
  spoil("an empty user", [&](auto& e) { data(e)["user_id"] = ""; });
  spoil("a NUL in the user", [&](auto& e) { data(e)["user_id"] = std::string("a\0b", 3); });
  spoil("no money", [&](auto& e) { data(e)["paid_fen"] = 0; });
  spoil("negative money", [&](auto& e) { data(e)["paid_fen"] = -1; });
  spoil("money as text", [&](auto& e) { data(e)["paid_fen"] = "12345"; });
  spoil("broken money", [&](auto& e) { data(e)["paid_fen"] = 1.5; });
  spoil("data that is a list", [](auto& e) { e.data = boost::json::array{1, 2}; });
  for (const auto& [what, body] : poison) EXPECT_EQ(group_.deliver(body), Verdict::reject) << what;
  EXPECT_EQ(count("inbox"), 0);
  EXPECT_EQ(count("outbox"), 0);
  EXPECT_EQ(group_.deliver(good), Verdict::done);
  EXPECT_EQ(earned("A"), kEachOnce);
}

TEST_F(OnOrderPaidTest, NewsOfAnotherKindIsNotTouched) {
  EXPECT_EQ(
      group_.deliver(event_of("A", contracts::OrderCreated{"buyer", 12'345, "2026-03-02T09:02:03.045Z", {}})),
      Verdict::done);
  EXPECT_EQ(count("inbox") + count("outbox"), 0);
}

// The connection breaks at COMMIT, so nobody knows whether it happened.
class OnOrderPaidInDoubtTest : public OnOrderPaidTest {
 protected:
  CuttingProxy proxy_{database_.dsn()};
  chassis::Database shaky_{host_.service().executor(), [this] {
                             auto options = database_.options();
                             options.dsn = proxy_.dsn();
                             options.connections = 1;
                             return options;
                           }()};
  OnOrderPaid over_proxy_{shaky_, outbox_, host_.service().clock(), host_.service().random()};
  chassis::testing::TestGroup unlucky_{host_, std::string(contracts::group::kCouponGrant),
                                       [this](contracts::Envelope e) { return over_proxy_(std::move(e)); }};
};

class OnOrderPaidEveryCutTest : public OnOrderPaidInDoubtTest,
                                public ::testing::WithParamInterface<CuttingProxy::Cut> {};

TEST_P(OnOrderPaidEveryCutTest, ACommitInDoubtEarnsOnce) {
  proxy_.cut_next_commits(GetParam());
  const auto event = paid("A");
  EXPECT_EQ(unlucky_.deliver(event), Verdict::done);
  EXPECT_EQ(shaky_.stats().in_doubt, 1U);
  EXPECT_EQ(earned("A"), kEachOnce);
  EXPECT_EQ(unlucky_.deliver(event), Verdict::done) << "and the queue may send it again";
  EXPECT_EQ(earned("A"), kEachOnce);
}
INSTANTIATE_TEST_SUITE_P(Cuts, OnOrderPaidEveryCutTest,
                         ::testing::Values(CuttingProxy::Cut::before, CuttingProxy::Cut::after),
                         [](const auto& cut) {
                           return cut.param == CuttingProxy::Cut::before ? "Before" : "After";
                         });

TEST_F(OnOrderPaidInDoubtTest, WithTheDatabaseDownTheMessageComesAgainLater) {
  proxy_.refuse_connections(true);
  const auto event = paid("A");
  EXPECT_EQ(unlucky_.deliver(event), Verdict::retry_later);
  EXPECT_EQ(earned("A"), Earned{});
  proxy_.refuse_connections(false);
  EXPECT_EQ(unlucky_.deliver(event), Verdict::done);
  EXPECT_EQ(earned("A"), kEachOnce);
}

}  // namespace
}  // namespace coupon
