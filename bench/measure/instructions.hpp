#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace bench {

// Instructions that the threads a process has now execute from here on. Many virtual machines count none.
class Instructions {
 public:
  explicit Instructions(pid_t pid);
  ~Instructions();
  Instructions(const Instructions&) = delete;
  Instructions& operator=(const Instructions&) = delete;

  // So far; nothing when they cannot be counted here.
  [[nodiscard]] std::optional<std::uint64_t> count() const;

 private:
  std::vector<int> counters_;  // one a thread
};

}  // namespace bench
