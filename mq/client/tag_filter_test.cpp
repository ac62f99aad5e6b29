#include "mq/client/tag_filter.hpp"

#include <gmock/gmock.h>

#include "mq/model/names.hpp"

namespace mq::client {
namespace {

using testing::ElementsAre;

TEST(TagFilter, StarAndNothingMatchEverything) {
  for (const auto* expression : {"*", "", "  ", " * ", "||", "A || *"}) {
    SCOPED_TRACE(expression);
    const TagFilter filter(expression);
    EXPECT_TRUE(filter.matches("A"));
    EXPECT_TRUE(filter.matches(""));
    EXPECT_EQ(filter.expression(), "*");
  }
}

TEST(TagFilter, ListedTagsMatchAndNoOthers) {
  const TagFilter filter("paid||  cancelled ");
  EXPECT_TRUE(filter.matches("paid"));
  EXPECT_TRUE(filter.matches("cancelled"));
  EXPECT_FALSE(filter.matches("pai"));
  EXPECT_FALSE(filter.matches(""));
  EXPECT_THAT(filter.tags(), ElementsAre("cancelled", "paid"));
}

TEST(TagFilter, NormalFormDoesNotDependOnSpelling) {
  EXPECT_EQ(TagFilter("b||a").expression(), TagFilter(" a  || b || a").expression());
}

TEST(TagFilter, TagsWithEqualHashesAreToldApart) {
  ASSERT_EQ(tag_hash("Aa"), tag_hash("BB"));
  EXPECT_FALSE(TagFilter("Aa").matches("BB"));
}

}  // namespace
}  // namespace mq::client
