#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mq/base/clock.hpp"
#include "mq/net/http.hpp"

namespace chassis {

// Reasons why a service is not ready, or not idle; each component adds its own check.
struct Check {
  std::string name;
  std::function<std::string()> problem;  // "" when all is well; cheap, on the executor
};

// What a service says about itself when it is asked.
//
// Invariant: ready only between starting and stopping, and only while no check has a problem.
// Thread rule: the executor's one thread.
class Health {
 public:
  enum class Stage { starting, running, stopping };

  void ready_when(Check check) { ready_.push_back(std::move(check)); }
  void idle_when(Check check) { idle_.push_back(std::move(check)); }
  void next_due(std::function<std::optional<base::Time>()> earliest) { due_.push_back(std::move(earliest)); }
  void enter(Stage stage) { stage_ = stage; }
  [[nodiscard]] Stage stage() const { return stage_; }
  // Drops every check: what they look at is about to die.
  void forget();

  // "database: it does not answer", one for each problem; the stage is not among them.
  [[nodiscard]] std::vector<std::string> problems() const;

  // 200 {"ready":true,"problems":[]} or 503 with every problem as {"name":…,"problem":…}.
  [[nodiscard]] mq::net::HttpResponse readyz() const;
  // {"idle":…,"busy":["outbox: 3 unsent"],"next_due_ms":…,"now_ms":…}; next_due_ms is null when nothing is
  // due.
  [[nodiscard]] mq::net::HttpResponse due(base::Time now) const;

 private:
  Stage stage_ = Stage::starting;
  std::vector<Check> ready_, idle_;
  std::vector<std::function<std::optional<base::Time>()>> due_;
};

}  // namespace chassis
