#include "bench/mq/result.hpp"

#include <algorithm>

namespace bench {

void Side::add(const Slice& slice, double cpu_seconds) {
  rates_.push_back(slice.per_second());
  latency_.add(slice.latency);
  brought_.messages += slice.brought.messages;
  brought_.payload += slice.brought.payload;
  brought_.refused += slice.brought.refused;
  seconds_ += slice.seconds;
  cpu_seconds_ += cpu_seconds;
  load_cpu_seconds_ += slice.load_cpu_seconds;
}

double Side::cpu_per_million() const {
  return brought_.messages > 0 ? cpu_seconds_ * 1e6 / static_cast<double>(brought_.messages) : 0;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Ratio ratio_of(const std::vector<double>& ours, const std::vector<double>& probes) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(ours.size(), probes.size()); ++i) {
    if (probes[i] > 0) ratios.push_back(ours[i] / probes[i]);
  }
  if (ratios.empty()) return {};
  const auto [lowest, highest] = std::ranges::minmax(ratios);
  return {median(ratios), lowest, highest};
}

}  // namespace bench
