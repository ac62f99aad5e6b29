#include "mq/base/checksum.hpp"

#include <isa-l/crc.h>

namespace base {
namespace {
unsigned char* raw(BytesView bytes) {
  // isa-l reads through a pointer it forgot to make const.
  return const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));
}
}  // namespace

std::uint32_t crc32(BytesView bytes) { return crc32_gzip_refl(0, raw(bytes), bytes.size()); }

std::uint32_t crc32c(BytesView bytes, std::uint32_t seed) {
  // crc32_iscsi neither inverts what it is given nor what it answers.
  return ~crc32_iscsi(raw(bytes), static_cast<int>(bytes.size()), ~seed);
}

}  // namespace base
