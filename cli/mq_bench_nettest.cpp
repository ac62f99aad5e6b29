// `sluice mq bench` against a real sluice-mq: what it says, and what it leaves behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/mq_command_testing.hpp"

namespace cli {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using MqBench = MqCommand;

const std::vector<std::string> kShort{"bench", "--messages", "2000", "--seconds", "1", "--rate", "200"};

std::vector<std::string> short_bench(std::vector<std::string> more = {}) {
  more.insert(more.begin(), kShort.begin(), kShort.end());
  return more;
}

TEST_F(MqBench, SaysHowFastAndHowLateAndLeavesNothingBehind) {
  const auto said = json(short_bench());
  const auto& parts = said.at("parts").as_array();
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].at("part"), "produce");
  EXPECT_EQ(parts[1].at("part"), "consume");
  EXPECT_EQ(parts[2].at("part"), "end-to-end");
  for (const auto& part : parts) {
    EXPECT_GT(part.at("messages").to_number<double>(), 0);
    EXPECT_EQ(part.at("refused").to_number<int>(), 0);
  }
  EXPECT_GT(parts[2].at("p50_us").to_number<double>(), 0);
  EXPECT_EQ(said.at("missing").to_number<int>(), 0);
  EXPECT_THAT(mq({"topics", "--all"}), Not(HasSubstr("sluice-bench")));
  EXPECT_THAT(mq({"groups"}), Not(HasSubstr("sluice-bench")));
}

TEST_F(MqBench, ForPeopleThereIsATable) {
  EXPECT_THAT(mq(short_bench()),
              AllOf(StartsWith("exit code 0"), HasSubstr("MESSAGES/S"), HasSubstr("consume")));
}

TEST_F(MqBench, ATopicOfSomebodyElseIsLeftAlone) {
  send({message("sluice-bench", "an order")});
  EXPECT_THAT(mq(short_bench()), AllOf(StartsWith("exit code 1"), HasSubstr("left alone")));
  EXPECT_THAT(mq({"topics"}), HasSubstr("sluice-bench"));
  EXPECT_THAT(mq(short_bench({"--topic", "another"})), StartsWith("exit code 0"));
  EXPECT_THAT(mq({"topics"}), AllOf(HasSubstr("sluice-bench"), Not(HasSubstr("another"))));
}

TEST_F(MqBench, AnEmptyTopicOfSomebodyElseIsLeftAloneToo) {
  EXPECT_THAT(mq({"topic", "create", "sluice-bench"}), StartsWith("exit code 0"));
  EXPECT_THAT(mq(short_bench()), AllOf(StartsWith("exit code 1"), HasSubstr("left alone")));
  EXPECT_THAT(mq({"topics"}), HasSubstr("sluice-bench"));
}

TEST_F(MqBench, WhatAKilledBenchLeftIsClearedAway) {
  send({message("sluice-bench", "sluice-stamp=1700000000123456789xxx")});
  EXPECT_THAT(mq(short_bench()), StartsWith("exit code 0"));
  EXPECT_THAT(mq({"topics"}), Not(HasSubstr("sluice-bench")));
}

TEST_F(MqBench, AnInterruptedOneClearsUpBeforeItEnds) {
  Command command;
  command.program = std::filesystem::path(SLUICE_BIN) / "sluice";
  command.arguments = {"mq",         "bench",    "--seconds",     "60",
                       "--messages", "10000000", "--name-server", name_server_};
  const auto running = identify(spawn(command));
  ASSERT_TRUE(running);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (mq({"topics"}).find("sluice-bench") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  EXPECT_TRUE(end_process(*running, SIGINT, std::chrono::seconds(20))) << "without being killed";
  EXPECT_THAT(mq({"topics"}), Not(HasSubstr("sluice-bench")));
}

TEST_F(MqBench, OnAScratchBrokerOfItsOwnTheRunningOneSeesNothing) {
  EXPECT_THAT(mq(short_bench({"--scratch"})), AllOf(StartsWith("exit code 0"), HasSubstr("end-to-end")));
}

TEST_F(MqBench, WhatItCannotDoItSays) {
  EXPECT_THAT(mq(short_bench({"--tls"})), Not(StartsWith("exit code 0")));
  EXPECT_THAT(mq(short_bench({"--broker", "nobody"})),
              AllOf(StartsWith("exit code 1"), HasSubstr("there is no broker nobody")));
  EXPECT_THAT(mq({"topics"}), Not(HasSubstr("sluice-bench")));
  EXPECT_THAT(mq({"bench", "--rate", "0"}), StartsWith("exit code 2"));
  EXPECT_THAT(mq({"bench", "--size", "3"}), StartsWith("exit code 2"));
}

}  // namespace
}  // namespace cli
