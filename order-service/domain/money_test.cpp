#include "order-service/domain/money.hpp"

#include <gtest/gtest.h>

namespace order {
namespace {

static_assert(Money::of_fen(0) && Money::of_fen(Money::kMax));
static_assert(!Money::of_fen(-1) && !Money::of_fen(Money::kMax + 1));
static_assert(!add(*Money::of_fen(Money::kMax), *Money::of_fen(1)), "a sum never wraps");
static_assert(!times(*Money::of_fen(Money::kMax), 2) && !times(*Money::of_fen(1), -1));
static_assert(times(*Money::of_fen(Money::kMax), 0) == Money{});

TEST(MoneyTest, YuanTextIsExact) {
  EXPECT_EQ(to_yuan(*Money::of_fen(0)), "0.00");
  EXPECT_EQ(to_yuan(*Money::of_fen(1)), "0.01");
  EXPECT_EQ(to_yuan(*Money::of_fen(10)), "0.10");
  EXPECT_EQ(to_yuan(*Money::of_fen(123456)), "1234.56");
}

TEST(MoneyTest, EveryAmountSurvivesTheRoundTrip) {
  for (std::int64_t fen = 0; fen < 20'000; ++fen) {
    EXPECT_EQ(parse_yuan(to_yuan(*Money::of_fen(fen))), Money::of_fen(fen));
  }
}

TEST(MoneyTest, WholeYuanNeedNoPoint) { EXPECT_EQ(parse_yuan("100"), Money::of_fen(10'000)); }

// What a forged or broken notification may carry instead of an amount.
TEST(MoneyTest, AnythingButAPlainAmountIsRefused) {
  for (const auto* text : {"", ".", "1.", ".50", "1e2", "100.000", "1.5", "+1.00", "-1.00", " 1.00", "1.00 ",
                           "1,00", "0x10", "1.0a", "9999999999.00", "100000000.01", "NaN"}) {
    EXPECT_FALSE(parse_yuan(text)) << text;
  }
}

}  // namespace
}  // namespace order
