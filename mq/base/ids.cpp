#include "mq/base/ids.hpp"

#include <sys/random.h>

#include <array>

#include "mq/base/assert.hpp"

namespace base {

RandomSource system_random() {
  return [] {
    std::uint64_t bits = 0;
    BASE_ASSERT(::getrandom(&bits, sizeof bits, 0) == sizeof bits, "8 bytes never block or come short");
    return bits;
  };
}

std::string uuid_v7(Time now, const RandomSource& random) {
  const std::uint64_t high =
      (static_cast<std::uint64_t>(to_millis(now)) << 16) | 0x7000 | (random() & 0x0fff);
  const std::uint64_t low = (std::uint64_t{0b10} << 62) | (random() >> 2);
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) text.push_back('-');
    const std::uint64_t word = nibble < 16 ? high : low;
    text.push_back(kHex[(word >> (60 - 4 * (nibble % 16))) & 0xf]);
  }
  return text;
}

}  // namespace base
