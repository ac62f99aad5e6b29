#include "mq/base/strong.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <type_traits>
#include <unordered_set>

namespace base {
namespace {

using Position = Strong<struct PositionTag, std::int64_t>;
using Place = Strong<struct PlaceTag, std::int64_t>;
using Name = Strong<struct NameTag, std::string>;

template <class A, class B>
concept Addable = requires(A a, B b) { a + b; };
template <class A, class B>
concept Comparable = requires(A a, B b) { a == b; };

static_assert(!std::is_convertible_v<std::int64_t, Position>, "explicit to make");
static_assert(!std::is_convertible_v<Position, std::int64_t>, "explicit to read");
static_assert(!std::is_convertible_v<Position, Place>, "distinct things have distinct types");
static_assert(!Addable<Position, Position> && !Addable<Position, int>, "no arithmetic");
static_assert(!Comparable<Position, Place> && Comparable<Position, Position>);

TEST(StrongTest, ComparesAndHashesAsItsValue) {
  EXPECT_LT(Position{1}, Position{2});
  EXPECT_EQ(Name{"a"}, Name{"a"});
  std::unordered_set<Name> names{Name{"a"}, Name{"a"}, Name{"b"}};
  EXPECT_EQ(names.size(), 2u);
}

TEST(StrongTest, PrintsItsValue) {
  std::ostringstream out;
  out << Position{42} << ' ' << Name{"coupon"};
  EXPECT_EQ(out.str(), "42 coupon");
}

TEST(StrongTest, BeginsAtZero) { EXPECT_EQ(Position{}.value(), 0); }

}  // namespace
}  // namespace base
