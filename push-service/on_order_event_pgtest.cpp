#include "push-service/on_order_event.hpp"

#include <gmock/gmock.h>

#include <random>

#include "chassis/testing_proxy.hpp"
#include "push-service/pushes_fixture.hpp"

namespace push {
namespace {

using chassis::testing::CuttingProxy;
using chassis::testing::event_of;
using chassis::testing::reissued;
using mq::client::Verdict;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The loop does not run here unless a test starts it: what is written down stays as it is.
class OnOrderEventTest : public PushesTest {
 protected:
  void drop_business_keys() {
    database_.execute(
        "ALTER TABLE push DROP CONSTRAINT push_once_per_order, DROP CONSTRAINT push_message_id_key");
  }

  // A whole life of each order, each event several times and in a random order.
  static std::vector<contracts::Envelope> jumbled(int orders, std::minstd_rand& random) {
    std::vector<contracts::Envelope> events;
    for (int i = 0; i < orders; ++i) {
      const auto order_no = "A" + std::to_string(i);
      for (const auto& event :
           {paid(order_no), shipped(order_no),
            event_of(order_no, contracts::LatePayment{"buyer", 5, "DUPLICATE_PAYMENT", "R1"}, 5),
            event_of(order_no, contracts::PaymentRefunded{"buyer", "R1", 5}, 6)})
        events.insert(events.end(), {event, event, reissued(event)});
      events.push_back(event_of(order_no, contracts::OrderFulfilling{"buyer"}, 3));
      events.push_back(event_of("B" + std::to_string(i), contracts::OrderClosed{"other", "TIMEOUT"}, 2));
    }
    std::ranges::shuffle(events, random);
    return events;
  }
};

TEST_F(OnOrderEventTest, NewsIsWrittenDownOnceWithAMessageIdOfItsOwn) {
  EXPECT_EQ(group_.deliver(paid("A")), Verdict::done);
  EXPECT_EQ(group_.deliver(shipped("A")), Verdict::done);
  EXPECT_EQ(state("A-order_paid"), "PENDING");
  EXPECT_EQ(state("A-order_shipped"), "PENDING");
  EXPECT_EQ(text("user_id", "A-order_paid"), "buyer");
  EXPECT_EQ(number("SELECT count(*) AS n FROM contact WHERE phone = '13800000000'"), 1);
}

TEST_F(OnOrderEventTest, TheSameMessageAgainChangesNothing) {
  const auto event = paid("A");
  for (const auto* id : {"m-1", "m-1", "m-2"}) EXPECT_EQ(group_.deliver(event, id), Verdict::done);
  EXPECT_EQ(group_.deliver(reissued(event)), Verdict::done);
  EXPECT_EQ(count("push"), 1);
}

TEST_F(OnOrderEventTest, InWhateverOrderMessagesComeThereIsOnePushOfEachKind) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::minstd_rand random(seed);
    for (const auto& event : jumbled(5, random)) EXPECT_EQ(group_.deliver(event), Verdict::done);
    EXPECT_EQ(count("push WHERE order_no LIKE 'A%'"), 20) << "seed " << seed;
    EXPECT_EQ(count("push WHERE order_no LIKE 'B%'"), 5) << "seed " << seed;
    EXPECT_THAT(audit(), IsEmpty()) << "seed " << seed;
    forget("push, contact, outbox, inbox");
  }
}

TEST_F(OnOrderEventTest, DuplicatesAtTheSameMomentAreOnePushOfEachKindAndOneMessageToTheBuyer) {
  start_loop();
  std::minstd_rand random(42);
  EXPECT_THAT(group_.deliver_at_once(jumbled(6, random)), Each(Verdict::done));
  EXPECT_TRUE(host_.eventually([this] { return count("push WHERE state = 'SENT'") == 30; }));
  EXPECT_EQ(count("push"), 30);
  EXPECT_EQ(heard("A0-"), 4U);
  EXPECT_EQ(heard("B0-"), 1U);
}

TEST_F(OnOrderEventTest, WithAnEmptyInboxAReplayAfterItWasSentTellsNobodyAgain) {
  start_loop();
  const auto event = paid("A");
  group_.deliver(event);
  EXPECT_TRUE(becomes("A-order_paid", "SENT"));
  database_.execute("DELETE FROM inbox");
  EXPECT_EQ(group_.deliver(event), Verdict::done);
  EXPECT_EQ(group_.deliver(reissued(event)), Verdict::done);
  EXPECT_EQ(state("A-order_paid"), "SENT");
  EXPECT_EQ(heard("A-order_paid"), 1U);
  EXPECT_EQ(count("outbox"), 1);
}

