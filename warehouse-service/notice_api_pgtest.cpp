#include "warehouse-service/notice_api.hpp"

#include <gmock/gmock.h>

#include "warehouse-service/shipments_fixture.hpp"

namespace warehouse {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NoticeApiTest : public ShipmentsTest {
 protected:
  void SetUp() override {
    ShipmentsTest::SetUp();
    group_.deliver(paid("A"));
  }
  // The answers to copies of a notice that arrive at the same moment.
  std::vector<int> notify_at_once(const std::string& body, int copies) {
    const auto timestamp = std::to_string(base::to_millis(host_.now()));
    const auto headers = signed_at(timestamp, body, sandbox::TestParties::kSecret);
    std::vector<std::future<int>> under_way;
    for (int i = 0; i < copies; ++i) {
      under_way.push_back(host_.begin([this, body, headers]() -> boost::asio::awaitable<int> {
        const auto answer = co_await http_.send("POST", notice_url_, headers, body,
                                                base::deadline_in(std::chrono::seconds{40}));
        co_return answer.status;
      }));
    }
    std::vector<int> statuses;
    for (auto& one : under_way) statuses.push_back(one.get());
    return statuses;
  }
};

TEST_F(NoticeApiTest, AShippedNoticeIsTakenOnceAndTold) {
  const auto notice = notice_of("A");
  EXPECT_EQ(notify(notice), 204);
  EXPECT_EQ(notify(notice), 204) << "and answered the same way again";
  EXPECT_EQ(state("A"), "SHIPPED");
  EXPECT_THAT(news("A"), ElementsAre("ShipmentShipped"));
  const auto data = outgoing().front().data;
  EXPECT_EQ(data.at("carrier"), "SF Express");
  EXPECT_EQ(data.at("tracking_no"), "SFA");
}

TEST_F(NoticeApiTest, CopiesAtTheSameMomentAreOneNotice) {
  EXPECT_THAT(notify_at_once(notice_of("A"), 16), Each(204));
  EXPECT_THAT(news("A"), ElementsAre("ShipmentShipped"));
  EXPECT_EQ(count("notice"), 1);
}

TEST_F(NoticeApiTest, AnotherNoticeOfTheSameParcelChangesNothing) {
  EXPECT_EQ(notify(notice_of("A", "W1")), 204);
  EXPECT_EQ(notify(notice_of("A", "W2")), 204);
  EXPECT_THAT(news("A"), ElementsAre("ShipmentShipped"));
  EXPECT_EQ(count("notice"), 2);
}

TEST_F(NoticeApiTest, WhatIsNotSignedByTheWarehouseIsRefusedAndChangesNothing) {
  const auto body = notice_of("A");
  const auto now = std::to_string(base::to_millis(host_.now()));
  const auto good = signed_at(now, body, sandbox::TestParties::kSecret);
  const auto with = [&](const std::string& name, const std::string& value) {
    auto headers = good;
    headers.erase(name);
    if (!value.empty()) headers.emplace(name, value);
    return headers;
  };
  const std::string signature = "x-warehouse-signature", timestamp = "x-warehouse-timestamp";
  EXPECT_EQ(notify(body, {}), 401);
  EXPECT_EQ(notify(body, with(signature, "")), 401);
  EXPECT_EQ(notify(body, with(timestamp, "")), 401);
  EXPECT_EQ(notify(body, with(signature, std::string(64, '0'))), 401);
  EXPECT_EQ(notify(body, with(signature, good.find(signature)->second + "00")), 401);
  EXPECT_EQ(notify(body, with(timestamp, std::to_string(std::stoll(now) + 1))), 401) << "another time";
  EXPECT_EQ(notify(body + " ", good), 401) << "another body";
  EXPECT_EQ(notify(body, signed_at(now, body, "another secret")), 401);
  for (const auto* odd : {"now", "1e12", "99999999999999999999999", "-1", "9223372036854775807",
                          "-9223372036854775808", "0x10"}) {
    EXPECT_EQ(notify(body, signed_at(odd, body, sandbox::TestParties::kSecret)), 401) << odd;
  }
  EXPECT_EQ(state("A"), "REQUESTED");
  EXPECT_EQ(count("notice") + count("outbox"), 0);
  EXPECT_EQ(notify(body, good), 204) << "or the test shows nothing";
}

TEST_F(NoticeApiTest, ANoticeIsGoodForFiveMinutesOnEitherSide) {
  const auto sent = [&](std::chrono::milliseconds later) {
    const auto body = notice_of("A");
    const auto at = std::to_string(base::to_millis(host_.now() + later));
    return notify(body, signed_at(at, body, sandbox::TestParties::kSecret));
  };
  // A minute on either side is more than the call takes.
  EXPECT_EQ(sent(-6min), 401);
  EXPECT_EQ(sent(6min), 401);
  EXPECT_EQ(count("notice"), 0);
  EXPECT_EQ(sent(-4min), 204);
  EXPECT_EQ(sent(4min), 204);
}

TEST_F(NoticeApiTest, AStolenNoticeIsOldWhenItIsSentAgain) {
  const auto body = notice_of("A");
  const auto headers =
      signed_at(std::to_string(base::to_millis(host_.now())), body, sandbox::TestParties::kSecret);
  EXPECT_EQ(notify(body, headers), 204);
  host_.advance(5min + 1s);
  EXPECT_EQ(notify(body, headers), 401);
}

TEST_F(NoticeApiTest, WhatIsGenuineButNoNoticeHasItsOwnAnswer) {
  EXPECT_EQ(notify("hello"), 400);
  EXPECT_EQ(notify("{}"), 400);
  EXPECT_EQ(notify(""), 400);
  EXPECT_EQ(notify(notice_of("A", "")), 400) << "without an id it could not be told from the next one";
  EXPECT_EQ(notify(notice_of("A", "W1", "LOST")), 422);
  auto odd = boost::json::parse(notice_of("A")).as_object();
  odd["tracking_no"] = std::string("SF\0A", 4);
  EXPECT_EQ(notify(boost::json::serialize(odd)), 422);
  EXPECT_EQ(notify(notice_of("unknown")), 404);
  EXPECT_EQ(notify(notice_of("A") + std::string(NoticeApi::kBodyMax, ' ')), 413);
  EXPECT_EQ(state("A"), "REQUESTED");
  EXPECT_EQ(count("notice"), 0);
}

// Our own record is not there yet: the warehouse hears 404 and tells us again on its schedule.
TEST_F(NoticeApiTest, ANoticeBeforeOurOwnRecordIsTakenWhenItComesAgain) {
  parties_.post(std::string(kPath), R"({"shipment_no":"SB","order_no":"B","notice_url":")" + notice_url_ +
                                        R"(","lines":[{"sku":"SKU-1001","quantity":2}]})");
  EXPECT_TRUE(host_.eventually([this] { return parcels("B") == 1; }));
  EXPECT_TRUE(host_.eventually([this] { return notices_heard("B") >= 1; }));
  EXPECT_EQ(state("B"), "");
  group_.deliver(paid("B"));
  host_.advance(10s);
  EXPECT_TRUE(becomes("B", "SHIPPED"));
  EXPECT_THAT(news("B"), ElementsAre("ShipmentShipped"));
}

