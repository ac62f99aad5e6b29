#pragma once
#include <filesystem>
#include <string>

#include "bench/mq/options.hpp"
#include "bench/mq/result.hpp"
#include "bench/mq/workloads.hpp"

namespace bench {

// One workload on sluice-mq and on another broker, slice by slice in turns.
struct Versus {
  std::string name, about;
  std::string peer;  // what an answer of it means
  Side ours, theirs;
  struct Process {
    double ready_seconds = 0;
    double resident_mb = 0;  // after the load
  };
  Process our_process, their_process;
};

Versus measure_versus(const SendWorkload& workload, const std::string& peer, const Options& options,
                      const std::filesystem::path& folder);

}  // namespace bench