// The controls: with one of the two guards the audit is content, with neither it is not.
TEST_F(OnOrderEventTest, WithoutTheInboxsKeyThePushsKeysStillHold) {
  drop_inbox_key();
  const auto event = paid("A");
  EXPECT_THAT(group_.deliver_at_once({event, event, event}), Each(Verdict::done));
  EXPECT_EQ(count("push"), 1);
  EXPECT_THAT(audit(), ElementsAre("1 × an event in the inbox twice"));
  forget("inbox");
}

TEST_F(OnOrderEventTest, WithoutThePushsKeysTheInboxStillHoldsRepeats) {
  drop_business_keys();
  const auto event = paid("A");
  EXPECT_THAT(group_.deliver_at_once({event, event, event}), Each(Verdict::done));
  EXPECT_THAT(audit(), IsEmpty());
  group_.deliver(reissued(event));
  EXPECT_THAT(audit(), ElementsAre("1 × an order with the same push twice"));
  forget("push");
}

TEST_F(OnOrderEventTest, WithoutBothKeysTheAuditSeesTwoPushes) {
  drop_inbox_key();
  drop_business_keys();
  const auto event = paid("A");
  group_.deliver(event);
  group_.deliver(event);
  EXPECT_THAT(audit(),
              ElementsAre("1 × an order with the same push twice", "1 × an event in the inbox twice"));
  forget("push, inbox");
}

TEST_F(OnOrderEventTest, PoisonIsRejectedAndOthersGoOn) {
  const auto good = paid("A");
  std::vector<std::pair<std::string, std::string>> poison{{"no JSON", "hello"}};
  const auto spoil = [&](const std::string& what, auto change) {
    auto event = good;
    change(event);
    poison.emplace_back(what, contracts::encode(event));
  };
  spoil("another version", [](auto& e) { e.version = 2; });
  spoil("no order number", [](auto& e) { e.order_no.clear(); });
  spoil("no user", [](auto& e) { e.data.as_object().erase("user_id"); });
  spoil("an empty user", [](auto& e) { e.data.as_object()["user_id"] = ""; });
  spoil("a NUL in the user", [](auto& e) { e.data.as_object()["user_id"] = std::string("a\0b", 3); });
  spoil("no data", [](auto& e) { e.data = nullptr; });
  for (const auto& [what, body] : poison) EXPECT_EQ(group_.deliver(body), Verdict::reject) << what;
  EXPECT_EQ(count("inbox") + count("push") + count("contact"), 0);
  EXPECT_EQ(group_.deliver(good), Verdict::done) << "mended, under its old id";
  EXPECT_EQ(count("push"), 1);
}

TEST_F(OnOrderEventTest, NewsOfAKindThatNobodyIsToldOfIsNotTouched) {
  EXPECT_EQ(group_.deliver(event_of("A", contracts::OrderFulfilling{"buyer"}, 3)), Verdict::done);
  EXPECT_EQ(count("inbox") + count("push"), 0);
}

TEST_F(OnOrderEventTest, ACommitInDoubtIsOnePush) {
  CuttingProxy proxy(database_.dsn());
  auto options = database_.options();
  options.dsn = proxy.dsn();
  options.connections = 1;
  chassis::Database shaky(host_.service().executor(), options);
  OnOrderEvent over_proxy(shaky, *loop_, host_.service().clock());
  chassis::testing::TestGroup unlucky(host_, std::string(contracts::group::kPushNotify),
                                      [&](contracts::Envelope e) { return over_proxy(std::move(e)); });
  for (const auto cut : {CuttingProxy::Cut::before, CuttingProxy::Cut::after}) {
    proxy.cut_next_commits(cut);
    const auto event = paid("A" + std::to_string(static_cast<int>(cut)));
    EXPECT_EQ(unlucky.deliver(event), Verdict::done);
    EXPECT_EQ(unlucky.deliver(event), Verdict::done);
  }
  EXPECT_EQ(shaky.stats().in_doubt, 2U);
  EXPECT_EQ(count("push"), 2);
}

}  // namespace
}  // namespace push
