#include "cli/run_state.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/scratch_folder_testing.hpp"

namespace cli {
namespace {

RunState sample() {
  RunState state;
  state.name_server = "127.0.0.1:9876";
  state.processes.push_back({"order-service", "ready", 4711, 2, {{"admin", "http://127.0.0.1:8102"}}});
  state.processes.push_back({"postgres", "ready", 4712, 0, {}});
  return state;
}

class RunStateTest : public testing::Test {
 protected:
  void SetUp() override { make_folders(layout_); }
  ScratchFolder folder_;
  Layout layout_{folder_.path()};
};

TEST_F(RunStateTest, WhatTheSupervisorWritesTheOthersRead) {
  write_pid_file(layout_.pid_of("sluice"), *identify(::getpid()));
  write_run_state(layout_, sample());
  const auto state = read_run_state(layout_);
  EXPECT_EQ(state.name_server, "127.0.0.1:9876");
  ASSERT_EQ(state.processes.size(), 2U);
  EXPECT_EQ(state.processes[0].restarts, 2);
  EXPECT_EQ(state.endpoint("order-service", "admin"), "http://127.0.0.1:8102");
  EXPECT_EQ(state.endpoint("order-service", "api"), "");
  EXPECT_EQ(state.endpoint("nobody", "admin"), "");
  EXPECT_EQ(RunState::admin_of(state.processes[0]), "http://127.0.0.1:8102");
  EXPECT_EQ(RunState::admin_of(state.processes[1]), "");
  const RunState::Process queue{"sluice-mq", "ready", 1, 0, {{"metrics", "http://127.0.0.1:8100/metrics"}}};
  EXPECT_EQ(RunState::admin_of(queue), "http://127.0.0.1:8100");
}

TEST_F(RunStateTest, AStateWithoutASupervisorIsStale) {
  write_run_state(layout_, sample());
  EXPECT_THROW(read_run_state(layout_), std::runtime_error);
  auto dead = *identify(::getpid());
  dead.started += 1;
  write_pid_file(layout_.pid_of("sluice"), dead);
  EXPECT_THROW(read_run_state(layout_), std::runtime_error);
}

}  // namespace
}  // namespace cli
