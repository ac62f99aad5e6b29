#include "mq/model/property_scan.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace mq {
namespace {

using Items = std::vector<std::pair<std::string, std::string>>;

Items scan(std::string_view properties) {
  Items items;
  for_each_property(properties, [&items](std::string_view item) {
    const auto [key, value] = split_property(item);
    if (item.contains('\x01')) items.emplace_back(key, value);
  });
  return items;
}

// The rule, a character at a time.
Items split(std::string_view properties) {
  Items items;
  while (!properties.empty()) {
    const auto end = properties.find('\x02');
    const auto item = properties.substr(0, end);
    properties = end == std::string_view::npos ? std::string_view{} : properties.substr(end + 1);
    const auto mark = item.find('\x01');
    if (mark != std::string_view::npos) items.emplace_back(item.substr(0, mark), item.substr(mark + 1));
  }
  return items;
}

TEST(ForEachProperty, FindsEachItem) {
  EXPECT_EQ(scan("KEYS\x01order-1\x02TAGS\x01"
                 "A\x02"),
            (Items{{"KEYS", "order-1"}, {"TAGS", "A"}}));
  EXPECT_EQ(scan("KEYS\x01order-1"), (Items{{"KEYS", "order-1"}})) << "the last end mark may be missing";
  EXPECT_EQ(scan("a\x01"
                 "b\x01"
                 "c\x02"),
            (Items{{"a",
                    "b\x01"
                    "c"}}));
  EXPECT_EQ(scan("no separator\x02\x02"
                 "empty\x01\x02"),
            (Items{{"empty", ""}}));
  EXPECT_EQ(scan(""), Items{});
}

TEST(ForEachProperty, FindsWhatTheRuleFindsAtEveryPlaceOfABlock) {
  std::mt19937 random(7);
  const auto any = [&random](int below) { return std::uniform_int_distribution(0, below - 1)(random); };
  for (int i = 0; i < 20'000; ++i) {
    std::string text(static_cast<std::size_t>(any(70)), 'x');
    for (char& c : text) {
      if (any(4) == 0) c = static_cast<char>(1 + any(2));
    }
    ASSERT_EQ(scan(text), split(text)) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace mq
