#include "mq/filter/selector.hpp"

#include <gtest/gtest.h>

#include "mq/model/properties.hpp"

namespace mq::filter {
namespace {

struct Case {
  std::string_view selector;
  bool wanted;
};

bool wants(std::string_view selector, std::string_view properties) {
  std::string problem;
  const auto parsed = Selector::parse(selector, problem);
  EXPECT_TRUE(parsed) << selector << ": " << problem;
  return parsed && parsed->matches(properties);
}

std::string problem_of(std::string_view selector) {
  std::string problem;
  EXPECT_FALSE(Selector::parse(selector, problem)) << selector;
  return problem;
}

class SelectorTest : public ::testing::Test {
 protected:
  void check(std::initializer_list<Case> cases) const {
    for (const auto& c : cases) EXPECT_EQ(wants(c.selector, properties_), c.wanted) << c.selector;
  }
  void refused(std::initializer_list<std::string_view> selectors) {
    for (const auto& selector : selectors) EXPECT_NE(problem_of(selector), "") << selector;
  }

  std::string properties_ = format_properties(
      {{"n", "7"}, {"d", "2.5"}, {"s", "apple"}, {"q", "it's"}, {"t", "TRUE"}, {"TAGS", "paid"}});
};

TEST_F(SelectorTest, NumbersCompareAsTheyAreWritten) {
  check({{"n = 7", true},
         {"n <> 7", false},
         {"n > 6 AND n >= 7 AND n < 8 AND n <= 7", true},
         {"n = 7L", true},
         {"d = 2.5", true},
         {"d > 2.4E0", true},
         {"7 = n", true},
         {"n > -1", true},
         {"n = +7", true},
         {"-n < 0", false},  // a text has no opposite
         {"n > d", true}});
}

TEST_F(SelectorTest, ATextThatIsNoNumberEndsTheAnswerWithNo) {
  check({{"s > 1", false},
         {"NOT (s > 1)", false},
         {"s > 1 OR n = 7", false},
         {"n = 7 OR s > 1", true},  // the left side decides, the right one is never asked
         {"d = 2", false},          // next to an integer a text has to be one
         {"n = 3000000000", false},
         {"TRUE = t", false},
         {"t = TRUE", true}});
}

TEST_F(SelectorTest, TextsAreEqualOrNot) {
  check({{"s = 'apple'", true},
         {"s <> 'apple'", false},
         {"q = 'it''s'", true},
         {"s IN ('pear', 'apple')", true},
         {"s NOT IN ('pear', 'apple')", false},
         {"TAGS = 'paid'", true},
         {"s CONTAINS 'ppl'", true},
         {"s STARTSWITH 'app' AND s ENDSWITH 'ple'", true},
         {"s NOT CONTAINS 'x'", true},
         {"s CONTAINS ''", false},
         {"s NOT CONTAINS ''", false}});
}

TEST_F(SelectorTest, WhatIsNotThereIsUnknown) {
  check({{"x IS NULL", true},
         {"x IS NOT NULL", false},
         {"n IS NOT NULL", true},
         {"x = 1", false},
         {"NOT (x = 1)", false},
         {"x > 1 OR n = 7", true},
         {"x > 1 AND n = 7", false},
         {"x NOT IN ('a')", false},
         {"x NOT CONTAINS 'a'", false},
         {"s = x", false},
         {"NOT (s = x)", true},  // false, not unknown, with the missing one on the right
         {"NOT (x = s)", false}});
}

TEST_F(SelectorTest, ConditionsCombine) {
  check({{"n = 7 OR n = 8 AND n = 9", true},
         {"(n = 7 OR n = 8) AND n = 9", false},
         {"n BETWEEN 5 AND 9", true},
         {"n NOT BETWEEN 5 AND 9", false},
         {"TRUE", true},
         {"FALSE OR NULL", false},
         {"NOT n = FALSE", false},  // (NOT n) = FALSE, and n is there: (TRUE) = FALSE is what it asks
         {"NOT s", true},
         {"s", false}});
}

TEST_F(SelectorTest, BlanksCommentsAndCapitalsDoNotMatter) {
  check({{"n=7and/* both */s='apple'", true},
         {"n = 7 -- seven\n AND s = 'apple'", true},
         {"n is not null", true}});
}

TEST_F(SelectorTest, WhatFollowsAWholeSelectorIsIgnored) {
  check({{"n = 7 whatever", true}, {"n = 007", false}, {"n LIKE '7'", false}});
  refused({"n = 7 #", "n = 7 'open"});
}

TEST_F(SelectorTest, NonsenseIsRefused) {
  refused({"",
           " ",
           "'a'",
           "1",
           "-n",
           "n >",
           "n = ",
           "(n = 1",
           "n = NULL",
           "s > 'a'",
           "n > TRUE",
           "TRUE = 1",
           "n BETWEEN 3 AND 2",
           "1 IN ('a')",
           "n IN ()",
           "n IN (1)",
           "n CONTAINS 1",
           "n NOT 1",
           "n IS 1",
           "n = 0.0",
           "n = 9223372036854775808",
           "n = 1E400",
           "n != 1"});
  EXPECT_EQ(problem_of("n >"),
            "expected a value or the name of a property at character 4, but the selector ends there");
  EXPECT_EQ(problem_of("n IN (1)"), "expected a text in single quotes at character 7, found 1");
}

TEST_F(SelectorTest, SizeAndNestingAreBounded) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '(') + "n = 7" +
           std::string(static_cast<std::size_t>(depth), ')');
  };
  EXPECT_TRUE(wants(nested(Selector::kDepthMax - 1), properties_));
  EXPECT_EQ(problem_of(nested(Selector::kDepthMax)), "the selector is nested too deeply");
  std::string longest = "n = 8";
  while (longest.size() + 9 <= Selector::kTextMax) longest += " OR n = 8";
  EXPECT_FALSE(wants(longest, properties_));
  EXPECT_NE(problem_of(std::string(Selector::kTextMax + 1, ' ')), "");
}

}  // namespace
}  // namespace mq::filter
