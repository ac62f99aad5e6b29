#include "mq/base/settings.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace base {
namespace {
using namespace std::chrono_literals;

struct Config {
  std::string ip = "127.0.0.1";
  std::uint16_t port = 8080;
  std::chrono::milliseconds pay_within{24h};
  std::size_t body_max = std::size_t{1} << 20;
  std::vector<std::string> servers{"127.0.0.1:9876"};
  std::string token = "dev-token";
  bool json = false;
};

// Parses as the program "demo" with a file, an environment and flags.
class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    settings_.add("http.ip", config_.ip, "address of the API");
    settings_.add("http.port", config_.port, "port of the API; 0 takes a free one");
    settings_.add("http.body_max", config_.body_max, "largest request", Settings::Kind::size);
    settings_.add("pay_within", config_.pay_within, "how long an order waits for its money");
    settings_.add("mq.servers", &config_.servers, "name servers");
    settings_.add("auth.token", config_.token, "secret of the tokens", Settings::Kind::secret);
    settings_.add("log.json", config_.json, "one JSON object a line");
    settings_.alias("http.port", "-p");
    settings_.property_name("http.port", "listenPort");
    settings_.property_name("pay_within", "payHours", [](const std::string& hours) { return hours + "h"; });
    settings_.property_ignored("brokerRole", "one broker has no role");
    settings_.example("demo --http-port 0   # any free port");
    settings_.check(
        [this] { return config_.ip == "0.0.0.0" ? "http.ip: public needs --insecure-public" : ""; });
  }
  void TearDown() override {
    if (!file_.empty()) std::filesystem::remove(file_);
    for (const auto& name : environment_) ::unsetenv(name.c_str());
  }
  void file(const std::string& ending, const std::string& text) {
    file_ = std::filesystem::path(testing::TempDir()) / ("demo" + std::to_string(::getpid()) + ending);
    std::ofstream(file_) << text;
  }
  void environment(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    environment_.push_back(name);
  }
  std::optional<int> parse(std::vector<std::string> flags) {
    if (!file_.empty()) flags.insert(flags.begin(), {"--config", file_.string()});
    std::vector<const char*> argv{"demo"};
    for (const auto& flag : flags) argv.push_back(flag.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto exit = settings_.parse(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    errors_ = testing::internal::GetCapturedStderr();
    return exit;
  }

  Config config_;
  Settings settings_{"demo", "Shows what settings can do."};
  std::filesystem::path file_;
  std::vector<std::string> environment_;
  std::string out_, errors_;
};

TEST_F(SettingsTest, WithoutAnyWordTheDefaultsStand) {
  EXPECT_EQ(parse({}), std::nullopt);
  EXPECT_EQ(config_.port, 8080);
  EXPECT_EQ(config_.pay_within, 24h);
}

TEST_F(SettingsTest, TheFlagBeatsTheEnvironmentBeatsTheFileBeatsTheDefault) {
  file(".toml", "pay_within = \"1h\"\n[http]\nip = \"127.0.0.2\"\nport = 1\nbody_max = \"2MiB\"\n");
  environment("DEMO_HTTP_PORT", "2");
  environment("DEMO_HTTP_IP", "127.0.0.3");
  EXPECT_EQ(parse({"-p", "3"}), std::nullopt) << errors_;
  EXPECT_EQ(config_.port, 3);
  EXPECT_EQ(config_.ip, "127.0.0.3");
  EXPECT_EQ(config_.pay_within, 1h);
  EXPECT_EQ(config_.body_max, std::size_t{2} << 20);
  EXPECT_EQ(config_.servers, std::vector<std::string>{"127.0.0.1:9876"});
}

TEST_F(SettingsTest, AllErrorsComeAtOnceEachWithItsPlace) {
  file(".toml", "pay_within = 30\n[http]\nport = 70000\nprot = 1\nip = 5\n");
  environment("DEMO_LOG_JSON", "perhaps");
  EXPECT_EQ(parse({"--http-body-max", "huge", "--mq-sevrers", "x"}), 2);
  const std::string at = "demo: " + file_.string();
  EXPECT_EQ(errors_, at + ":1: pay_within: '30' is not a duration such as 500ms, 30s, 15m, 24h or 3d\n" + at +
                         ":3: http.port: 70000 is not between 0 and 65535\n" + at +
                         ":4: http.prot: no such setting; did you mean http.port?\n" + at +
                         ":5: http.ip: 5 is not text; put it in quotes\n" +
                         "demo: environment DEMO_LOG_JSON: 'perhaps' is neither true nor false\n"
                         "demo: --mq-sevrers: no such flag; did you mean --mq-servers?\n"
                         "demo: --http-body-max: 'huge' is not a size such as 512KiB, 64MiB or 2GiB\n");
  EXPECT_EQ(config_.port, 8080) << "a refused value changes nothing";
}

TEST_F(SettingsTest, RelationsAreCheckedWhenEveryValueIsGood) {
  EXPECT_EQ(parse({"--http-ip", "0.0.0.0"}), 2);
  EXPECT_EQ(errors_, "demo: http.ip: public needs --insecure-public\n");
}

TEST_F(SettingsTest, APropertyFileMayUseItsOwnKeysAndOurs) {
  file(".conf", "listenPort=10911\npayHours=72\nhttp.ip=127.0.0.9\nbrokerRole=ASYNC_MASTER\n");
  EXPECT_EQ(parse({}), std::nullopt) << errors_;
  EXPECT_EQ(config_.port, 10911);
  EXPECT_EQ(config_.pay_within, 72h);
  EXPECT_EQ(config_.ip, "127.0.0.9");
  EXPECT_EQ(errors_, "demo: " + file_.string() + ":4: brokerRole has no effect: one broker has no role\n");
}

TEST_F(SettingsTest, AnUnknownPropertyIsAnErrorToo) {
  file(".conf", "listenProt=1\n");
  EXPECT_EQ(parse({}), 2);
  EXPECT_EQ(errors_,
            "demo: " + file_.string() + ":1: listenProt: no such setting; did you mean listenPort?\n");
}

TEST_F(SettingsTest, TheEnvironmentMayNameTheFile) {
  file(".toml", "[http]\nport = 4\n");
  environment("DEMO_CONFIG", file_.string());
  file_.clear();
  EXPECT_EQ(parse({}), std::nullopt) << errors_;
  EXPECT_EQ(config_.port, 4);
  std::filesystem::remove(environment_.empty() ? "" : std::getenv("DEMO_CONFIG"));
}

TEST_F(SettingsTest, PrintedSettingsSayWhereTheyCameFromAndHideSecrets) {
  file(".toml", "[http]\nport = 9\n");
  environment("DEMO_AUTH_TOKEN", "hunter2");
  EXPECT_EQ(parse({"--print-config", "--log-json"}), 0);
  EXPECT_NE(out_.find("port = 9  # " + file_.string() + ":2\n"), std::string::npos) << out_;
  EXPECT_NE(out_.find("pay_within = \"1d\"  # default\n"), std::string::npos) << out_;
  EXPECT_NE(out_.find("json = true  # --log-json\n"), std::string::npos) << out_;
  EXPECT_NE(out_.find("# token = \"***\"  # environment DEMO_AUTH_TOKEN\n"), std::string::npos) << out_;
  EXPECT_EQ(out_.find("hunter2"), std::string::npos);
}

TEST_F(SettingsTest, WhatIsPrintedIsAFileWithTheSameSettings) {
  ASSERT_EQ(parse({"--print-config", "-p", "7", "--pay-within", "90s", "--mq-servers", "a:1,b:2"}), 0);
  file(".toml", out_);
  config_ = Config{};
  EXPECT_EQ(parse({}), std::nullopt) << errors_;
  EXPECT_EQ(config_.port, 7);
  EXPECT_EQ(config_.pay_within, 90s);
  EXPECT_EQ(config_.servers, (std::vector<std::string>{"a:1", "b:2"}));
}

TEST_F(SettingsTest, CheckConfigOnlyChecks) {
  EXPECT_EQ(parse({"--check-config"}), 0);
  EXPECT_EQ(parse({"--check-config", "-p", "x"}), 2);
  EXPECT_EQ(errors_, "demo: --http-port: 'x' is not a whole number\n");
}

TEST_F(SettingsTest, HelpTeaches) {
  EXPECT_EQ(parse({"--help"}), 0);
  for (const auto* part :
       {"Shows what settings can do.", "Examples:", "demo --http-port 0", "--http-port, -p NUMBER", "[8080]",
        "--pay-within DURATION", "[1d]", "DEMO_HTTP_", "--print-config", "--check-config", "--version"}) {
    EXPECT_NE(out_.find(part), std::string::npos) << part << " in\n" << out_;
  }
  EXPECT_EQ(out_.find("dev-token"), std::string::npos) << "a default secret is a secret";
}

TEST_F(SettingsTest, HelpAndVersionWorkBesideErrors) {
  EXPECT_EQ(parse({"-h", "--nonsense"}), 0);
  EXPECT_EQ(parse({"--version"}), 0);
  EXPECT_EQ(out_, "demo 0.1.0\n");
}

}  // namespace
}  // namespace base
