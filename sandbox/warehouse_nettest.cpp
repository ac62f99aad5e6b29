#include "sandbox/warehouse.hpp"

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "chassis/signature.hpp"
#include "sandbox/sandbox_fixture.hpp"

namespace sandbox {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class WarehouseTest : public SandboxTest {
 protected:
  static std::string request(const std::string& order_no, int quantity = 1) {
    return R"({"shipment_no":"S)" + order_no + R"(","order_no":")" + order_no + R"(","notice_url":")" +
           Receiver::url() + R"(","lines":[{"sku":"SKU-1001","quantity":)" + std::to_string(quantity) + "}]}";
  }
  int ask(const std::string& body) { return status("/warehouse/shipments", body); }
  std::string word(const std::string& order_no) {
    const auto answer = parties().get("/warehouse/shipments/S" + order_no);
    return std::string(boost::json::parse(answer.body).at("status").as_string());
  }
  std::size_t entries(const std::string& type) { return parties().ledger_count("warehouse", "A", type); }
};

TEST_F(WarehouseTest, ARequestIsTakenOnceHoweverOftenItComes) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(request("A")), 202);
  EXPECT_THAT(parties().ledger("warehouse", "A"), SizeIs(1));
  EXPECT_EQ(word("A"), "ACCEPTED");
}

TEST_F(WarehouseTest, TheSameNumberForOtherGoodsIsRefused) {
  EXPECT_EQ(ask(request("A", 1)), 202);
  EXPECT_EQ(ask(request("A", 2)), 409);
  EXPECT_EQ(ask(request("A", 1)), 202);
  EXPECT_THAT(parties().ledger("warehouse", "A"), SizeIs(1));
}

TEST_F(WarehouseTest, ItShipsWhenItsTimeHasComeOnTheBusinessClock) {
  const auto before = host().now();
  ask(request("A"));
  const auto due = next_due().value();
  EXPECT_GE(due, before + kShipAfter);
  EXPECT_LE(due, host().now() + kShipAfter);
  EXPECT_EQ(word("A"), "ACCEPTED");
  advance_to(due);
  EXPECT_TRUE(host().eventually([this] { return word("A") == "SHIPPED"; }));
  EXPECT_EQ(entries("shipped"), 1U);
}

TEST_F(WarehouseTest, ItsNoticeIsSignedAndNamesTheParcel) {
  receiver().answer(204, "");
  ask(request("A"));
  advance_to(next_due().value());
  ASSERT_TRUE(host().eventually([this] { return entries("notice_ended") == 1; }));
  const auto heard = receiver().heard();
  ASSERT_THAT(heard, SizeIs(1));
  const auto header = [&](const std::string& name) { return heard[0].headers.find(name)->second; };
  const auto timestamp = header("x-warehouse-timestamp");
  EXPECT_EQ(header("x-warehouse-signature"),
            chassis::hmac_sha256_hex(TestParties::kSecret, timestamp + "\n" + heard[0].body));
  const auto sent = base::from_millis(std::stoll(timestamp));
  EXPECT_LE(sent, heard[0].at);
  EXPECT_GE(sent, heard[0].at - 1min) << "business time";
  const auto body = boost::json::parse(heard[0].body).as_object();
  EXPECT_EQ(body.at("order_no"), "A");
  EXPECT_EQ(body.at("shipment_no"), "SA");
  EXPECT_EQ(body.at("status"), "SHIPPED");
  EXPECT_EQ(body.at("tracking_no"), parties().ledger("warehouse", "A").at(1).at("tracking_no"));
  EXPECT_EQ(next_due(), std::nullopt) << "it was taken: nothing is left to do";
}

TEST_F(WarehouseTest, ANoticeThatIsNotTakenComesAgainOnTheScheduleUnderOneIdUntilItEnds) {
  ask(request("A"));
  advance_to(next_due().value());
  const std::vector<std::chrono::milliseconds> pauses{10s, 30s, 1min, 5min, 10min, 30min, 1h, 2h, 6h};
  for (std::size_t tries = 1; tries <= pauses.size(); ++tries) {
    ASSERT_TRUE(host().eventually([&] { return receiver().heard().size() == tries; }));
    const auto due = next_due().value();
    EXPECT_GE(due, receiver().heard().back().at + pauses[tries - 1]);
    EXPECT_LE(due, host().now() + pauses[tries - 1]);
    advance_to(due);
  }
  ASSERT_TRUE(host().eventually([this] { return entries("notice_ended") == 1; }));
  EXPECT_EQ(next_due(), std::nullopt);
  const auto heard = receiver().heard();
  ASSERT_THAT(heard, SizeIs(pauses.size() + 1));
  for (const auto& one : heard)
    EXPECT_EQ(boost::json::parse(one.body).at("notice_id"),
              boost::json::parse(heard[0].body).at("notice_id"));
  EXPECT_NE(heard.front().headers.find("x-warehouse-timestamp")->second,
            heard.back().headers.find("x-warehouse-timestamp")->second)
      << "each try is signed anew";
}

TEST_F(WarehouseTest, ARestartForgetsNothingAndShipsNothingTwice) {
  ask(request("A"));
  end();
  begin();
  EXPECT_EQ(ask(request("A")), 202);
  EXPECT_EQ(ask(request("A", 2)), 409);
  ASSERT_TRUE(host().eventually([this] { return word("A") == "SHIPPED"; })) << "what it owed it does at once";
  ASSERT_TRUE(host().eventually([this] { return !receiver().heard().empty(); }));
  end();
  begin();
  receiver().answer(200, "");
  ASSERT_TRUE(host().eventually([this] {
    host().advance(10s);  // the first try may have come before the answer was there
    return entries("notice_ended") == 1;
  }));
  EXPECT_EQ(entries("accepted"), 1U);
  EXPECT_EQ(entries("shipped"), 1U);
  end();
  begin();
  EXPECT_EQ(next_due(), std::nullopt) << "all is done";
}

TEST_F(WarehouseTest, WhatIsNoRequestIsRefusedWithWhatIsMissing) {
  EXPECT_EQ(ask("hello"), 400);
  EXPECT_EQ(ask("[]"), 400);
  const auto whole = boost::json::parse(request("A")).as_object();
  for (const auto* name : {"shipment_no", "order_no", "notice_url", "lines"}) {
    auto part = whole;
    part.erase(name);
    const auto answer = parties().post("/warehouse/shipments", boost::json::serialize(part));
    EXPECT_EQ(answer.status, 422) << name;
    EXPECT_THAT(answer.body, HasSubstr(name));
    part[name] = boost::json::array{};
    EXPECT_EQ(ask(boost::json::serialize(part)), 422) << name;
  }
  EXPECT_EQ(parties().get("/warehouse/shipments/SA").status, 404);
  EXPECT_EQ(parties().get("/ledger/warehouse").status, 400);
  EXPECT_THAT(parties().ledger("warehouse", "A"), SizeIs(0));
}

}  // namespace
}  // namespace sandbox
