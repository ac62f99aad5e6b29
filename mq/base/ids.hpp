#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "mq/base/clock.hpp"

namespace base {

// 64 random bits; injected so that tests can choose them.
using RandomSource = std::function<std::uint64_t()>;

// Reads the kernel's generator; suits ids that must not be guessed.
RandomSource system_random();

// RFC 9562 UUID version 7, lower-case text: sorts by `now`, 74 random bits.
std::string uuid_v7(Time now, const RandomSource& random);

}  // namespace base
