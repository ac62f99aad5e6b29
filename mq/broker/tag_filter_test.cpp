#include "mq/broker/tag_filter.hpp"

#include <gtest/gtest.h>

#include "mq/model/names.hpp"
#include "mq/model/record.hpp"

namespace mq::broker {
namespace {

TEST(TagFilter, AStarOrNothingMeansEverything) {
  for (const auto* expression : {"*", "", "  ", " * "}) {
    const auto filter = TagFilter::parse(expression);
    ASSERT_TRUE(filter) << expression;
    EXPECT_TRUE(filter->everything());
    EXPECT_TRUE(filter->matches(""));
    EXPECT_TRUE(filter->may_match(0));
  }
}

TEST(TagFilter, TagsAreSeparatedByBarsAndTrimmed) {
  const auto filter = TagFilter::parse(" A ||B||  C d ");
  ASSERT_TRUE(filter);
  EXPECT_TRUE(filter->matches("A"));
  EXPECT_TRUE(filter->matches("B"));
  EXPECT_TRUE(filter->matches("C d"));
  EXPECT_FALSE(filter->matches("C"));
  EXPECT_FALSE(filter->matches(""));
}

TEST(TagFilter, OfTwoTagsWithOneHashOnlyTheTextTellsThemApart) {
  ASSERT_EQ(tag_hash("Aa"), tag_hash("BB"));
  const auto filter = TagFilter::parse("Aa");
  EXPECT_TRUE(filter->may_match(tag_hash("BB")));
  EXPECT_FALSE(filter->matches("BB"));
  EXPECT_TRUE(filter->matches("Aa"));
}

TEST(TagFilter, BarsWithoutATagAreRefused) {
  EXPECT_FALSE(TagFilter::parse("||"));
  EXPECT_FALSE(TagFilter::parse(" || || "));
}

TEST(PropertiesOf, AreFoundInShortAndLongTopicsAndNeverOutsideTheBytes) {
  for (const auto& topic : {std::string("T"), std::string(200, 't')}) {
    Record record;
    const std::string body = "body";
    record.topic = topic;
    record.body = base::bytes_of(body);
    record.properties =
        "TAGS\x01"
        "A\x02";
    base::Bytes bytes(encoded_size(record));
    encode_record(record, bytes.data());
    EXPECT_EQ(properties_of(bytes), record.properties);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(properties_of(base::BytesView(bytes).first(size)), "") << size;
    }
  }
}

}  // namespace
}  // namespace mq::broker
