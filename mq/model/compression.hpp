#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"

namespace mq {

// What stock Java producers use for bodies of 4 KiB and more.
inline constexpr std::size_t kCompressAtSize = 4096;
inline constexpr int kZlibLevel = 5;

// A zlib stream (RFC 1950), the only format that all stock clients can read.
std::string compress_zlib(base::BytesView body, int level = kZlibLevel);

// Undoes the compression that `sys_flag` names (rocketmq-wire.md 3.2): zlib also when it names none.
// Pre: sys_flag has sys_flag::kCompressed. errc::bad_message: damaged or cut off, or a format nobody
// knows; errc::message_size: more than `size_max` bytes would come out, at most that much was allocated.
base::Result<std::string> decompress(base::BytesView body, std::int32_t sys_flag, std::size_t size_max);

}  // namespace mq
