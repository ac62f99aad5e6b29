#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/mq/load.hpp"

namespace bench {

// Slices of one side of a comparison.
class Side {
 public:
  // Of the server: all its threads, and the first one, which in the broker is the hot one.
  struct Cpu {
    double all_seconds = 0, first_thread_seconds = 0;
  };
  void add(const Slice& slice, const Cpu& cpu);

  [[nodiscard]] const std::vector<double>& rates() const { return rates_; }
  [[nodiscard]] const Histogram& latency() const { return latency_; }
  [[nodiscard]] Cpu cpu_per_million() const;
  // Share of the time in which the load itself was at work.
  [[nodiscard]] double load_share() const { return seconds_ > 0 ? load_cpu_seconds_ / seconds_ : 0; }
  [[nodiscard]] std::uint64_t messages() const { return brought_.messages; }
  [[nodiscard]] std::uint64_t refused() const { return brought_.refused; }

 private:
  std::vector<double> rates_;
  Histogram latency_;
  Brought brought_;
  Cpu cpu_;
  double seconds_ = 0, load_cpu_seconds_ = 0;
};

// Of pairs measured one right after the other: on a machine whose speed changes from minute to minute only
// their ratios can be trusted.
struct Ratio {
  double median = 0, lowest = 0, highest = 0;
};
Ratio ratio_of(const std::vector<double>& ours, const std::vector<double>& probes);
double median(std::vector<double> values);

struct Floor {
  std::string what;  // "of the TCP echo"
  double bound = 0;
  double measured = 0;
  bool lowest_allowed = true;  // false: the bound is the highest allowed
  std::string goal{};          // of the project's goals, G1 to G11; empty: none of them
  [[nodiscard]] bool holds() const { return lowest_allowed ? measured >= bound : measured <= bound; }
};

// A workload on the broker and, slice by slice, its probes.
struct Result {
  std::string name, about;
  Side broker, echo;
  std::string raw_name;  // what the second probe is
  std::vector<double> raw_rates;
  double written_per_payload = 0;  // bytes that reached the disk for each byte of a body; 0: unknown or none
  double messages_per_sync = 0;    // 0: no syncs
  double longest_pass_ms = 0;      // of the broker's hot loop
  std::string reserve;             // the state of the segments that were written to
  std::vector<Floor> floors;
};

}  // namespace bench
