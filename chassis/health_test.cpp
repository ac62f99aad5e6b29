#include "chassis/health.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace chassis {
namespace {

TEST(HealthTest, NotReadyBeforeAndAfterRunning) {
  Health health;
  EXPECT_EQ(health.readyz().status, 503);
  EXPECT_EQ(health.readyz().body, R"({"ready":false,"problems":[{"name":"process","problem":"starting"}]})");
  health.enter(Health::Stage::running);
  EXPECT_EQ(health.readyz().status, 200);
  EXPECT_EQ(health.readyz().body, R"({"ready":true,"problems":[]})");
  health.enter(Health::Stage::stopping);
  EXPECT_EQ(health.readyz().status, 503);
}

TEST(HealthTest, EveryProblemIsNamed) {
  Health health;
  health.enter(Health::Stage::running);
  std::string database = "it does not answer";
  health.ready_when({"database", [&] { return database; }});
  health.ready_when({"disk", [] { return std::string("full"); }});
  EXPECT_EQ(health.readyz().body,
            R"({"ready":false,"problems":[{"name":"database","problem":"it does not answer"},)"
            R"({"name":"disk","problem":"full"}]})");
  EXPECT_EQ(health.problems(), (std::vector<std::string>{"database: it does not answer", "disk: full"}));
  database.clear();
  EXPECT_EQ(health.problems(), std::vector<std::string>{"disk: full"});
}

TEST(HealthTest, ACheckThatThrowsIsAProblem) {
  Health health;
  health.ready_when({"odd", []() -> std::string { throw std::runtime_error("boom"); }});
  EXPECT_EQ(health.problems(), std::vector<std::string>{"odd: the check failed: boom"});
}

TEST(HealthTest, DueTellsWhatIsBusyAndWhatComesNext) {
  Health health;
  health.enter(Health::Stage::running);
  EXPECT_EQ(health.due(base::from_millis(5)).body,
            R"({"idle":true,"busy":[],"next_due_ms":null,"now_ms":5})");
  health.idle_when({"outbox", [] { return std::string("3 unsent"); }});
  health.next_due([] { return std::optional(base::from_millis(900)); });
  health.next_due([] { return std::optional(base::from_millis(700)); });
  health.next_due([] { return std::optional<base::Time>(); });
  EXPECT_EQ(health.due(base::from_millis(5)).body,
            R"({"idle":false,"busy":["outbox: 3 unsent"],"next_due_ms":700,"now_ms":5})");
}

TEST(HealthTest, AStartingProcessIsBusy) {
  const Health health;
  EXPECT_NE(health.due(base::from_millis(0)).body.find("\"idle\":false"), std::string::npos);
}

TEST(HealthTest, ForgottenChecksAreNotAsked) {
  Health health;
  health.enter(Health::Stage::running);
  health.ready_when({"gone", []() -> std::string { throw std::logic_error("looked at what is gone"); }});
  health.forget();
  EXPECT_EQ(health.readyz().status, 200);
}

}  // namespace
}  // namespace chassis
