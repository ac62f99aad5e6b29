#include "mq/model/properties.hpp"

#include <gtest/gtest.h>

#include <random>

namespace mq {
namespace {

using Items = std::map<std::string, std::string>;

TEST(FindProperty, FindsFirstMiddleAndLastItems) {
  const std::string text = "KEYS\x01k1\x02UNIQ_KEY\x01u\x02TAGS\x01TagA\x02";
  EXPECT_EQ(find_property(text, "KEYS"), "k1");
  EXPECT_EQ(find_property(text, "UNIQ_KEY"), "u");
  EXPECT_EQ(find_property(text, "TAGS"), "TagA");
}

TEST(FindProperty, WorksWithoutTheLastEndMark) {
  EXPECT_EQ(find_property("a\x01"
                          "1\x02"
                          "b\x01"
                          "2",
                          "b"),
            "2");
}

TEST(FindProperty, DoesNotTakeAPartOfAKeyOrAValueForTheKey) {
  const std::string text = "XTAGS\x01x\x02TAGSX\x01y\x02v\x01TAGS\x02";
  EXPECT_EQ(find_property(text, "TAGS"), std::nullopt);
}

TEST(FindProperty, TakesEmptyValuesAndItemsWithoutASeparatorForAbsent) {
  EXPECT_EQ(find_property("a\x01\x02", "a"), std::nullopt);
  EXPECT_EQ(find_property("a\x02", "a"), std::nullopt);
  EXPECT_EQ(find_property("", "a"), std::nullopt);
  EXPECT_EQ(find_property("\x02\x02\x01\x02", "a"), std::nullopt);
  EXPECT_EQ(find_property("\x01v\x02", ""), std::nullopt);
}

TEST(FindProperty, TakesTheLastOfRepeatedKeys) {
  EXPECT_EQ(find_property("a\x01"
                          "1\x02"
                          "a\x01"
                          "2\x02",
                          "a"),
            "2");
}

TEST(SetProperty, AppendsReplacesAndRemoves) {
  std::string text;
  set_property(text, "a", "1");
  set_property(text, "b", "2");
  EXPECT_EQ(text,
            "a\x01"
            "1\x02"
            "b\x01"
            "2\x02");
  set_property(text, "a", "3");
  EXPECT_EQ(text,
            "b\x01"
            "2\x02"
            "a\x01"
            "3\x02");
  set_property(text, "b", "");
  EXPECT_EQ(text,
            "a\x01"
            "3\x02");
  remove_property(text, "missing");
  remove_property(text, "a");
  EXPECT_EQ(text, "");
}

TEST(SetProperty, EndsAnItemThatItsSenderLeftOpen) {
  std::string text =
      "a\x01"
      "1";
  set_property(text, "b", "2");
  EXPECT_EQ(text,
            "a\x01"
            "1\x02"
            "b\x01"
            "2\x02");
}

TEST(RemoveProperty, RemovesEveryRepetitionAlsoAnEmptyOne) {
  std::string text =
      "a\x01\x02"
      "b\x01"
      "2\x02"
      "a\x01"
      "1";
  remove_property(text, "a");
  EXPECT_EQ(text,
            "b\x01"
            "2\x02");
}

TEST(SetPropertyDeathTest, RefusesWhatWouldBreakItsNeighbours) {
  std::string text;
  EXPECT_DEATH(set_property(text, "a",
                            "1\x02"
                            "b"),
               "neighbours");
  EXPECT_DEATH(set_property(text, "", "1"), "neighbours");
}

TEST(ParseProperties, DropsWhatDoesNotExist) {
  EXPECT_EQ(parse_properties("a\x01"
                             "1\x02\x02x\x02y\x01\x02\x01z\x02"
                             "a\x01"
                             "2\x02"
                             "b\x01"
                             "3"),
            (Items{{"a", "2"}, {"b", "3"}}));
}

TEST(ParseProperties, KeepsASeparatorInsideAValue) {
  EXPECT_EQ(parse_properties("a\x01x\x01y\x02"), (Items{{"a", "x\x01y"}}));
}

TEST(FormatProperties, LeavesEmptyValuesOut) {
  EXPECT_EQ(format_properties({{"a", ""}, {"b", "1"}}),
            "b\x01"
            "1\x02");
}

TEST(Properties, BehaveLikeAMapWhateverIsDoneToThem) {
  std::mt19937_64 random(20240601);
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  for (int round = 0; round < 200; ++round) {
    std::string text;
    Items model;
    for (int step = 0; step < 30; ++step) {
      const std::string key = std::string(1 + pick(2), static_cast<char>('a' + pick(4)));
      const std::string value(pick(4), static_cast<char>('0' + pick(10)));
      set_property(text, key, value);
      value.empty() ? static_cast<void>(model.erase(key)) : static_cast<void>(model[key] = value);
      ASSERT_EQ(parse_properties(text), model);
      const auto found = find_property(text, key);
      ASSERT_EQ(found ? std::string(*found) : "", value);
    }
    ASSERT_EQ(parse_properties(format_properties(model)), model);
  }
}

}  // namespace
}  // namespace mq
