// sluice-mq for one run of somebody's tests.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "mq/apps/process_testing.hpp"
#include "mq/broker/testing_client.hpp"

namespace mq::apps {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using broker::testing::TestClient;
using testing::port_of;
using testing::Process;
namespace response_code = protocol::response_code;

template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

std::string field(const std::string& line, const char* name) {
  return std::string(boost::json::parse(line).as_object().at(name).as_string());
}

class EphemeralTest : public ::testing::Test {
 protected:
  EphemeralTest() {
    std::string name = (fs::temp_directory_path() / "sluice-ephemeral-test-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    ::setenv("TMPDIR", folder_.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): there is one thread
  }
  ~EphemeralTest() override {
    ::unsetenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe)
    fs::remove_all(folder_);
  }
  [[nodiscard]] bool is_empty() const { return fs::is_empty(folder_); }

  fs::path folder_;
};

TEST_F(EphemeralTest, ItsDataGoesWithIt) {
  Process process({"--ephemeral", "--port", "0"});
  const auto line = process.first_line();
  ASSERT_FALSE(line.empty()) << process.errors();
  EXPECT_TRUE(field(line, "data").starts_with(folder_.string())) << line;
  TestClient client(port_of(line, "broker"));
  EXPECT_EQ(client.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  EXPECT_FALSE(is_empty());
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
  EXPECT_EQ(process.errors(), "") << "nobody has to be warned of what was asked for";
  EXPECT_TRUE(is_empty());
}

TEST_F(EphemeralTest, ItEndsWithWhoStartedIt) {
  const auto ready = folder_ / "ready.json";
  const auto script = std::string(SLUICE_MQ_PROGRAM) + " --ephemeral --port 0 --ready-json " +
                      ready.string() + " & exec sleep 60";
  Process parent({"-c", script}, "/bin/sh");
  ASSERT_TRUE(eventually([&] { return fs::exists(ready); }));
  std::string line;
  std::getline(std::ifstream(ready) >> std::ws, line);
  const auto pid = static_cast<pid_t>(boost::json::parse(line).as_object().at("pid").as_int64());
  ASSERT_EQ(::kill(pid, 0), 0);
  parent.signal(SIGKILL);
  parent.wait();
  EXPECT_TRUE(eventually([&] { return ::kill(pid, 0) != 0; }));
  EXPECT_FALSE(fs::exists(field(line, "data")));
}

TEST_F(EphemeralTest, WhatAKilledRunLeftIsSweptByTheNext) {
  {
    Process process({"--ephemeral", "--port", "0"});
    ASSERT_FALSE(process.first_line().empty()) << process.errors();
    process.signal(SIGKILL);
    process.wait();
  }
  EXPECT_FALSE(is_empty());
  const std::vector<std::string> of_others{
      "sluice-mq-ephemeral.of-somebody", "sluice-mq.99999999.abcdef", "sluice-mq-ephemeral.99999999.tar.gz",
      "sluice-mq-ephemeral.99999999", "sluice-mq-ephemeral.99999999x.abcdef"};
  for (const auto& name : of_others) fs::create_directory(folder_ / name);
  const auto in_use =
      folder_ / "sluice-mq-ephemeral.99999999.abcdef";  // of a process that has this pid elsewhere
  fs::create_directory(in_use);
  const int lock = ::open(in_use.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  Process process({"--ephemeral", "--port", "0"});
  ASSERT_FALSE(process.first_line().empty()) << process.errors();
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
  ::close(lock);
  for (const auto& name : of_others) EXPECT_TRUE(fs::remove(folder_ / name)) << name;
  EXPECT_TRUE(fs::remove(in_use));
  EXPECT_TRUE(is_empty());
}

TEST_F(EphemeralTest, ADataDirectoryThatIsNamedIsNotRemovedButRefused) {
  Process process({"--ephemeral", "--port", "0", "--data", (folder_ / "mine").string()});
  EXPECT_NE(process.errors().find("leave out data"), std::string::npos);
  EXPECT_EQ(process.wait(), 2);
}

TEST_F(EphemeralTest, AFullDiskIsSaidBeforeAnyoneReadsHalfAReadyFile) {
  fs::create_symlink("/dev/full", folder_ / "ready.tmp");
  Process process({"--ephemeral", "--port", "0", "--ready-json", (folder_ / "ready").string()});
  EXPECT_NE(process.errors().find("No space left"), std::string::npos);
  EXPECT_EQ(process.wait(), 1);
  EXPECT_FALSE(fs::exists(folder_ / "ready"));
}

TEST_F(EphemeralTest, WhatCannotBeWrittenIsSaid) {
  Process process({"--ephemeral", "--port", "0", "--ready-json", "/no/such/folder/ready.json"});
  EXPECT_NE(process.errors().find("/no/such/folder/ready.json"), std::string::npos);
  EXPECT_EQ(process.wait(), 1);
  ::setenv("TMPDIR", "/no/such/folder", 1);  // NOLINT(concurrency-mt-unsafe)
  Process nowhere({"--ephemeral", "--port", "0"});
  EXPECT_NE(nowhere.errors().find("TMPDIR"), std::string::npos);
  EXPECT_EQ(nowhere.wait(), 1);
  EXPECT_TRUE(is_empty());
}

}  // namespace
}  // namespace mq::apps
