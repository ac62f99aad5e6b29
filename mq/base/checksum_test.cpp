#include "mq/base/checksum.hpp"

#include <gtest/gtest.h>

#include <string>

namespace base {
namespace {

TEST(ChecksumTest, Crc32IsTheOneOfIeee8023) {
  EXPECT_EQ(crc32(bytes_of("Hello")), 0xF7D18982u);
  EXPECT_EQ(crc32(bytes_of("123456789")), 0xCBF43926u);  // the standard's check value
  EXPECT_EQ(crc32({}), 0u);
}

TEST(ChecksumTest, Crc32cIsCastagnoli) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283u);            // the standard's check value
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8A9136AAu);  // RFC 3720 B.4
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xff'))), 0x62A8AB43u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(ChecksumTest, Crc32cContinuesAtEverySplit) {
  const std::string text = "a sluice lets a flood through at the rate the land below can take";
  const auto whole = crc32c(bytes_of(text));
  for (std::size_t split = 0; split <= text.size(); ++split) {
    const auto front = crc32c(bytes_of(text).first(split));
    EXPECT_EQ(crc32c(bytes_of(text).subspan(split), front), whole) << split;
  }
}

TEST(ChecksumTest, EveryFlippedBitIsSeen) {
  const std::string text = "order-events";
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(crc32(bytes_of(flipped)), crc32(bytes_of(text)));
    EXPECT_NE(crc32c(bytes_of(flipped)), crc32c(bytes_of(text)));
  }
}

}  // namespace
}  // namespace base
