#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "bench/measure/process.hpp"
#include "bench/mq/options.hpp"

namespace bench {

struct Starts {
  std::vector<double> seconds;  // from exec to the ready line, each on an empty directory
  Memory idle;                  // of the last one, a second later
};
Starts measure_starts(const Options& options, const std::filesystem::path& folder);

// Start after kill -9 right behind the last answer.
struct Restart {
  std::uint64_t messages = 0;
  double log_bytes = 0;
  std::vector<double> seconds;      // to the ready line; the first is the one after the load
  double first_answer_seconds = 0;  // of the first: until a send was answered
};
Restart measure_restart(std::uint64_t messages, const Options& options, const std::filesystem::path& folder);

}  // namespace bench
