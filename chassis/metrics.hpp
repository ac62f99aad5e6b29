#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace chassis {

// Prometheus metrics of one process. A thin face over prometheus-cpp so that its headers stay in one file.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  using Labels = std::initializer_list<std::pair<const std::string, std::string>>;

  void count(const std::string& name, const std::string& help, Labels labels, double by = 1);
  void set(const std::string& name, const std::string& help, Labels labels, double value);
  void observe_seconds(const std::string& name, const std::string& help, Labels labels, double seconds);
  // Called at each scrape, to refresh gauges and counters that live elsewhere.
  void on_scrape(std::function<void(Metrics&)> refresh);

  [[nodiscard]] std::string text();  // exposition format

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chassis
