#include "mq/load/stamps.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mq/load/digits.hpp"

namespace mq::load {
namespace {

std::string message(std::int64_t stamp) {
  base::Bytes out;
  DigitTemplate(stamped_body(64)).append_to(out, {.stamp_ns = stamp});
  return std::string(base::text_of(out));
}

TEST(Arrivals, CountsEveryMessageAndHowLateItIs) {
  Arrivals arrivals;
  EXPECT_EQ(arrivals.see("head" + message(1'000) + "between" + message(3'000) + "end", 5'000), 2U);
  EXPECT_EQ(arrivals.count(), 2U);
  EXPECT_EQ(arrivals.late().quantile(1), 4'000);
  EXPECT_EQ(arrivals.early(), 0U);
  EXPECT_EQ(arrivals.last_ns(), 5'000);
}

TEST(Arrivals, AMessageBeforeItsTimeIsEarlyAndNotLate) {
  Arrivals arrivals;
  arrivals.see(message(5'001), 5'000);
  EXPECT_EQ(arrivals.early(), 1U);
  EXPECT_EQ(arrivals.late().count(), 0U);
  arrivals.see(message(5'000), 5'000);
  EXPECT_EQ(arrivals.early(), 1U);
}

TEST(Arrivals, WhatIsNoWholeStampIsNoMessage) {
  Arrivals arrivals;
  EXPECT_EQ(arrivals.see("sluice-stamp=", 5), 0U);
  EXPECT_EQ(arrivals.see("sluice-stamp=123", 5), 0U);
  EXPECT_EQ(arrivals.see("sluice-stamp=@@@@@@@@@@@@@@@@@@@", 5), 0U);
  EXPECT_EQ(arrivals.see("sluice-stampx=1700000000123456789", 5), 0U);
  EXPECT_EQ(arrivals.last_ns(), 0);
}

TEST(Arrivals, AfterClearNothingHasCome) {
  Arrivals arrivals;
  arrivals.see(message(1), 5);
  arrivals.clear();
  EXPECT_EQ(arrivals.count(), 0U);
  EXPECT_EQ(arrivals.late().count(), 0U);
}

}  // namespace
}  // namespace mq::load
