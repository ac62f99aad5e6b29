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
  std::filesystem::path rocketmq_jars;        // for that peer, and for the Java load
  std::string load = "own";                   // own, or java: the official client
  std::string ladder;                         // what grows from rung to rung; empty: no ladder
  std::vector<std::string> only;              // workloads; empty: all
  bool goals = false;                         // those with a goal, and a table of them
  int seconds = 1;                            // of a slice
  int rounds = 5;
  int starts = 20;
  int reserve = 12;                                       // segments ready before each slice
  int backlog = 1'000'000;                                // messages to drain
  std::vector<std::string> restarts{"10000", "1000000"};  // messages there are at a restart
  std::string flush = "sync";                             // of end-to-end and transactions
  int rate = 10'000;                                      // messages/s of end-to-end
  int timers = 100'000;                                   // delayed messages that wait
  int delay_seconds = 5;                                  // over which they become due
  int burst = 500'000;                                    // delayed messages due at once
  int connections = 5'000;                                // idle ones
  int top = 0;                                            // largest rung of a ladder; 0: its default
  bool pin = true;
  bool json = false;

  [[nodiscard]] bool wants(const std::string& workload) const;
  [[nodiscard]] std::chrono::seconds slice() const { return std::chrono::seconds(seconds); }
};

}  // namespace bench
