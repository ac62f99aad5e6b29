#include "warehouse-service/on_order_paid.hpp"

#include <gmock/gmock.h>

#include <random>

#include "chassis/testing_proxy.hpp"
#include "warehouse-service/shipments_fixture.hpp"

namespace warehouse {
namespace {

using chassis::testing::CuttingProxy;
using chassis::testing::event_of;
using chassis::testing::reissued;
using mq::client::Verdict;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// The loop does not run here: what is written down stays as it is.
class OnOrderPaidTest : public ShipmentsTest {
 protected:
  void drop_business_keys() {
    database_.execute(
        "ALTER TABLE shipment DROP CONSTRAINT shipment_once_per_order, DROP CONSTRAINT shipment_pkey");
  }

  static std::vector<contracts::Envelope> jumbled(int orders, std::minstd_rand& random) {
    std::vector<contracts::Envelope> events;
    for (int i = 0; i < orders; ++i) {
      const auto order_no = "A" + std::to_string(i);
      const auto event = paid(order_no);
      events.insert(events.end(), {event, event, event, reissued(event), reissued(event)});
      events.push_back(event_of(order_no, contracts::OrderShipped{"buyer", "SF Express", "SF1"}, 4));
      events.push_back(event_of("B" + std::to_string(i), contracts::OrderClosed{"other", "TIMEOUT"}, 2));
    }
    std::ranges::shuffle(events, random);
    return events;
  }
};

TEST_F(OnOrderPaidTest, APaidOrderIsWrittenDownWithTheExactRequest) {
  EXPECT_EQ(group_.deliver(paid("A")), Verdict::done);
  EXPECT_EQ(state("A"), "REQUESTED");
  const auto row = database_.query("SELECT * FROM shipment").front();
  EXPECT_EQ(row.text("shipment_no"), "SA");
  EXPECT_EQ(
      boost::json::parse(row.text("request")),
      boost::json::parse(R"({"shipment_no":"SA","order_no":"A","lines":[{"sku":"SKU-1001","quantity":2}],
              "ship_to":{"name":"王小明","phone":"13800000000","city":"杭州","street":"文三路 1 号"},
              "notice_url":")" +
                         notice_url_ + "\"}"));
  EXPECT_EQ(row.text("traceparent").substr(0, 36), "00-4bf92f3577b34da6a3ce929d0e0e4736-");
}

TEST_F(OnOrderPaidTest, TheSameMessageAgainChangesNothing) {
  const auto event = paid("A");
  for (const auto* id : {"m-1", "m-1", "m-2"}) EXPECT_EQ(group_.deliver(event, id), Verdict::done);
  EXPECT_EQ(count("shipment"), 1);
}

TEST_F(OnOrderPaidTest, TheSameOrderUnderTwoEventIdsKeepsItsFirstRequest) {
  const auto event = paid("A");
  group_.deliver(event);
  const auto first = database_.query("SELECT request FROM shipment").front().text("request");
  auto again = reissued(event);
  again.data.as_object()["lines"].as_array()[0].as_object()["quantity"] = 3;
  EXPECT_EQ(group_.deliver(again), Verdict::done);
  EXPECT_EQ(count("shipment"), 1);
  EXPECT_EQ(database_.query("SELECT request FROM shipment").front().text("request"), first);
  EXPECT_EQ(count("inbox"), 2) << "the inbox let it through, the shipment's keys held it";
}

TEST_F(OnOrderPaidTest, InWhateverOrderMessagesComeEachOrderHasOneShipment) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    std::minstd_rand random(seed);
    for (const auto& event : jumbled(6, random)) EXPECT_EQ(group_.deliver(event), Verdict::done);
    EXPECT_EQ(count("shipment WHERE order_no LIKE 'A%'"), 6) << "seed " << seed;
    EXPECT_EQ(count("shipment"), 6) << "closed orders are not shipped";
    EXPECT_THAT(audit(), IsEmpty()) << "seed " << seed;
    forget("shipment, outbox, inbox");
  }
}

TEST_F(OnOrderPaidTest, DuplicatesAtTheSameMomentAreOneShipment) {
  std::minstd_rand random(42);
  EXPECT_THAT(group_.deliver_at_once(jumbled(12, random)), Each(Verdict::done));
  EXPECT_EQ(count("shipment"), 12);
}

