#include "mq/base/settings_source.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace base {
namespace {

class SettingsSourceTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    const auto file = std::filesystem::path(testing::TempDir()) / (std::to_string(::getpid()) + name);
    std::ofstream(file, std::ios::binary) << text;
    files_.push_back(file);
    return file;
  }
  void TearDown() override {
    for (const auto& file : files_) std::filesystem::remove(file);
  }
  static std::string values(const Source& source, const std::string& key) {
    std::string all;
    for (const auto& given : source.given) {
      if (given.key != key) continue;
      for (const auto& value : given.values) all += "[" + value + "]";
    }
    return all;
  }
  std::vector<std::filesystem::path> files_;
};

TEST_F(SettingsSourceTest, TomlValuesHaveTheirTableAndLine) {
  const auto file =
      write("a.toml", "top = 1\n\n[http]\nport = 8080\nips = [\"a\", \"b\"]\n[log]\njson = true\n");
  const auto source = read_toml(file);
  EXPECT_TRUE(source.errors.empty());
  EXPECT_EQ(values(source, "top"), "[1]");
  EXPECT_EQ(values(source, "http.port"), "[8080]");
  EXPECT_EQ(values(source, "http.ips"), "[a][b]");
  EXPECT_EQ(values(source, "log.json"), "[true]");
  ASSERT_EQ(source.given.size(), 4u);
  EXPECT_EQ(source.given[1].origin, file.string() + ":4");
}

TEST_F(SettingsSourceTest, BrokenTomlNamesTheLine) {
  const auto file = write("b.toml", "[http]\nport = = 1\n");
  const auto source = read_toml(file);
  ASSERT_EQ(source.errors.size(), 1u);
  EXPECT_TRUE(source.errors[0].starts_with(file.string() + ":2: not TOML: ")) << source.errors[0];
}

TEST_F(SettingsSourceTest, AFileThatIsNotThereOrIsAFolderIsAnError) {
  EXPECT_EQ(read_toml("/nonexistent/x.toml").errors,
            std::vector<std::string>{"/nonexistent/x.toml: cannot be read: No such file or directory"});
  EXPECT_EQ(read_properties("/").errors, std::vector<std::string>{"/: is a directory, not a file"});
}

TEST_F(SettingsSourceTest, AnEmptyFileSaysNothing) {
  const auto source = read_toml(write("e.toml", ""));
  EXPECT_TRUE(source.errors.empty());
  EXPECT_TRUE(source.given.empty());
}

TEST_F(SettingsSourceTest, PropertiesAreKeyEqualsValueLines) {
  const auto file =
      write("broker.conf",
            "# comment\n! another\r\n\n  brokerName = broker-a \r\nlistenPort=10911\nnamesrvAddr=a:1;b:2\n"
            "empty=\nnonsense\n=5\nurl=http://x/?a=b\n");
  const auto source = read_properties(file);
  EXPECT_EQ(values(source, "brokerName"), "[broker-a]");
  EXPECT_EQ(values(source, "listenPort"), "[10911]");
  EXPECT_EQ(values(source, "namesrvAddr"), "[a:1;b:2]");
  EXPECT_EQ(values(source, "empty"), "[]");
  EXPECT_EQ(values(source, "url"), "[http://x/?a=b]");
  EXPECT_EQ(source.errors, (std::vector<std::string>{file.string() + ":8: 'nonsense' is not key=value",
                                                     file.string() + ":9: '=5' is not key=value"}));
}

class FlagsTest : public testing::Test {
 protected:
  FlagsTest() {
    add("http.port", &port_, {"--http-port", "-p"});
    add("log.json", &json_, {"--log-json"});
    add("servers", &servers_, {"--servers"});
  }
  void add(const std::string& name, Settings::Target target, std::vector<std::string> flags) {
    Settings::Entry entry{.name = name, .target = target, .help = ""};
    entry.flags = std::move(flags);
    entries_.push_back(std::move(entry));
  }
  // "key=[v1][v2]" for each flag, then "!error" for each error.
  std::string read(std::vector<const char*> words) {
    words.insert(words.begin(), "program");
    const auto source = read_flags(entries_, static_cast<int>(words.size()), words.data());
    std::string all;
    for (const auto& given : source.given) {
      all += given.key + "=";
      for (const auto& value : given.values) all += "[" + value + "]";
      all += " ";
    }
    for (const auto& error : source.errors) all += "!" + error;
    return all;
  }

  std::uint16_t port_ = 0;
  bool json_ = false;
  std::vector<std::string> servers_;
  std::vector<Settings::Entry> entries_;
};

TEST_F(FlagsTest, AFlagTakesItsValueInEverySpelling) {
  EXPECT_EQ(read({"--http-port", "80"}), "http.port=[80] ");
  EXPECT_EQ(read({"--http-port=80"}), "http.port=[80] ");
  EXPECT_EQ(read({"-p", "80"}), "http.port=[80] ");
  EXPECT_EQ(read({"-p80"}), "http.port=[80] ");
  EXPECT_EQ(read({"--http-port", "-5"}), "http.port=[-5] ");
}

TEST_F(FlagsTest, TheLastOfSeveralWinsAndListsGrow) {
  EXPECT_EQ(read({"-p", "80", "-p", "81"}), "http.port=[81] ");
  EXPECT_EQ(read({"--servers", "a:1,b:2", "--servers", "c:3"}), "servers=[a:1,b:2][c:3] ");
}

TEST_F(FlagsTest, ASwitchNeedsNoValueAndTakesOne) {
  EXPECT_EQ(read({"--log-json"}), "log.json=[true] ");
  EXPECT_EQ(read({"--log-json=false"}), "log.json=[false] ");
  EXPECT_EQ(read({"--log-json", "--http-port", "1"}), "http.port=[1] log.json=[true] ");
  EXPECT_EQ(read({"--log-json", "false"}), "log.json=[true] !unexpected argument 'false'; see --help");
}

TEST_F(FlagsTest, EveryUnknownFlagIsReportedWithTheNearest) {
  EXPECT_EQ(read({"--http-prot", "80", "--log-json", "--xyzzy=1", "stray"}),
            "log.json=[true] !--http-prot: no such flag; did you mean --http-port?"
            "!--xyzzy: no such flag; see --help!unexpected argument 'stray'; see --help");
}

TEST_F(FlagsTest, AFlagWithoutItsValueIsAnError) {
  EXPECT_EQ(read({"--http-port"}), "!--http-port: needs a value");
}

TEST(SettingNamesTest, OneNameThreeSpellings) {
  EXPECT_EQ(environment_name("order-service", "http.read_max"), "ORDER_SERVICE_HTTP_READ_MAX");
  EXPECT_EQ(flag_name("http.read_max"), "--http-read-max");
}

}  // namespace
}  // namespace base
