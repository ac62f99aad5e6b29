#include "cli/processes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace cli {
namespace {
using testing::HasSubstr;

SystemSettings defaults() {
  SystemSettings system;
  system.dir = "/srv/sluice";
  return system;
}
const Layout kLayout{"/srv/sluice"};

TEST(Processes, StartWithTheQueueAndTheThirdParties) {
  std::vector<std::string> names;
  for (const auto& process : processes(defaults(), kLayout)) names.push_back(process.name);
  EXPECT_THAT(names, testing::ElementsAre("sluice-mq", "sandbox", "order-service", "coupon-service",
                                          "push-service", "warehouse-service"));
}

TEST(Processes, NoTwoListenersShareAPortByDefault) {
  std::set<std::uint16_t> ports;
  for (const auto& listener : all_listeners(defaults(), kLayout)) {
    EXPECT_TRUE(ports.insert(listener.port).second) << listener.what << " " << listener.port;
    EXPECT_GE(listener.port, 1024) << listener.what;
    EXPECT_LT(listener.port, 32768) << listener.what << ": the kernel may hand it to anyone";
  }
}

TEST(Processes, TwoListenersOnOnePortAreNamed) {
  auto system = defaults();
  EXPECT_EQ(port_conflict(system), "");
  system.ports.order_api = system.ports.sandbox;
  EXPECT_THAT(port_conflict(system), HasSubstr("ports.sandbox"));
  EXPECT_THAT(port_conflict(system), HasSubstr("ports.order_api"));
}

TEST(Processes, OwnLogsAndOneClockForAll) {
  for (const auto& process : processes(defaults(), kLayout)) {
    EXPECT_THAT(process.arguments, testing::Contains("--test-clock=/srv/sluice/clock")) << process.name;
    EXPECT_THAT(process.arguments, testing::Contains("--log-file=/srv/sluice/log/" + process.name + ".log"));
  }
}

TEST(Processes, EveryDatabaseServiceHasItsOwnRoleAndNoPasswordOnItsCommandLine) {
  std::set<std::string> roles;
  for (const auto& name : database_services()) EXPECT_TRUE(roles.insert(role_of(name)).second);
  for (const auto& process : processes(defaults(), kLayout)) {
    for (const auto& argument : process.arguments)
      EXPECT_THAT(argument, testing::Not(HasSubstr("password=")));
  }
}

}  // namespace
}  // namespace cli