TEST_F(NoticeApiTest, ANoticeThatNobodyHeardComesAgain) {
  deaf_ = true;
  start_loop();
  EXPECT_TRUE(becomes("A", "ACCEPTED"));
  EXPECT_TRUE(host_.eventually([this] { return notices_heard("A") >= 1; }));
  deaf_ = false;
  host_.advance(10s);
  EXPECT_TRUE(becomes("A", "SHIPPED"));
  EXPECT_EQ(parcels("A"), 1U);
  EXPECT_THAT(news("A"), ElementsAre("ShipmentAccepted", "ShipmentShipped"));
}

// The controls. A notice has two guards too: its own row, and the state that moves only once.
TEST_F(NoticeApiTest, WithoutTheNoticesKeyTheStateStillMovesOnce) {
  database_.execute("ALTER TABLE notice DROP CONSTRAINT notice_pkey");
  EXPECT_THAT(notify_at_once(notice_of("A"), 4), Each(204));
  EXPECT_THAT(news("A"), ElementsAre("ShipmentShipped"));
  EXPECT_THAT(audit(), ElementsAre("1 × a notice written down twice"));
  forget("notice");
}

TEST_F(NoticeApiTest, WithoutBothGuardsTheAuditSeesItToldTwice) {
  const auto notice = notice_of("A");
  notify(notice);
  database_.execute("UPDATE shipment SET state = 'ACCEPTED'");
  notify(notice);
  EXPECT_THAT(news("A"), ElementsAre("ShipmentShipped")) << "the notice's row alone holds it";
  database_.execute("DELETE FROM notice");
  notify(notice);
  EXPECT_THAT(audit(), ElementsAre("1 × news of a shipment told twice"));
  forget("outbox, shipment");
}

}  // namespace
}  // namespace warehouse
