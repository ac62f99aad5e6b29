#include "chassis/health.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace chassis {
namespace {
namespace json = boost::json;

struct Problem {
  std::string name, what;
};

// A check that cannot tell has found a problem.
std::vector<Problem> failing(const std::vector<Check>& checks) {
  std::vector<Problem> found;
  for (const auto& check : checks) {
    std::string what;
    try {
      what = check.problem();
    } catch (const std::exception& e) {
      what = std::string("the check failed: ") + e.what();
    }
    if (!what.empty()) found.push_back({check.name, std::move(what)});
  }
  return found;
}

std::optional<Problem> of_stage(Health::Stage stage) {
  switch (stage) {
    case Health::Stage::starting:
      return Problem{"process", "starting"};
    case Health::Stage::stopping:
      return Problem{"process", "stopping"};
    case Health::Stage::running:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

void Health::forget() {
  ready_.clear();
  idle_.clear();
  due_.clear();
}

std::vector<std::string> Health::problems() const {
  std::vector<std::string> all;
  for (const auto& problem : failing(ready_)) all.push_back(problem.name + ": " + problem.what);
  return all;
}

mq::net::HttpResponse Health::readyz() const {
  auto found = failing(ready_);
  if (auto stage = of_stage(stage_)) found.insert(found.begin(), std::move(*stage));
  json::array problems;
  for (const auto& problem : found) problems.push_back({{"name", problem.name}, {"problem", problem.what}});
  const json::object body{{"ready", found.empty()}, {"problems", std::move(problems)}};
  return mq::net::json_response(found.empty() ? 200 : 503, json::serialize(body));
}

mq::net::HttpResponse Health::due(base::Time now) const {
  auto found = failing(idle_);
  if (auto stage = of_stage(stage_)) found.insert(found.begin(), std::move(*stage));
  json::array busy;
  for (const auto& problem : found) busy.emplace_back(problem.name + ": " + problem.what);
  std::optional<base::Time> earliest;
  for (const auto& component : due_) {
    if (const auto at = component(); at && (!earliest || *at < *earliest)) earliest = at;
  }
  json::object body{{"idle", found.empty()}, {"busy", std::move(busy)}};
  body["next_due_ms"] = earliest ? json::value(base::to_millis(*earliest)) : json::value(nullptr);
  body["now_ms"] = base::to_millis(now);
  return mq::net::json_response(200, json::serialize(body));
}

}  // namespace chassis
