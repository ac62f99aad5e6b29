#include "mq/testing/loopback.hpp"

#include <gtest/gtest.h>

#include <set>

#include "mq/testing/manual_clock.hpp"

namespace mq::testing {
namespace {

TEST(Loopback, EveryProcessHasAnAddressOfItsOwn) {
  std::set<std::string> seen;
  for (int id = 1; id < 4'194'304; id += 97) {
    const auto address = loopback_address(id);
    ASSERT_TRUE(seen.insert(address).second) << id;
    ASSERT_TRUE(address.starts_with("127.") && !address.starts_with("127.0.")) << address;
  }
  EXPECT_EQ(loopback_address(), loopback_address());
}

TEST(ManualClock, StandsStillUntilItIsMoved) {
  ManualClock clock(base::from_millis(1000));
  EXPECT_EQ(base::to_millis(clock.now()), 1000);
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(base::to_millis(clock.now()), 3000);
  clock.set(base::from_millis(5));
  EXPECT_EQ(base::to_millis(clock.now()), 5);
}

}  // namespace
}  // namespace mq::testing
