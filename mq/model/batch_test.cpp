#include "mq/model/batch.hpp"

#include <gtest/gtest.h>

namespace mq {
namespace {

base::Bytes encoded(const std::vector<BatchItem>& items) {
  base::Bytes bytes;
  encode_batch(items, bytes);
  return bytes;
}

const std::vector<BatchItem>& three() {
  static const std::vector<BatchItem> items{
      {.flag = 1,
       .body = base::bytes_of("one"),
       .properties = "TAGS\x01"
                     "A\x02"},
      {.flag = -2, .body = base::bytes_of(""), .properties = ""},
      {.flag = 3, .body = base::bytes_of("three"), .properties = "KEYS\x01k\x02"}};
  return items;
}

TEST(Batch, LaysItemsOutAsJavaDoes) {
  const auto bytes = encoded({{.flag = 7, .body = base::bytes_of("ab"), .properties = "p"}});
  const std::vector<int> expected{0, 0, 0, 25, 0, 0, 0, 0,   0,   0, 0, 0,  0,
                                  0, 0, 7, 0,  0, 0, 2, 'a', 'b', 0, 1, 'p'};
  ASSERT_EQ(bytes.size(), expected.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_EQ(static_cast<int>(bytes[i]), expected[i]) << i;
}

TEST(Batch, ComesBackInOrder) {
  const auto bytes = encoded(three());
  const auto items = decode_batch(bytes);
  ASSERT_TRUE(items.has_value());
  ASSERT_EQ(items->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*items)[i].flag, three()[i].flag);
    EXPECT_EQ(base::text_of((*items)[i].body), base::text_of(three()[i].body));
    EXPECT_EQ((*items)[i].properties, three()[i].properties);
  }
}

TEST(Batch, IsRefusedWhenEmpty) { EXPECT_TRUE(decode_batch({}).has_error()); }

TEST(Batch, IsRefusedWhenCutAnywhereButBetweenItems) {
  const auto bytes = encoded(three());
  const std::size_t first = encoded({three()[0]}).size();
  const std::size_t second = first + encoded({three()[1]}).size();
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const base::Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(decode_batch(cut).has_value(), size == first || size == second) << size;
  }
}

TEST(Batch, IsRefusedWhenALengthIsWrong) {
  const auto good = encoded({three()[0]});
  for (const std::size_t at : {0U, 16U, 23U}) {
    for (const unsigned value : {0x00U, 0x7fU, 0x80U, 0xffU}) {
      auto bytes = good;
      bytes[at] = static_cast<std::byte>(value);
      if (bytes != good) EXPECT_TRUE(decode_batch(bytes).has_error()) << at << " " << value;
    }
  }
}

}  // namespace
}  // namespace mq
