#include "sandbox/trade_book.hpp"

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include <random>

namespace sandbox {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class TradeBookTest : public ::testing::Test {
 protected:
  static base::Time now() { return base::from_millis(1'772'355'723'000); }

  static Trade wanted(const std::string& number = "A-1", std::int64_t fen = 10'000) {
    Trade trade;
    trade.out_trade_no = number;
    trade.app_id = "app";
    trade.subject = "Tea";
    trade.notify_url = "http://merchant/notify";
    trade.amount_fen = fen;
    trade.expires_ms = base::to_millis(now() + hours{1});
    return trade;
  }
  // Writes what was allowed, as the gateway does. "" when allowed, "again" when there was nothing new.
  std::string did(const TradeBook::Decision& decision) {
    if (!decision.error.empty()) return decision.error;
    if (!decision.entry) return "again";
    ledger_.push_back(*decision.entry);
    book_.apply(*decision.entry);
    return "";
  }
  std::string create(const Trade& trade = wanted()) { return did(book_.precreate(trade, now())); }
  std::string pay(base::Time at = now(), bool late_pay = false, bool ignore_expiry = false) {
    return did(book_.pay("A-1", "buyer", at, late_pay, ignore_expiry));
  }
  std::string close() { return did(book_.close("A-1", now())); }
  std::string refund(const std::string& number, std::int64_t fen) {
    return did(book_.refund("A-1", number, fen, "because", now()));
  }
  [[nodiscard]] const Trade& trade() const { return *book_.find("A-1"); }

