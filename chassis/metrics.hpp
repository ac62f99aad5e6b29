#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

namespace chassis {

// Prometheus metrics of one process. A thin face over prometheus-cpp so that its headers stay in one file.
//
// A name belongs to one kind of metric for good; help is taken from the first call. Labels have few
// values, known beforehand: never a user, an order or a path that a client can choose.
// Thread rule: any thread; refreshers run on the thread that asks for text().
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  using Labels = std::initializer_list<std::pair<const std::string, std::string>>;

  void count(const std::string& name, const std::string& help, Labels labels, double by = 1);
  // A counter that is kept elsewhere: raises ours to `total`, never lowers it.
  void count_to(const std::string& name, const std::string& help, Labels labels, double total);
  void set(const std::string& name, const std::string& help, Labels labels, double value);
  // A histogram from half a millisecond to half a minute.
  void observe_seconds(const std::string& name, const std::string& help, Labels labels, double seconds);
  // Called at each scrape, to refresh gauges and counters that live elsewhere.
  void on_scrape(std::function<void(Metrics&)> refresh);
  // Drops the refreshers: what they look at is about to die. The numbers stay.
  void forget();

  [[nodiscard]] std::string text();  // exposition format

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chassis
