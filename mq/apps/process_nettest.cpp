#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "mq/apps/process_testing.hpp"
#include "mq/broker/testing_client.hpp"

// The program sluice-mq as its users meet it: a process, a directory, one line of JSON, signals.
namespace mq::apps {
namespace {

using broker::testing::bodies_of;
using broker::testing::TestClient;
using testing::port_of;
using testing::Process;
namespace response_code = protocol::response_code;

class ProcessTest : public ::testing::Test {
 protected:
  ProcessTest() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-mq-XXXXXX").string();
    data_ = ::mkdtemp(name.data());
  }
  ~ProcessTest() override { std::filesystem::remove_all(data_); }
  [[nodiscard]] std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{
        "--port", "0", "--data", data_, "--segment-size", "16MiB", "--segment-reserve", "0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string data_;
};

TEST_F(ProcessTest, ItSaysWhereItIsServesAndStopsCleanlyAndLosesNothing) {
  for (int round = 0; round < 2; ++round) {
    Process process(arguments());
    const auto line = process.first_line();
    ASSERT_FALSE(line.empty()) << process.errors();
    EXPECT_EQ(port_of(line, "vip"), port_of(line, "broker") - 2);
    {
      TestClient client(port_of(line, "vip"));
      const auto sent = client.send({.topic = "T", .body = std::to_string(round)});
      ASSERT_EQ(sent.code, response_code::kSuccess) << sent.remark;
      EXPECT_EQ(bodies_of(client.pull("g", "T", 0, round).body), (std::vector{std::to_string(round)}));
    }
    process.signal(round == 0 ? SIGTERM : SIGINT);
    EXPECT_EQ(process.wait(), 0);
  }
}

TEST_F(ProcessTest, AfterKillNineWhatWasAnsweredIsThere) {
  {
    Process process(arguments());
    const auto line = process.first_line();
    ASSERT_FALSE(line.empty()) << process.errors();
    TestClient client(port_of(line, "broker"));
    for (int i = 0; i < 100; ++i) ASSERT_EQ(client.send({.topic = "T", .body = std::to_string(i)}).code, 0);
    process.signal(SIGKILL);
    EXPECT_EQ(process.wait(), -SIGKILL);
  }
  Process process(arguments());
  const auto line = process.first_line();
  ASSERT_FALSE(line.empty()) << process.errors();
  TestClient client(port_of(line, "broker"));
  std::size_t count = 0;
  while (count < 100) {
    const auto bodies = bodies_of(client.pull("g", "T", 0, static_cast<std::int64_t>(count)).body);
    ASSERT_FALSE(bodies.empty());
    for (const auto& body : bodies) EXPECT_EQ(body, std::to_string(count++));
  }
}

// An offset of the old topic would have the group pass over the first messages of the new one.
TEST_F(ProcessTest, ADeletedTopicTakesItsOffsetsAlongAlsoWhenTheBrokerIsKilledRightAfterItsAnswer) {
  {
    Process process(arguments());
    const auto line = process.first_line();
    ASSERT_FALSE(line.empty()) << process.errors();
    TestClient client(port_of(line, "broker"));
    const auto commit = [&](const std::string& group, const std::string& topic) {
      protocol::UpdateConsumerOffsetRequest update;
      update.consumer_group = group;
      update.topic = topic;
      update.commit_offset = 1;
      ASSERT_EQ(client.call(update).code, response_code::kSuccess);
    };
    for (const auto* topic : {"T", "U"}) ASSERT_EQ(client.send({.topic = topic, .body = "x"}).code, 0);
    for (const auto* known : {"g", "h", "other"}) client.heartbeat("c", known, {{"T", "*"}});
    commit("g", "T");
    commit("h", "U");
    std::this_thread::sleep_for(std::chrono::milliseconds(600));  // they are on the disk
    commit("other", "T");  // written at once, and then nothing for half a second
    protocol::DeleteTopicRequest topic;
    topic.topic = "T";
    ASSERT_EQ(client.call(topic).code, response_code::kSuccess);
    protocol::DeleteSubscriptionGroupRequest group;
    group.group = "h";
    group.clean_offset = true;
    ASSERT_EQ(client.call(group).code, response_code::kSuccess);
    process.signal(SIGKILL);
    EXPECT_EQ(process.wait(), -SIGKILL);
  }
  Process process(arguments());
  const auto line = process.first_line();
  ASSERT_FALSE(line.empty()) << process.errors();
  TestClient client(port_of(line, "broker"));
  protocol::QueryConsumerOffsetRequest ask;
  ask.set_zero_if_not_found = false;
  ask.consumer_group = "g";
  ask.topic = "T";
  EXPECT_EQ(client.call(ask).code, response_code::kQueryNotFound) << "of the topic";
  ask.consumer_group = "h";
  ask.topic = "U";
  EXPECT_EQ(client.call(ask).code, response_code::kQueryNotFound) << "of the group";
}

TEST_F(ProcessTest, ADataDirectoryInUseIsRefusedInOneSentence) {
  Process first(arguments());
  ASSERT_FALSE(first.first_line().empty());
  Process second(arguments());
  EXPECT_EQ(second.first_line(), "");
  const auto errors = second.errors();
  EXPECT_NE(errors.find(data_), std::string::npos) << errors;
  EXPECT_NE(second.wait(), 0);
}

TEST_F(ProcessTest, ABusyPortIsRefusedInOneSentenceThatNamesItAndTheWayOut) {
  Process first(arguments());
  const auto line = first.first_line();
  ASSERT_FALSE(line.empty());
  const auto busy = std::to_string(port_of(line, "broker"));
  Process second({"--data", data_ + "/other", "--port", busy, "--namesrv-port", "0", "--metrics-port", "0"});
  const auto errors = second.errors();
  EXPECT_NE(errors.find(busy), std::string::npos) << errors;
  EXPECT_NE(errors.find("--port"), std::string::npos) << errors;
  EXPECT_NE(second.wait(), 0);
}

TEST_F(ProcessTest, APublicAddressNeedsToBeAskedForAndTheErrorSaysHow) {
  Process process(arguments({"--ip", "0.0.0.0"}));
  const auto errors = process.errors();
  EXPECT_NE(errors.find("insecure-public"), std::string::npos) << errors;
  EXPECT_NE(process.wait(), 0);
}

TEST_F(ProcessTest, AsyncFlushSaysWhatAPowerCutCanTake) {
  Process process(arguments({"--flush", "async"}));
  ASSERT_FALSE(process.first_line().empty());
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
  EXPECT_NE(process.errors().find("500 ms"), std::string::npos);
}

TEST_F(ProcessTest, ADirectoryThatMayNotBeWrittenIsNamed) {
  Process process({"--port", "0", "--data", "/proc/nothing/here"});
  const auto errors = process.errors();
  EXPECT_NE(errors.find("/proc/nothing"), std::string::npos) << errors;
  EXPECT_NE(process.wait(), 0);
}

}  // namespace
}  // namespace mq::apps
