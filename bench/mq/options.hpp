#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace bench {

struct Options {
  std::filesystem::path program;              // sluice-mq; empty: beside this program
  std::filesystem::path folder = "/var/tmp";  // scratch goes here: the disk that is measured
  std::string peer;                           // compare with it; empty: with probes
  std::filesystem::path rocketmq_jars;        // for that peer
  std::vector<std::string> only;              // workloads; empty: all
  int seconds = 1;                            // of a slice
  int rounds = 5;
  int starts = 20;
  int reserve = 12;         // segments ready before each slice
  int backlog = 1'000'000;  // messages to drain and to restart with
  bool pin = true;
  bool json = false;

  [[nodiscard]] bool wants(const std::string& workload) const;
  [[nodiscard]] std::chrono::seconds slice() const { return std::chrono::seconds(seconds); }
};

}  // namespace bench