// A replay after the parcel left must not have it sent again.
TEST_F(OnOrderPaidTest, WithAnEmptyInboxAReplayAfterTheParcelLeftChangesNothing) {
  const auto event = paid("A");
  group_.deliver(event);
  EXPECT_EQ(notify(notice_of("A")), 204);
  ASSERT_EQ(state("A"), "SHIPPED");
  database_.execute("DELETE FROM inbox");
  EXPECT_EQ(group_.deliver(event), Verdict::done);
  EXPECT_EQ(group_.deliver(reissued(event)), Verdict::done);
  EXPECT_EQ(state("A"), "SHIPPED");
  EXPECT_EQ(count("shipment"), 1);
  EXPECT_EQ(count("shipment WHERE next_try_at IS NOT NULL"), 0) << "nobody will ask again";
}

// The controls: with one of the two guards the audit is content, with neither it is not.
TEST_F(OnOrderPaidTest, WithoutTheInboxsKeyTheShipmentsKeysStillHold) {
  drop_inbox_key();
  const auto event = paid("A");
  EXPECT_THAT(group_.deliver_at_once({event, event, event}), Each(Verdict::done));
  EXPECT_EQ(count("shipment"), 1);
  EXPECT_THAT(audit(), ElementsAre("1 × an event in the inbox twice"));
  forget("inbox");
}

TEST_F(OnOrderPaidTest, WithoutTheShipmentsKeysTheInboxStillHoldsRepeats) {
  drop_business_keys();
  const auto event = paid("A");
  EXPECT_THAT(group_.deliver_at_once({event, event, event}), Each(Verdict::done));
  EXPECT_THAT(audit(), IsEmpty());
  group_.deliver(reissued(event));
  EXPECT_THAT(audit(), ElementsAre("1 × an order with more than one shipment"));
  forget("shipment");
}

TEST_F(OnOrderPaidTest, WithoutBothKeysTheAuditSeesTwoShipments) {
  drop_inbox_key();
  drop_business_keys();
  const auto event = paid("A");
  group_.deliver(event);
  group_.deliver(event);
  EXPECT_EQ(count("shipment WHERE order_no = 'A'"), 2);
  EXPECT_THAT(audit(),
              ElementsAre("1 × an order with more than one shipment", "1 × an event in the inbox twice"));
  forget("shipment, inbox");
}

TEST_F(OnOrderPaidTest, PoisonIsRejectedAndOthersGoOn) {
  const auto good = paid("A");
  std::vector<std::pair<std::string, std::string>> poison{{"no JSON", "hello"}};
  const auto spoil = [&](const std::string& what, auto change) {
    auto event = good;
    change(event, event.data.as_object());
    poison.emplace_back(what, contracts::encode(event));
  };
  spoil("no order number", [](auto& e, auto&) { e.order_no.clear(); });
  spoil("a NUL in the order number", [](auto& e, auto&) { e.order_no = std::string("A\0B", 3); });
  spoil("another version", [](auto& e, auto&) { e.version = 2; });
  spoil("no lines", [](auto&, auto& data) { data.erase("lines"); });
  spoil("empty lines", [](auto&, auto& data) { data["lines"] = boost::json::array{}; });
  spoil("a line without a quantity",
        [](auto&, auto& data) { data["lines"].as_array()[0].as_object().erase("quantity"); });
  spoil("no address", [](auto&, auto& data) { data.erase("ship_to"); });
  spoil("an address that is text", [](auto&, auto& data) { data["ship_to"] = "Hangzhou"; });
  for (const auto& [what, body] : poison) EXPECT_EQ(group_.deliver(body), Verdict::reject) << what;
  EXPECT_EQ(count("inbox") + count("shipment"), 0);
  EXPECT_EQ(group_.deliver(good), Verdict::done) << "mended, under its old id";
  EXPECT_EQ(count("shipment"), 1);
}

TEST_F(OnOrderPaidTest, ACommitInDoubtIsOneShipment) {
  CuttingProxy proxy(database_.dsn());
  auto options = database_.options();
  options.dsn = proxy.dsn();
  options.connections = 1;
  chassis::Database shaky(host_.service().executor(), options);
  OnOrderPaid over_proxy(shaky, *loop_, host_.service().clock(), notice_url_);
  chassis::testing::TestGroup unlucky(host_, std::string(contracts::group::kWarehouseShip),
                                      [&](contracts::Envelope e) { return over_proxy(std::move(e)); });
  for (const auto cut : {CuttingProxy::Cut::before, CuttingProxy::Cut::after}) {
    proxy.cut_next_commits(cut);
    const auto event = paid("A" + std::to_string(static_cast<int>(cut)));
    EXPECT_EQ(unlucky.deliver(event), Verdict::done);
    EXPECT_EQ(unlucky.deliver(event), Verdict::done);
  }
  EXPECT_EQ(shaky.stats().in_doubt, 2U);
  EXPECT_EQ(count("shipment"), 2);
}

}  // namespace
}  // namespace warehouse
