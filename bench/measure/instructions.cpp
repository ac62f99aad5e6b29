#include "bench/measure/instructions.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

namespace bench {

Instructions::Instructions(pid_t pid) {
  perf_event_attr what{};
  what.type = PERF_TYPE_HARDWARE;
  what.size = sizeof what;
  what.config = PERF_COUNT_HW_INSTRUCTIONS;
  std::error_code gone;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
    const auto name = entry.path().filename().string();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    const auto fd = ::syscall(SYS_perf_event_open, &what, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd >= 0) counters_.push_back(static_cast<int>(fd));
  }
}

Instructions::~Instructions() {
  for (const int counter : counters_) ::close(counter);
}

std::optional<std::uint64_t> Instructions::count() const {
  std::uint64_t all = 0;
  for (const int counter : counters_) {
    std::uint64_t one = 0;
    if (::read(counter, &one, sizeof one) == sizeof one) all += one;
  }
  if (all == 0) return std::nullopt;
  return all;
}

}  // namespace bench
