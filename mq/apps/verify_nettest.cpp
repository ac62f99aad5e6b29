// sluice-mq --verify as its users meet it: an exit code and a verdict.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "mq/apps/process_testing.hpp"
#include "mq/broker/testing_client.hpp"

namespace mq::apps {
namespace {

using broker::testing::TestClient;
using ::testing::HasSubstr;
using testing::port_of;
using testing::Process;

class VerifyCommandTest : public ::testing::Test {
 protected:
  VerifyCommandTest() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-mq-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~VerifyCommandTest() override { std::filesystem::remove_all(folder_); }

  // A broker that has stored something, running.
  std::unique_ptr<Process> start() {
    auto broker = std::make_unique<Process>(std::vector<std::string>{
        "--port", "0", "--data", data(), "--segment-size", "16MiB", "--segment-reserve", "0"});
    const auto line = broker->first_line();
    EXPECT_FALSE(line.empty()) << broker->errors();
    TestClient client(port_of(line, "broker"));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(client.send({.topic = "T", .body = "body"}).code, 0);
    return broker;
  }
  void run_and_stop() {
    const auto broker = start();
    broker->signal(SIGTERM);
    EXPECT_EQ(broker->wait(), 0);
  }
  [[nodiscard]] std::string data() const { return (std::filesystem::path(folder_) / "data").string(); }
  std::string folder_;
};

TEST_F(VerifyCommandTest, ASoundStoreEndsWithZero) {
  run_and_stop();
  Process verify({"--verify", data(), "--json"});
  const auto verdict = boost::json::parse(verify.first_line());
  EXPECT_TRUE(verdict.at("sound").as_bool()) << boost::json::serialize(verdict);
  EXPECT_EQ(verdict.at("messages"), 20);
  EXPECT_EQ(verify.wait(), 0);
}

TEST_F(VerifyCommandTest, ADamagedOneEndsWithOneAndNamesThePlace) {
  run_and_stop();
  const auto log = std::filesystem::path(data()) / "00000000000000000000.log";
  {
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('\x7f');
  }
  Process verify({"--verify", data()});
  EXPECT_THAT(verify.first_line(), HasSubstr("00000000000000000000.log, position 0"));
  EXPECT_EQ(verify.wait(), 1);
}

TEST_F(VerifyCommandTest, WhatCannotBeToldEndsWithTwo) {
  {
    const auto broker = start();
    Process verify({"--verify", data()});
    EXPECT_EQ(verify.wait(), 2);
    EXPECT_THAT(verify.errors(), HasSubstr("another process uses the data directory"));
  }
  for (const auto& words : {std::vector<std::string>{"--verify", folder_ + "/nowhere"},
                            {"--verify", folder_},
                            {"--verify"},
                            {"--verify", data(), "--port", "0"}}) {
    Process verify(words);
    EXPECT_EQ(verify.wait(), 2);
    EXPECT_THAT(verify.errors(), HasSubstr("sluice-mq: "));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/nowhere"));
}

}  // namespace
}  // namespace mq::apps
