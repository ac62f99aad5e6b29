#pragma once
#include <boost/json/object.hpp>

#include <string>
#include <vector>

#include "bench/mq/result.hpp"

namespace bench {

// One number of a measurement.
struct Figure {
  std::string key;  // of JSON: "lateness.p99_ms" without its dots
  double value = 0;
  std::string words;  // "p99 of the lateness, ms"
};

// A measurement that is more than a rate beside its probes.
struct Figures {
  std::string name, about;
  std::vector<Figure> all;
  std::vector<Floor> floors;

  void add(std::string key, double value, std::string words) {
    all.push_back({std::move(key), value, std::move(words)});
  }
  // p50, p99, p99.9 and the longest of a histogram, in milliseconds: "KEY_p50_ms" and so on.
  void add_quantiles(const std::string& key, const Histogram& histogram, const std::string& words);
};

std::string text_of(const Figures& figures);
boost::json::object json_of(const Figures& figures);
std::string text_of(const Floor& floor);
boost::json::object json_of(const Floor& floor);

}  // namespace bench
