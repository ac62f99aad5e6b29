#pragma once
#include <filesystem>
#include <string>

#include "bench/mq/options.hpp"
#include "bench/mq/result.hpp"

namespace bench {

struct SendWorkload {
  std::string name;
  std::string flush;
  Shape shape;
  SendSpec spec{};
};

struct DrainWorkload {
  std::string name;
  int count_max = 32;
  bool cold = false;  // from the disk: before each slice the page cache is emptied
};

// Rounds of: a slice on the broker, the same on an echo, the same bytes as a bare group commit.
Result measure_sends(const SendWorkload& workload, const Options& options,
                     const std::filesystem::path& folder);

// Rounds of: the whole backlog from a broker, the same answers from an echo, the same files read.
Result measure_drain(const DrainWorkload& workload, const Options& options,
                     const std::filesystem::path& folder);

}  // namespace bench
