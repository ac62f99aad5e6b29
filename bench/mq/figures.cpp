#include "bench/mq/figures.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <cmath>

namespace bench {
namespace {

// Five significant digits for small numbers, whole ones for large.
std::string number_text(double value) {
  if (std::abs(value) >= 10'000) return fmt::format("{:.0f}", value);
  return fmt::format("{:.5g}", value);
}

}  // namespace

void Figures::add_quantiles(const std::string& key, const Histogram& histogram, const std::string& words) {
  struct Quantile {
    double q;
    const char *key, *words;
  };
  for (const auto& [q, short_name, text] :
       {Quantile{0.5, "p50", "p50"}, Quantile{0.99, "p99", "p99"}, Quantile{0.999, "p999", "p99.9"},
        Quantile{1, "max", "longest"}}) {
    add(key + "_" + short_name + "_ms", histogram.quantile(q) / 1e6, fmt::format("ms {}, {}", words, text));
  }
}

std::string text_of(const Figures& figures) {
  auto text = fmt::format("{}: {}\n", figures.name, figures.about);
  for (const auto& figure : figures.all) {
    text += fmt::format("  {:>12}  {}\n", number_text(figure.value), figure.words);
  }
  for (const auto& floor : figures.floors) text += text_of(floor);
  return text;
}

boost::json::object json_of(const Figures& figures) {
  boost::json::object object{{"name", figures.name}, {"about", figures.about}};
  for (const auto& figure : figures.all) object[figure.key] = figure.value;
  boost::json::array floors;
  for (const auto& floor : figures.floors) floors.push_back(json_of(floor));
  object["floors"] = std::move(floors);
  return object;
}

std::string text_of(const Floor& floor) {
  return fmt::format("  floor: {} {}, {} {}: {}\n", floor.what, number_text(floor.measured),
                     floor.lowest_allowed ? "at least" : "at most", number_text(floor.bound),
                     floor.holds() ? "held" : "MISSED");
}

boost::json::object json_of(const Floor& floor) {
  return {{"goal", floor.goal},
          {"what", floor.what},
          {"bound", floor.bound},
          {"measured", floor.measured},
          {"holds", floor.holds()}};
}

}  // namespace bench
