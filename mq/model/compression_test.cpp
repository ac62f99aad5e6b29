#include "mq/model/compression.hpp"

#include <gtest/gtest.h>

#include <boost/system/errc.hpp>

#include <lz4frame.h>
#include <zstd.h>

#include "mq/model/names.hpp"
#include "mq/model/record.hpp"

namespace mq {
namespace {

std::string compress_lz4(const std::string& text) {
  std::string out(LZ4F_compressFrameBound(text.size(), nullptr), '\0');
  out.resize(LZ4F_compressFrame(out.data(), out.size(), text.data(), text.size(), nullptr));
  return out;
}

std::string compress_zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

struct Format {
  const char* name;
  std::int32_t flag;
  std::string (*compress)(const std::string&);
};
std::string zlib_of(const std::string& text) { return compress_zlib(base::bytes_of(text)); }

class Compression : public testing::TestWithParam<Format> {
 protected:
  static base::Result<std::string> undo(const std::string& packed, std::size_t size_max = kBodySizeMax) {
    return decompress(base::bytes_of(packed), GetParam().flag | sys_flag::kCompressed, size_max);
  }
  static std::string text_of_size(std::size_t size) {
    std::string text;
    while (text.size() < size) text += "order " + std::to_string(text.size() * 7919) + "; ";
    text.resize(size);
    return text;
  }
};

TEST_P(Compression, ComesBack) {
  for (const std::size_t size : {0U, 1U, 1000U, 1024U, 100'000U, 4U << 20}) {
    const std::string text = text_of_size(size);
    const auto undone = undo(GetParam().compress(text));
    ASSERT_TRUE(undone.has_value()) << size;
    EXPECT_TRUE(*undone == text) << size;
  }
}

TEST_P(Compression, StopsAtTheLimit) {
  const std::string text = text_of_size(5000);
  const std::string packed = GetParam().compress(text);
  EXPECT_TRUE(undo(packed, 5000).has_value());
  const auto bomb = undo(packed, 4999);
  ASSERT_TRUE(bomb.has_error());
  EXPECT_EQ(bomb.error(), boost::system::errc::message_size);
  EXPECT_TRUE(undo(GetParam().compress(std::string(std::size_t{16} << 20, 'x'))).has_error());
}

TEST_P(Compression, RefusesDamagedAndCutInput) {
  const std::string packed = GetParam().compress(text_of_size(3000));
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_TRUE(undo(packed.substr(0, size)).has_error()) << size;
  }
  EXPECT_TRUE(undo("no compressed data at all").has_error());
}

INSTANTIATE_TEST_SUITE_P(Formats, Compression,
                         testing::Values(Format{"zlib", sys_flag::kZlib, zlib_of}, Format{"old", 0, zlib_of},
                                         Format{"lz4", sys_flag::kLz4, compress_lz4},
                                         Format{"zstd", sys_flag::kZstd, compress_zstd}),
                         [](const auto& format) { return format.param.name; });

TEST(Decompress, RefusesAFormatNobodyKnows) {
  EXPECT_TRUE(decompress(base::bytes_of("x"), sys_flag::kCompressed | 0x400, 100).has_error());
}

}  // namespace
}  // namespace mq
