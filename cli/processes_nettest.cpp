// The table of processes and the programs are written apart; this holds them together.
#include <gtest/gtest.h>

#include "cli/child.hpp"
#include "cli/processes.hpp"

namespace cli {
namespace {
using namespace std::chrono_literals;

class Programs : public testing::TestWithParam<ProcessSpec> {};

SystemSettings defaults() {
  SystemSettings system;
  system.dir = "/srv/sluice";
  return system;
}

Finished check_config(const ProcessSpec& spec, const std::vector<std::string>& more) {
  Command command;
  command.program = std::filesystem::path(SLUICE_BIN) / spec.name;
  command.arguments = spec.arguments;
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
  return run_to_end(command, 60s);
}

TEST_P(Programs, TakeTheArgumentsTheyAreGiven) {
  const auto finished = check_config(GetParam(), {"--check-config"});
  EXPECT_TRUE(finished.succeeded()) << finished.output;
}

// The control: an argument that is not theirs is refused, so the test above would see a wrong one.
TEST_P(Programs, RefuseAnArgumentThatIsNotTheirs) {
  EXPECT_FALSE(check_config(GetParam(), {"--no-such-setting=1", "--check-config"}).succeeded());
}

INSTANTIATE_TEST_SUITE_P(Table, Programs, testing::ValuesIn(processes(defaults(), Layout{"/srv/sluice"})),
                         [](const auto& info) { return role_of(info.param.name); });

}  // namespace
}  // namespace cli
