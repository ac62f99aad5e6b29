// Any bytes as a compressed body of any kind: never more comes out than was allowed, and what is compressed
// by us comes back. The first byte chooses the kind.
#include <cstdint>

#include "mq/base/assert.hpp"
#include "mq/model/compression.hpp"
#include "mq/model/record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = std::size_t{64} << 10;
  if (size == 0) return 0;
  const auto body = std::as_bytes(std::span(data, size)).subspan(1);
  const auto kind = static_cast<std::int32_t>(data[0]) << 8;
  const auto out = mq::decompress(body, mq::sys_flag::kCompressed | kind, kMost);
  if (out) BASE_ASSERT(out->size() <= kMost, "a small body is no bomb");
  const auto packed = mq::compress_zlib(body);
  const auto again = mq::decompress(base::bytes_of(packed), mq::sys_flag::kCompressed, kMost);
  BASE_ASSERT(again.has_value() && *again == base::text_of(body), "our own compression comes back");
  return 0;
}
