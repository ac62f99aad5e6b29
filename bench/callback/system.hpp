#pragma once
#include <filesystem>
#include <string>

#include "cli/layout.hpp"
#include "cli/run_state.hpp"

namespace bench {

// The whole order system on a folder and an address of its own.
class RunningSystem {
 public:
  // Returns when everything is ready. Throws std::runtime_error with the words of `sluice up`.
  RunningSystem(const std::filesystem::path& programs, std::filesystem::path folder);
  ~RunningSystem();
  RunningSystem(const RunningSystem&) = delete;
  RunningSystem& operator=(const RunningSystem&) = delete;

  [[nodiscard]] const cli::RunState& state() const { return state_; }
  [[nodiscard]] const cli::Layout& layout() const { return layout_; }

 private:
  std::filesystem::path sluice_;
  cli::Layout layout_;
  cli::RunState state_;
};

}  // namespace bench
