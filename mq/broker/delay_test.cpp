#include "mq/broker/delay.hpp"

#include <gtest/gtest.h>

#include "mq/broker/send_properties.hpp"

namespace mq::broker {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::int64_t kMax = std::int64_t{3} * 24 * 3600 * 1000;
const DelayLevels kLevels = *DelayLevels::parse(DelayLevels::kUpstream);

DelayPlan plan(const DelayWish& wish) { return plan_delay(wish, kLevels, kNow, kMax); }

TEST(DelayLevels, AreUpstreams) {
  const std::vector<std::int64_t> seconds{1,   5,   10,  30,  60,  120,  180,  240,  300,
                                          360, 420, 480, 540, 600, 1200, 1800, 3600, 7200};
  ASSERT_EQ(kLevels.count(), 18);
  for (int level = 1; level <= 18; ++level) {
    EXPECT_EQ(kLevels.wait_ms(level), seconds[static_cast<std::size_t>(level - 1)] * 1000);
  }
}

TEST(DelayLevels, ThatMakeNoSenseAreRefused) {
  for (const auto* text : {"", "1", "s", "1x", "-1s", "1s two", "1.5s", "99999999999999999999s"}) {
    EXPECT_FALSE(DelayLevels::parse(text)) << text;
  }
}

TEST(Delay, ALevelAboveTheLastIsTheLast) {
  EXPECT_EQ(plan({.level = "18"}).due_ms, kNow + 7'200'000);
  EXPECT_EQ(plan({.level = "99"}).level, 18);
  EXPECT_EQ(plan({.level = "9223372036854775807"}).level, 18);
}

TEST(Delay, ALevelThatIsNoPositiveNumberIsNone) {
  for (const auto* level : {"0", "-1", "x", "1x"}) EXPECT_EQ(plan({.level = level}).due_ms, 0) << level;
}

TEST(Delay, TheLevelWinsOverTimerPropertiesAndTheFirstTimerPropertyWins) {
  EXPECT_EQ(plan({.level = "1", .timer_delay_sec = "9"}).due_ms, kNow + 1000);
  EXPECT_EQ(plan({.timer_delay_sec = "9", .timer_delay_ms = "1"}).due_ms, kNow + 9000);
  EXPECT_EQ(plan({.timer_delay_ms = "1", .timer_deliver_ms = "0"}).due_ms, kNow + 1);
  EXPECT_TRUE(plan({.timer_delay_ms = "1"}).timer);
}

TEST(Delay, ADueTimeThatIsPastIsDeliveredAtOnce) {
  for (const auto& wish :
       {DelayWish{.timer_deliver_ms = "1"}, DelayWish{.timer_delay_ms = "0"},
        DelayWish{.timer_delay_sec = "-5"}, DelayWish{.timer_deliver_ms = "-9223372036854775808"}}) {
    EXPECT_EQ(plan(wish).due_ms, 0);
    EXPECT_EQ(plan(wish).refused.code, response_code::kSuccess);
  }
}

TEST(Delay, BeyondTheLimitOrNoNumberIsIllegal) {
  const auto at_limit = std::to_string(kNow + kMax);
  const auto beyond = std::to_string(kNow + kMax + 1);
  EXPECT_EQ(plan({.timer_deliver_ms = at_limit}).refused.code, response_code::kSuccess);
  EXPECT_EQ(plan({.timer_deliver_ms = beyond}).refused.code, response_code::kMessageIllegal);
  EXPECT_EQ(plan({.timer_delay_sec = "9223372036854775807"}).refused.code, response_code::kMessageIllegal);
  EXPECT_EQ(plan({.timer_delay_ms = "soon"}).refused.code, response_code::kMessageIllegal);
}

TEST(SendProperties, FindsWhatTheBrokerActsUponInOnePass) {
  const auto found = scan_properties(
      "KEYS\x01k\x02WAIT\x01"
      "false\x02"
      "DELAY\x01"
      "3\x02UNIQ_KEY\x01u\x02TIMER_DELAY_MS\x01"
      "5\x02POP_CK\x01x\x02TRAN_MSG\x01true");
  EXPECT_EQ(found.wait, "false");
  EXPECT_TRUE(found.half);
  EXPECT_FALSE(found.answered_early()) << "a half message is decided by who knows that it is stored";
  EXPECT_TRUE(found.pop_checkpoint);
  EXPECT_EQ(found.unique_key, "u");
  EXPECT_EQ(found.delay.level, "3");
  EXPECT_EQ(found.delay.timer_delay_ms, "5");
}

TEST(SendProperties, AnItemWithoutAValueDoesNotExist) {
  const auto found = scan_properties("WAIT\x01\x02UNIQ_KEY\x02\x02\x01\x02");
  EXPECT_FALSE(found.wait);
  EXPECT_FALSE(found.unique_key);
}

}  // namespace
}  // namespace mq::broker
