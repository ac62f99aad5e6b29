#include "order-service/domain/order_number.hpp"

#include <gtest/gtest.h>

#include <set>

namespace order {
namespace {

TEST(OrderNumberTest, SortsByTimeAndIsItsOwnCheck) {
  const auto random = base::system_random();
  const auto earlier = make_order_number(base::from_millis(1'700'000'000'000), random);
  const auto later = make_order_number(base::from_millis(1'700'000'000'001), random);
  EXPECT_LT(earlier, later);
  EXPECT_TRUE(is_order_number(earlier));
}

TEST(OrderNumberTest, TenThousandOfOneMillisecondDiffer) {
  const auto random = base::system_random();
  std::set<std::string> numbers;
  for (int i = 0; i < 10'000; ++i) numbers.insert(make_order_number(base::from_millis(1), random));
  EXPECT_EQ(numbers.size(), 10'000U);
}

TEST(OrderNumberTest, SwappedNeighboursAreNoticed) {
  auto number = make_order_number(base::from_millis(1'700'000'000'000), [] { return 0x123456789abcdefULL; });
  for (std::size_t i = 0; i + 2 < number.size(); ++i) {
    if (number[i] == number[i + 1]) continue;
    auto mistyped = number;
    std::swap(mistyped[i], mistyped[i + 1]);
    EXPECT_FALSE(is_order_number(mistyped)) << mistyped;
  }
}

TEST(OrderNumberTest, OtherTextIsNotANumber) {
  for (const auto* text : {"", "0", "lowercase00000000000", "'; DROP TABLE orders", "IIIIIIIIIIIIIIIIIIII"}) {
    EXPECT_FALSE(is_order_number(text)) << text;
  }
}

}  // namespace
}  // namespace order
