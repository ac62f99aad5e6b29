#include "warehouse-service/ship_requests.hpp"

#include <gtest/gtest.h>

namespace warehouse {
namespace {

using namespace std::chrono_literals;

TEST(PauseAfterTest, DoublesFromTwoSecondsToTenMinutes) {
  EXPECT_EQ(pause_after(1), 2s);
  EXPECT_EQ(pause_after(2), 4s);
  EXPECT_EQ(pause_after(9), 512s);
  EXPECT_EQ(pause_after(10), 10min);
  EXPECT_EQ(pause_after(1'000'000), 10min);
  EXPECT_EQ(pause_after(0), 2s);
}

}  // namespace
}  // namespace warehouse
