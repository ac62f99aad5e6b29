#pragma once
#include <boost/json/object.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/mq/figures.hpp"
#include "bench/mq/options.hpp"

namespace bench {

// What a measurement came to, for people, for programs and for the table of goals.
struct Report {
  std::string text;
  boost::json::object json;
  std::vector<Floor> floors;
};
template <class Outcome>
Report report_of(const Outcome& outcome);

// One measurement that can be chosen by its name.
struct Workload {
  std::string name;
  std::function<Report(const Options&, const std::filesystem::path&)> measure;
};

// All that sluice-bench-mq can measure on sluice-mq alone, in the order in which it does.
std::vector<Workload> own_workloads(const Options& options);
// The same sends, deliveries and so on beside another broker.
std::vector<Workload> versus_workloads(const Options& options);
// What grows, as --ladder calls it.
const std::vector<std::string>& ladder_names();
// The one that the options name; all of them when they name none.
std::vector<Workload> ladder_workloads(const Options& options);
// The official Java client as the load, on sluice-mq and on a genuine RocketMQ.
std::vector<Workload> java_workloads();

// Every measured goal, held or missed.
std::string goals_table(const std::vector<Floor>& floors);

}  // namespace bench
