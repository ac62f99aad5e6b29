#include "cli/identity.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace cli {
namespace {
using namespace std::chrono_literals;

constexpr std::string_view kStat =
    "4711 (a (bad) name) S 1 4711 4711 0 -1 4194560 100 0 0 0 5 6 0 0 20 0 1 0 987654 1000 200 "
    "18446744073709551615";

class PidFile : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / (std::to_string(::getpid()) + test->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST(Identity, StartTimeIsReadBehindANameWithBlanksAndParentheses) {
  EXPECT_EQ(start_time_of(kStat), 987654U);
}

TEST(Identity, BrokenLinesGiveNothing) {
  EXPECT_EQ(start_time_of(""), std::nullopt);
  EXPECT_EQ(start_time_of("4711 (name"), std::nullopt);
  EXPECT_EQ(start_time_of("4711 (name) S 1 2 3"), std::nullopt);
  EXPECT_EQ(start_time_of("4711 (n) S 1 1 1 0 -1 1 1 0 0 0 5 6 0 0 20 0 1 0 what 1"), std::nullopt);
}

TEST(Identity, AProcessKnowsItself) {
  const auto self = identify(::getpid());
  ASSERT_TRUE(self);
  EXPECT_TRUE(is_alive(*self));
}

TEST(Identity, APidThatIsUsedAgainIsAnotherProcess) {
  auto other = *identify(::getpid());
  other.started += 1;
  EXPECT_FALSE(is_alive(other));
  EXPECT_TRUE(end_process(other, SIGKILL, 0ms));  // and we live to tell
}

TEST(Identity, AZombieIsNotAlive) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(identify(child), std::nullopt);
  ::waitpid(child, nullptr, 0);
}

TEST(Identity, AProcessThatIgnoresTheSignalIsKilled) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGTERM, SIG_IGN);
    for (;;) ::pause();
  }
  const auto identity = identify(child);
  ASSERT_TRUE(identity);
  while (true) {  // until the child ignores the signal
    std::ifstream status("/proc/" + std::to_string(child) + "/status");
    std::string line;
    while (std::getline(status, line) && !line.starts_with("SigIgn:")) {
    }
    if (line.ends_with("4000")) break;
  }
  EXPECT_FALSE(end_process(*identity, SIGTERM, 50ms));
  EXPECT_FALSE(is_alive(*identity));
  ::waitpid(child, nullptr, 0);
}

TEST_F(PidFile, OnAFullDiskTheOldOneStaysAndTheReasonIsTold) {
  write_pid_file(folder_ / "a.pid", {12, 345});
  std::filesystem::create_symlink("/dev/full", folder_ / "a.pid.new");
  try {
    write_pid_file(folder_ / "a.pid", {13, 346});
    FAIL() << "written";
  } catch (const std::runtime_error& error) {
    EXPECT_TRUE(std::string(error.what()).ends_with("No space left on device")) << error.what();
  }
  EXPECT_EQ(read_pid_file(folder_ / "a.pid"), (Identity{12, 345}));
}

TEST(Identity, AnotherUsersProcessIsRefusedAtOnce) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const auto ours = *identify(::getpid());
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(2);
    try {
      end_process(ours, SIGTERM, 1h);
    } catch (const std::runtime_error& error) {
      ::_exit(std::string(error.what()).contains("belongs to another user") ? 0 : 3);
    }
    ::_exit(4);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(PidFile, WhatIsWrittenIsRead) {
  write_pid_file(folder_ / "a.pid", {12, 345});
  EXPECT_EQ(read_pid_file(folder_ / "a.pid"), (Identity{12, 345}));
}

TEST_F(PidFile, MissingAndBrokenFilesGiveNothing) {
  EXPECT_EQ(read_pid_file(folder_ / "a.pid"), std::nullopt);
  for (const auto* text : {"", "12", "x 1", "-1 5", "0 5"}) {
    std::ofstream(folder_ / "a.pid") << text;
    EXPECT_EQ(read_pid_file(folder_ / "a.pid"), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cli
