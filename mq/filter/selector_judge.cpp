// Selectors as a filter of lines, for tests/compat: selector, tab, name=value, tab … becomes "invalid",
// "true" or "false". The genuine broker's selectors judge the same lines.
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

#include "mq/filter/selector.hpp"
#include "mq/model/properties.hpp"

namespace {

std::string_view take_part(std::string_view& line) {
  const auto part = line.substr(0, line.find('\t'));
  line.remove_prefix(std::min(part.size() + 1, line.size()));
  return part;
}

const char* judge(std::string_view line) {
  const auto selector = take_part(line);
  std::string properties;
  while (!line.empty()) {
    const auto pair = take_part(line);
    const auto equals = pair.find('=');
    mq::set_property(properties, pair.substr(0, equals), pair.substr(equals + 1));
  }
  std::string problem;
  const auto parsed = mq::filter::Selector::parse(selector, problem);
  if (!parsed) return "invalid";
  return parsed->matches(properties) ? "true" : "false";
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) std::puts(judge(line));
}
