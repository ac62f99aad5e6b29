#include "chassis/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <vector>

namespace chassis {
namespace {

using LabelMap = std::map<std::string, std::string>;

// An answer in memory takes under a millisecond, a fsync a few, a third party up to its time-out.
const prometheus::Histogram::BucketBoundaries kSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                       0.25,   0.5,   1,      2.5,   5,    10,    30};

}  // namespace

class Metrics::Impl {
 public:
  // The families are kept here because the registry finds one again only by walking all.
  template <class Metric, class Build>
  prometheus::Family<Metric>& family(std::map<std::string, prometheus::Family<Metric>*>& known, Build build,
                                     const std::string& name, const std::string& help) {
    const std::lock_guard lock(mutex_);
    auto& slot = known[name];
    if (!slot) slot = &build().Name(name).Help(help).Register(registry_);
    return *slot;
  }

  prometheus::Counter& counter(const std::string& name, const std::string& help, Labels labels) {
    return family(counters_, prometheus::BuildCounter, name, help).Add(LabelMap(labels));
  }
  prometheus::Gauge& gauge(const std::string& name, const std::string& help, Labels labels) {
    return family(gauges_, prometheus::BuildGauge, name, help).Add(LabelMap(labels));
  }
  prometheus::Histogram& histogram(const std::string& name, const std::string& help, Labels labels) {
    return family(histograms_, prometheus::BuildHistogram, name, help).Add(LabelMap(labels), kSeconds);
  }

  void add_refresher(std::function<void(Metrics&)> refresh) {
    const std::lock_guard lock(mutex_);
    refreshers_.push_back(std::move(refresh));
  }
  std::vector<std::function<void(Metrics&)>> refreshers() {
    const std::lock_guard lock(mutex_);
    return refreshers_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    refreshers_.clear();
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

 private:
  prometheus::Registry registry_;
  std::mutex mutex_;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters_;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges_;
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms_;
  std::vector<std::function<void(Metrics&)>> refreshers_;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::count(const std::string& name, const std::string& help, Labels labels, double by) {
  impl_->counter(name, help, labels).Increment(by);
}

void Metrics::count_to(const std::string& name, const std::string& help, Labels labels, double total) {
  auto& counter = impl_->counter(name, help, labels);
  if (const double missing = total - counter.Value(); missing > 0) counter.Increment(missing);
}

void Metrics::set(const std::string& name, const std::string& help, Labels labels, double value) {
  impl_->gauge(name, help, labels).Set(value);
}

void Metrics::observe_seconds(const std::string& name, const std::string& help, Labels labels,
                              double seconds) {
  impl_->histogram(name, help, labels).Observe(seconds);
}

void Metrics::on_scrape(std::function<void(Metrics&)> refresh) { impl_->add_refresher(std::move(refresh)); }
void Metrics::forget() { impl_->forget(); }

std::string Metrics::text() {
  for (const auto& refresh : impl_->refreshers()) refresh(*this);
  return impl_->text();
}

}  // namespace chassis
