#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chassis/service.hpp"

namespace chassis {
namespace {
using testing::HasSubstr;

class ServiceSettingsTest : public testing::Test {
 protected:
  std::optional<int> parse(std::vector<const char*> flags) {
    base::Settings settings("demo", "A service.");
    add_settings(settings, service_);
    add_settings(settings, database_);
    add_settings(settings, client_);
    add_settings(settings, "api", api_, service_);
    flags.insert(flags.begin(), "demo");
    testing::internal::CaptureStderr();
    const auto exit = settings.parse(static_cast<int>(flags.size()), flags.data());
    errors_ = testing::internal::GetCapturedStderr();
    return exit;
  }
  ServiceConfig service_;
  DatabaseOptions database_;
  mq::client::ClientOptions client_;
  mq::net::HttpServerOptions api_;
  std::string errors_;
};

TEST_F(ServiceSettingsTest, DefaultsAreGood) { EXPECT_EQ(parse({}), std::nullopt) << errors_; }

TEST_F(ServiceSettingsTest, ValuesReachTheirStructs) {
  EXPECT_EQ(
      parse({"--api-port", "8080", "--database-connections=8", "--mq-name-servers", "a:1,b:2", "--test-clock",
             "/x/clock", "--stop-grace", "3s", "--log-json", "--log-file-size-max", "1MiB"}),
      std::nullopt)
      << errors_;
  EXPECT_EQ(api_.port, 8080);
  EXPECT_EQ(database_.connections, 8u);
  EXPECT_EQ(client_.name_servers.size(), 2u);
  EXPECT_EQ(service_.test_clock, "/x/clock");
  EXPECT_EQ(service_.stop_grace, std::chrono::seconds{3});
  EXPECT_TRUE(service_.log.json);
}

TEST_F(ServiceSettingsTest, NoListenerLeavesLoopbackByAccident) {
  EXPECT_EQ(parse({"--api-ip", "0.0.0.0"}), 2);
  EXPECT_THAT(errors_, HasSubstr("api.ip: 0.0.0.0 can be reached from outside"));
  EXPECT_EQ(parse({"--api-ip", "0.0.0.0", "--insecure-public"}), std::nullopt);
}

TEST_F(ServiceSettingsTest, AnAddressMustBeOne) {
  EXPECT_EQ(parse({"--ip", "localhost"}), 2);
  EXPECT_THAT(errors_, HasSubstr("ip: 'localhost' is not an IP address"));
}

TEST_F(ServiceSettingsTest, ThePasswordStaysOutOfTheCommandLine) {
  EXPECT_EQ(parse({"--database-dsn", "host=/x password=hunter2"}), 2);
  EXPECT_THAT(errors_, HasSubstr("database.password_file"));
  EXPECT_EQ(errors_.find("hunter2"), std::string::npos);
}

// To PostgreSQL a limit of zero is none.
TEST_F(ServiceSettingsTest, EveryWaitForTheDatabaseHasALimit) {
  for (const auto* flag :
       {"--database-statement-timeout", "--database-lock-timeout", "--database-connect-timeout",
        "--database-queue-timeout", "--database-waiting-max"})
    EXPECT_EQ(parse({flag, "0"}), 2) << flag;
}

TEST_F(ServiceSettingsTest, NonsenseIsRefused) {
  EXPECT_EQ(parse({"--log-level", "loud"}), 2);
  EXPECT_THAT(errors_, HasSubstr("'loud' is not one of trace, debug, info, warn and error"));
}

}  // namespace
}  // namespace chassis
