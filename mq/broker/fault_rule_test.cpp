#include "mq/broker/fault_rule.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace mq::broker {
namespace {

FaultRule rule_of(const std::string& json) {
  const auto parsed = parse_fault(json);
  EXPECT_TRUE(parsed.rule) << json << ": " << parsed.problem;
  return parsed.rule.value_or(FaultRule{});
}

TEST(FaultRuleTest, AFaultStrikesOnceUnlessItSaysMore) {
  const auto once = rule_of(R"({"request": "send", "answer": "SYSTEM_BUSY"})");
  EXPECT_EQ(once.times, 1);
  EXPECT_EQ(once.code, 2);
  EXPECT_FALSE(once.stored);
  EXPECT_EQ(once.codes, (std::vector<std::int32_t>{10, 310, 320}));
  EXPECT_EQ(rule_of(R"({"request": 34, "drop": true, "times": 7})").times, 7);
  EXPECT_EQ(rule_of(R"({"request": "send", "drop": true, "share": 0.5})").times, std::nullopt);
}

TEST(FaultRuleTest, AFlushThatIsLateHasStoredTheMessageUnlessTheTestSaysOtherwise) {
  EXPECT_TRUE(rule_of(R"({"request": "send", "answer": "FLUSH_DISK_TIMEOUT"})").stored);
  EXPECT_FALSE(rule_of(R"({"request": "send", "answer": 10, "stored": false})").stored);
}

TEST(FaultRuleTest, WhatMakesNoSenseIsAnsweredWithASentence) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"no json", "JSON object"},
      {"[]", "JSON object"},
      {"{}", "one thing"},
      {R"({"request": "send"})", "one thing"},
      {R"({"request": "send", "drop": true, "delay_ms": 5})", "one thing"},
      {R"({"drop": true})", "which \"request\""},
      {R"({"request": "sned", "drop": true})", "one of send, pull"},
      {R"({"request": "send", "answer": "FLUSH"})", "nobody knows FLUSH"},
      {R"({"request": "send", "answer": 0})", "1 to"},
      {R"({"request": "send", "drop": false})", "left out"},
      {R"({"request": "send", "drop": true, "times": 0})", "\"times\""},
      {R"({"request": "send", "drop": true, "share": 1.5})", "\"share\""},
      {R"({"request": "send", "drop": true, "colour": 1})", "no field \"colour\""},
      {R"({"request": "send", "again": true})", "\"again\" is for"},
      {R"({"request": "pull", "again": true, "stored": true})", "\"stored\" is for"},
      {R"({"request": "send", "delay_ms": 3600000})", "\"delay_ms\""},
      {R"({"rebalance": "g"})", "for_ms"},
      {R"({"request": "send", "drop": true, "for_ms": 10})", "for a rebalance"},
  };
  for (const auto& [json, problem] : wrong) {
    const auto parsed = parse_fault(json);
    EXPECT_FALSE(parsed.rule) << json;
    EXPECT_NE(parsed.problem.find(problem), std::string::npos) << json << ": " << parsed.problem;
  }
}

TEST(FaultRuleTest, TheListSaysWhatIsLeftAndHowOftenItStruck) {
  const auto rule = rule_of(R"({"request": "send", "topic": "T", "answer": "SYSTEM_BUSY", "times": 3})");
  EXPECT_EQ(format_faults({{7, rule, 2}}), R"({"faults":[{"id":7,"struck":2,"request":"send","topic":"T",)"
                                           R"("answer":2,"stored":false,"times_left":3}]})");
}

}  // namespace
}  // namespace mq::broker
