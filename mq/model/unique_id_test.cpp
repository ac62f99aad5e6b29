#include "mq/model/unique_id.hpp"

#include <gtest/gtest.h>

#include <set>

#include "mq/base/bytes.hpp"

namespace mq {
namespace {

using namespace std::chrono_literals;

class FixedClock final : public base::Clock {
 public:
  [[nodiscard]] base::Time now() const override { return now_; }
  base::Time now_{};
};

constexpr UniqueIds::Origin kOrigin{.ip = {10, 0, 0, 5}, .process = 0xABCD, .generator = 0x12345678};

base::Time utc_month_begin(base::Time at) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(at)};
  return std::chrono::sys_days{day.year() / day.month() / 1};
}

TEST(UniqueIds, StateOriginTimeAndCounter) {
  FixedClock clock;
  clock.now_ = std::chrono::sys_days{std::chrono::year{2024} / 6 / 2} + 1ms;
  UniqueIds ids(kOrigin, clock, utc_month_begin);
  EXPECT_EQ(ids.next(), "0A000005ABCD1234567805265C010000");
  EXPECT_EQ(ids.next(), "0A000005ABCD1234567805265C010001");
}

TEST(UniqueIds, CountFromZeroInANewMonth) {
  FixedClock clock;
  UniqueIds ids(kOrigin, clock, utc_month_begin);
  const base::Time july = std::chrono::sys_days{std::chrono::year{2024} / 7 / 1};
  clock.now_ = july - 1ms;
  EXPECT_EQ(ids.next().substr(20, 8), "9A7EC7FF");  // 30 days less 1 ms
  clock.now_ = july;
  EXPECT_EQ(ids.next().substr(20, 8), "00000000");
}

TEST(UniqueIds, FollowAClockThatWasSetBack) {
  FixedClock clock;
  clock.now_ = std::chrono::sys_days{std::chrono::year{2024} / 7 / 3};
  UniqueIds ids(kOrigin, clock, utc_month_begin);
  EXPECT_EQ(ids.next().substr(20, 8), "0A4CB800");
  clock.now_ = std::chrono::sys_days{std::chrono::year{2024} / 6 / 2};
  EXPECT_EQ(ids.next().substr(20, 8), "05265C00");
}

TEST(UniqueIds, NeverRepeatWithinOneMillisecond) {
  FixedClock clock;
  UniqueIds ids(kOrigin, clock);
  std::set<std::string> seen;
  for (int i = 0; i < 65536; ++i) seen.insert(ids.next());
  EXPECT_EQ(seen.size(), 65536U);
}

TEST(LocalMonthBegin, IsMidnightOfTheFirstHere) {
  const base::Time now = std::chrono::sys_days{std::chrono::year{2024} / 6 / 15} + 12h;
  const base::Time begin = local_month_begin(now);
  const base::Time utc = std::chrono::sys_days{std::chrono::year{2024} / 6 / 1};
  EXPECT_LE(begin - utc, 14h);
  EXPECT_GE(begin - utc, -14h);
  EXPECT_EQ(local_month_begin(begin), begin);
  EXPECT_LT(local_month_begin(begin - 1ms), begin);
}

}  // namespace
}  // namespace mq
