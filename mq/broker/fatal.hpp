#pragma once
#include <string_view>

namespace mq::broker {

// The disk let us down: nothing that is acknowledged may depend on it any more, and a failed fsync must
// never be tried again (the kernel may have dropped the pages). Says so and ends the process; what was
// answered before is durable.
[[noreturn]] void die(std::string_view what_happened);

inline constexpr int kDiskFailedExit = 74;  // EX_IOERR of sysexits.h

}  // namespace mq::broker
