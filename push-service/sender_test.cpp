#include "push-service/sender.hpp"

#include <gtest/gtest.h>

namespace push {
namespace {

using namespace std::chrono_literals;

TEST(PauseAfterTest, DoublesFromFiveSecondsToHalfAnHour) {
  EXPECT_EQ(pause_after(1), 5s);
  EXPECT_EQ(pause_after(2), 10s);
  EXPECT_EQ(pause_after(9), 1280s);
  EXPECT_EQ(pause_after(10), 30min);
  EXPECT_EQ(pause_after(1'000'000), 30min);
  EXPECT_EQ(pause_after(0), 5s);
}

}  // namespace
}  // namespace push
