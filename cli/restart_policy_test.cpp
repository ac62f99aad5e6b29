#include "cli/restart_policy.hpp"

#include <gtest/gtest.h>

namespace cli {
namespace {
using namespace std::chrono_literals;

class RestartPolicyTest : public testing::Test {
 protected:
  std::optional<std::chrono::seconds> died_at(std::chrono::seconds second) {
    return policy_.died(RestartPolicy::Instant{} + second);
  }
  RestartPolicy policy_;
};

TEST_F(RestartPolicyTest, PausesGrowAndTheFifthDeathInAMinuteIsTheLast) {
  EXPECT_EQ(died_at(0s), 1s);
  EXPECT_EQ(died_at(2s), 2s);
  EXPECT_EQ(died_at(5s), 4s);
  EXPECT_EQ(died_at(10s), 4s);
  EXPECT_EQ(died_at(59s), std::nullopt);
}

TEST_F(RestartPolicyTest, DeathsOlderThanAMinuteAreForgotten) {
  for (const auto second : {0s, 1s, 2s, 3s}) EXPECT_TRUE(died_at(second));
  EXPECT_EQ(died_at(60s), 4s);  // the first one no longer counts
  EXPECT_EQ(died_at(200s), 1s);
}

TEST_F(RestartPolicyTest, OneDeathEveryTwentySecondsGoesOnForEver) {
  for (auto second = 0s; second < 2000s; second += 20s) EXPECT_TRUE(died_at(second));
}

}  // namespace
}  // namespace cli
