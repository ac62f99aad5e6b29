#pragma once
#include <cstdint>

#include "mq/base/bytes.hpp"

namespace base {

// CRC-32 (IEEE 802.3), what RocketMQ stores of a body after masking it to 31 bits.
std::uint32_t crc32(BytesView bytes);

// CRC-32C (Castagnoli), what our own files carry. `seed` continues an earlier result:
// crc32c(ab) == crc32c(b, crc32c(a)).
std::uint32_t crc32c(BytesView bytes, std::uint32_t seed = 0);

}  // namespace base
