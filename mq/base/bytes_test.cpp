#include "mq/base/bytes.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace base {
namespace {

TEST(BytesTest, NumbersAreBigEndian) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.number<std::int32_t>(0x01020304);
  writer.number<std::int64_t>(-2);
  EXPECT_EQ(text_of(bytes), std::string_view("\x01\x02\x03\x04\xff\xff\xff\xff\xff\xff\xff\xfe"));
}

TEST(BytesTest, WhatIsWrittenIsRead) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.number<std::uint8_t>(255);
  writer.number<std::int16_t>(-1);
  writer.text("topic");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.number<std::uint8_t>(), 255);
  EXPECT_EQ(reader.number<std::int16_t>(), -1);
  EXPECT_EQ(reader.text(5), "topic");
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.left(), 0u);
}

// Every prefix of a record is too short somewhere; the reader must say so and never read past it.
TEST(BytesTest, AReadPastTheEndYieldsNothingForGood) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.number<std::int32_t>(7);
  writer.number<std::int64_t>(8);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ByteReader reader(BytesView(bytes).first(length));
    reader.number<std::int32_t>();
    reader.number<std::int64_t>();
    EXPECT_FALSE(reader.ok()) << length;
    EXPECT_EQ(reader.number<std::uint8_t>(), 0) << length;
    EXPECT_EQ(reader.left(), 0u);
  }
}

TEST(BytesTest, ALengthNearTheTopOfItsTypeDoesNotWrap) {
  const Bytes bytes(4);
  ByteReader reader(bytes);
  EXPECT_TRUE(reader.take(static_cast<std::size_t>(-1)).empty());
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace base
