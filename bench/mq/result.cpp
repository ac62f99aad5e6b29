#include "bench/mq/result.hpp"

#include <algorithm>

namespace bench {

void Side::add(const Slice& slice, const Cpu& cpu) {
  rates_.push_back(slice.per_second());
  latency_.add(slice.latency);
  brought_.messages += slice.brought.messages;
  brought_.payload += slice.brought.payload;
  brought_.refused += slice.brought.refused;
  seconds_ += slice.seconds;
  cpu_.all_seconds += cpu.all_seconds;
  cpu_.first_thread_seconds += cpu.first_thread_seconds;
  load_cpu_seconds_ += slice.load_cpu_seconds;
}

Side::Cpu Side::cpu_per_million() const {
  if (brought_.messages == 0) return {};
  const auto millions = static_cast<double>(brought_.messages) / 1e6;
  return {cpu_.all_seconds / millions, cpu_.first_thread_seconds / millions};
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