  TradeBook book_;
  std::vector<boost::json::object> ledger_;
};

TEST_F(TradeBookTest, ATradeIsCreatedOnce) {
  EXPECT_EQ(book_.find("A-1"), nullptr);
  EXPECT_EQ(create(), "");
  const auto number = trade().trade_no;
  EXPECT_EQ(create(), "again");
  EXPECT_EQ(trade().trade_no, number);
  EXPECT_EQ(trade().status, TradeStatus::waiting);
  EXPECT_EQ(create(wanted("A-1", 9'999)), "ACQ.CONTEXT_INCONSISTENT");
  EXPECT_EQ(create(wanted("A-2", 0)), "ACQ.TOTAL_FEE_EXCEED");
  EXPECT_EQ(create(wanted("A-2", -1)), "ACQ.TOTAL_FEE_EXCEED");
  EXPECT_EQ(create(wanted("A-2")), "");
  EXPECT_NE(book_.find("A-2")->trade_no, number);
}

TEST_F(TradeBookTest, WhatEndedIsNotCreatedAgain) {
  create();
  pay();
  EXPECT_EQ(create(), "ACQ.TRADE_HAS_SUCCESS");
  create(wanted("A-2"));
  did(book_.close("A-2", now()));
  EXPECT_EQ(create(wanted("A-2")), "ACQ.TRADE_HAS_CLOSE");
}

TEST_F(TradeBookTest, ATradeIsPaidOnceAndItsNotificationHasOneId) {
  EXPECT_EQ(pay(), "ACQ.TRADE_NOT_EXIST");
  create();
  EXPECT_EQ(pay(), "");
  const auto id = trade().notify_id;
  EXPECT_FALSE(id.empty());
  EXPECT_EQ(pay(now() + hours{2}), "again");
  EXPECT_EQ(trade().notify_id, id);
  EXPECT_EQ(trade().paid_ms, base::to_millis(now()));
}

TEST_F(TradeBookTest, TheTimeToPayEndsToTheMillisecond) {
  create();
  const auto end = now() + hours{1};
  EXPECT_EQ(pay(end), "ACQ.TRADE_EXPIRED");
  EXPECT_EQ(pay(end + hours{1}), "ACQ.TRADE_EXPIRED");
  EXPECT_EQ(pay(end - milliseconds{1}), "");
}

TEST_F(TradeBookTest, AClosedTradeTakesNoMoneyUnlessItMisbehaves) {
  EXPECT_EQ(close(), "ACQ.TRADE_NOT_EXIST");
  create();
  EXPECT_EQ(close(), "");
  EXPECT_EQ(close(), "again");
  EXPECT_EQ(pay(), "ACQ.TRADE_HAS_CLOSE");
  EXPECT_EQ(pay(now(), false, true), "ACQ.TRADE_HAS_CLOSE") << "ignoring the expiry does not open it";
  EXPECT_EQ(pay(now() + hours{2}, true), "");
  EXPECT_EQ(trade().status, TradeStatus::success);
}

TEST_F(TradeBookTest, AnExpiredTradeCanBePaidWhenTheExpiryIsIgnored) {
  create();
  EXPECT_EQ(pay(now() + hours{2}, false, true), "");
}

TEST_F(TradeBookTest, APaidTradeIsNotClosed) {
  create();
  pay();
  EXPECT_EQ(close(), "ACQ.TRADE_STATUS_ERROR");
}

TEST_F(TradeBookTest, ARefundIsIdempotentByItsNumber) {
  create();
  EXPECT_EQ(refund("R1", 100), "ACQ.TRADE_STATUS_ERROR") << "nothing was paid";
  pay();
  EXPECT_EQ(refund("R1", 100), "");
  EXPECT_EQ(refund("R1", 100), "again");
  EXPECT_EQ(refund("R1", 101), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL") << "the same number, other money";
  EXPECT_EQ(trade().refunded_fen(), 100);
  EXPECT_EQ(did(book_.refund("B-1", "R1", 1, "", now())), "ACQ.TRADE_NOT_EXIST");
}

TEST_F(TradeBookTest, NoMoreGoesBackThanCame) {
  create();
  pay();
  EXPECT_EQ(refund("R0", 0), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
  EXPECT_EQ(refund("R0", -1), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
  EXPECT_EQ(refund("R0", 10'001), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
  EXPECT_EQ(refund("R1", 9'999), "");
  EXPECT_EQ(refund("R2", 2), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
  EXPECT_EQ(refund("R2", 1), "");
  EXPECT_EQ(refund("R1", 9'999), "again") << "also when everything went back";
  EXPECT_EQ(trade().refunded_fen(), 10'000);
}

std::string image_of(const TradeBook& book) {
  std::string image;
  for (const auto& [number, trade] : book.trades()) {
    image += number + " " + trade.trade_no + " " + trade.app_id + " " + trade.subject + " " +
             trade.notify_url + " " + trade.notify_id + " " + trade.buyer_id + " " +
             std::string(name(trade.status)) + " " + std::to_string(trade.amount_fen) + " " +
             std::to_string(trade.expires_ms) + " " + std::to_string(trade.paid_ms) +
             (trade.notify_ended ? " ended" : " open");
    for (const auto& [no, fen] : trade.refunds) image += " " + no + "=" + std::to_string(fen);
    image += "\n";
  }
  return image;
}

// The ledger is the book: what it replays to is what was there, after any history.
TEST_F(TradeBookTest, ABookThatIsReadFromItsLedgerIsTheSame) {
  std::minstd_rand random(3);
  const auto dice = [&random](int sides) {
    return static_cast<int>(random() % static_cast<unsigned>(sides));
  };
  for (int step = 0; step < 2000; ++step) {
    const auto number = "A-" + std::to_string(dice(9));
    const auto at = now() + std::chrono::minutes{dice(90)};
    switch (dice(5)) {
      case 0:
        did(book_.precreate(wanted(number, 100 + dice(2)), at));
        break;
      case 1:
        did(book_.pay(number, "buyer", at, dice(2) == 0, dice(2) == 0));
        break;
      case 2:
        did(book_.close(number, at));
        break;
      case 3:
        did(book_.refund(number, "R" + std::to_string(dice(5)), dice(60), "", at));
        break;
      default:
        if (const auto* known = book_.find(number); known != nullptr && known->paid_ms > 0)
          did({.error = {}, .entry = TradeBook::notify_ended(number, dice(2) == 0, at)});
    }
    for (const auto& [no, trade] : book_.trades()) {
      ASSERT_LE(trade.refunded_fen(), trade.status == TradeStatus::success ? trade.amount_fen : 0) << no;
    }
  }
  TradeBook again;
  for (const auto& entry : ledger_) again.apply(entry);
  EXPECT_EQ(image_of(again), image_of(book_));
  EXPECT_GT(ledger_.size(), 50U);
}

// The control of the test above: an entry that is lost is seen.
TEST_F(TradeBookTest, ABookWithoutOneOfItsEntriesIsAnother) {
  create();
  pay();
  refund("R1", 100);
  for (std::size_t lost = 1; lost < ledger_.size(); ++lost) {
    TradeBook again;
    for (std::size_t i = 0; i < ledger_.size(); ++i) {
      if (i != lost) again.apply(ledger_[i]);
    }
    EXPECT_NE(image_of(again), image_of(book_)) << lost;
  }
}

TEST_F(TradeBookTest, TheEntriesOfAnOrderAreThoseOfAllItsTrades) {
  create(wanted("A-1"));
  create(wanted("A-2"));
  create(wanted("B-1"));
  pay();
  EXPECT_EQ(book_.entries_of("A").size(), 3U);
  EXPECT_EQ(book_.entries_of("A-1").size(), 2U);
  EXPECT_EQ(book_.entries_of("C").size(), 0U);
}

TEST(AmountTest, YuanAreReadExactly) {
  EXPECT_EQ(parse_amount("0.01"), 1);
  EXPECT_EQ(parse_amount("12.34"), 1234);
  EXPECT_EQ(parse_amount("100000000.00"), 10'000'000'000);
  for (const std::int64_t fen : {0, 1, 99, 100, 12'345}) EXPECT_EQ(parse_amount(format_amount(fen)), fen);
}

TEST(AmountTest, WhatIsNoAmountIsRefused) {
  for (const auto* text : {"", "1", "1.", ".10", "1.1", "1.001", "-1.00", "+1.00", " 1.00", "1.00 ", "1,00",
                           "1e2", "1e2.00", "0x1.00", "1.0a", "1000000000.00", "１.00", "1.00\n", "1..0"}) {
    EXPECT_FALSE(parse_amount(text)) << text;
  }
}

}  // namespace
}  // namespace sandbox
