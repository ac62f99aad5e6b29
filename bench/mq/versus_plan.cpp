#include <utility>

#include "bench/mq/plan.hpp"
#include "bench/mq/versus.hpp"

namespace bench {
namespace {

using Kind = VersusWorkload::Kind;

std::vector<VersusWorkload> all_workloads() {
  return {{"sync-64x1", "sync", Kind::send, {64, 1}},        {"sync-4x64", "sync", Kind::send},
          {"async-64x1", "async", Kind::send, {64, 1}},      {"async-4x64", "async", Kind::send},
          {"batch-32", "async", Kind::batch, {4, 8}},        {"consume", "async", Kind::consume},
          {"produce-consume-sync", "sync", Kind::flow},      {"produce-consume", "async", Kind::flow},
          {"transactions-sync", "sync", Kind::transactions}, {"transactions", "async", Kind::transactions}};
}

// Nothing to compare: says why.
Report without(const std::string& name, const std::string& why) {
  Figures figures;
  figures.name = name;
  figures.about = "not compared. " + why;
  return {text_of(figures), json_of(figures), {}};
}

Report measured(const VersusWorkload& workload, const Options& options, const std::filesystem::path& folder) {
  if (options.peer == "nats" && workload.flush == "sync") {
    return without(workload.name, "JetStream answers before its sync.");
  }
  std::string why;
  if (workload.kind == Kind::batch) why = lacks(options.peer, Feature::batch);
  if (workload.kind == Kind::transactions) why = lacks(options.peer, Feature::transactions);
  if (!why.empty()) return without(workload.name, why);
  const auto versus = measure_versus(workload, options, folder);
  return {text_of(versus), json_of(versus), versus.floors};
}

Report measured_delay(const Options& options, const std::filesystem::path& folder) {
  const auto why = lacks(options.peer, Feature::delay);
  if (!why.empty()) return without("delay", why);
  const auto figures = measure_versus_delay(options, folder);
  return {text_of(figures), json_of(figures), figures.floors};
}

}  // namespace

std::vector<Workload> versus_workloads(const Options&) {
  std::vector<Workload> all;
  for (auto& workload : all_workloads()) {
    all.push_back({workload.name, [workload](const Options& options, const std::filesystem::path& folder) {
                     return measured(workload, options, folder);
                   }});
  }
  all.push_back({"delay", measured_delay});
  return all;
}

}  // namespace bench
