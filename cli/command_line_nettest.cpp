// The built `sluice` as a person meets it who slips: one sentence that says what is wrong, exit code 2 for
// the command line and 1 for the world, and never a wait for something that cannot come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <thread>

#include "cli/child.hpp"
#include "cli/identity.hpp"
#include "cli/layout.hpp"
#include "cli/scratch_folder_testing.hpp"
#include "cli/secrets.hpp"

namespace cli {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

Command sluice(const std::vector<std::string>& words) {
  Command command;
  command.program = std::filesystem::path(SLUICE_BIN) / "sluice";
  command.arguments = words;
  return command;
}

struct Slip {
  std::vector<std::string> words;
  int code;
  std::string said;
};
class Slips : public testing::TestWithParam<Slip> {};

TEST_P(Slips, AreToldInOneSentence) {
  const auto finished = run_to_end(sluice(GetParam().words), 30s);
  EXPECT_EQ(describe_end(finished.wait_status), "exit code " + std::to_string(GetParam().code));
  EXPECT_THAT(finished.output, HasSubstr(GetParam().said));
  EXPECT_EQ(std::ranges::count(finished.output, '\n'), 1) << finished.output;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Slips,
    testing::Values(Slip{{"stauts"}, 2, "there is no sluice stauts; did you mean status? see sluice --help"},
                    Slip{{"mq", "topcis"}, 2, "there is no sluice mq topcis; did you mean topics?"},
                    Slip{{"logs"}, 2, "SERVICE is required; see sluice logs --help"},
                    Slip{{"demo", "extra"}, 2, "extra; see sluice demo --help"},
                    Slip{{"logs", "sandbox", "-n", "-3"}, 2, "--lines"},
                    Slip{{"up", "--prots-admin", "1"}, 2, "did you mean --ports-admin?"},
                    Slip{{"clock", "advance", "soon"}, 1, "\"soon\" is not a duration"},
                    Slip{{"order", "show", "a b/../c"}, 1, "\"a b/../c\" is not an order number"},
                    Slip{{"status", "--dir", "/no/such"}, 1, "nothing runs in /no/such"},
                    Slip{{"mq", "topics", "--name-server", "there"}, 1, "\"there\" is not an address"},
                    Slip{{"mq", "topics", "--name-server", "127.0.0.1:70000"}, 1, "is not an address"},
                    Slip{{"mq", "tail", "t", "--name-server", "127.0.0.1:1"}, 1, "no name server answers"}),
    [](const auto& info) {
      auto name = std::to_string(info.index);
      for (const auto& word : info.param.words) name += "_" + word;
      std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
      return name;
    });

class InterruptedPostgresStart : public testing::Test {
 protected:
  void SetUp() override {
    // User postgres has to get through.
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0711));
  }
  void TearDown() override { run_to_end(sluice({"postgres", "remove", "--dir", home_, "--yes"}), 30s); }

  [[nodiscard]] Command start() const {
    return sluice({"postgres", "start", "--dir", home_, "--address", "127.0.73.1", "--port", "15432",
                   "--unsafe-no-fsync"});
  }
  // What it said.
  std::string interrupt_start_once_there_is(const std::filesystem::path& file) const {
    auto command = start();
    command.errors = folder_ / "said";
    const pid_t pid = spawn(command);
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!std::filesystem::exists(file) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(1ms);
    }
    ::kill(pid, SIGINT);
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(describe_end(status), "exit code 1");
    return read_file(folder_ / "said");
  }
  [[nodiscard]] std::string end_of(const std::vector<std::string>& words) const {
    const auto finished = run_to_end(sluice(words), 30s);
    return describe_end(finished.wait_status) + " " + finished.output;
  }

  ScratchFolder folder_;
  std::string home_ = (folder_ / "pg").string();
};

TEST_F(InterruptedPostgresStart, LeavesNothingRunningAndIsRemovedOnlyWhenSomebodySaysYes) {
  EXPECT_THAT(interrupt_start_once_there_is(home_), HasSubstr("stopped before PostgreSQL was started"));
  EXPECT_THAT(end_of({"postgres", "status", "--dir", home_}), StartsWith("exit code 3"));

  EXPECT_THAT(end_of({"postgres", "remove", "--dir", home_}), StartsWith("exit code 1"));
  EXPECT_TRUE(std::filesystem::exists(home_));
  EXPECT_THAT(end_of({"postgres", "remove", "--dir", home_, "--yes"}), StartsWith("exit code 0"));
  EXPECT_FALSE(std::filesystem::exists(home_));
}

TEST_F(InterruptedPostgresStart, TakesTheServerThatDoesNotAnswerYetWithIt) {
  ASSERT_TRUE(run_to_end(start(), 60s).succeeded());
  ASSERT_TRUE(run_to_end(sluice({"postgres", "stop", "--dir", home_}), 30s).succeeded());
  const auto data = std::filesystem::path(home_) / "data";
  std::ofstream(data / "postgresql.auto.conf", std::ios::app) << "port = 15433\n";  // nobody asks there
  EXPECT_THAT(interrupt_start_once_there_is(data / "postmaster.pid"),
              HasSubstr("stopped before PostgreSQL answered"));
  EXPECT_FALSE(std::filesystem::exists(data / "postmaster.pid")) << "a server is left, or was killed";
}

class FollowedLog : public testing::Test {
 protected:
  void SetUp() override {
    make_folders(layout_);
    std::ofstream(layout_.errors_of("x")) << "";  // the supervisor has started it
  }
  void write(const std::string& line) { std::ofstream(log_, std::ios::app) << line << '\n'; }
  void wait_until_shown(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!read_file(shown_).ends_with(text)) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << read_file(shown_);
      std::this_thread::sleep_for(5ms);
    }
  }

  ScratchFolder folder_;
  Layout layout_{folder_.path()};
  std::filesystem::path log_ = layout_.log_of("x"), shown_ = folder_ / "shown";
};

TEST_F(FollowedLog, IsWaitedForAndLosesNothingWhenItIsRotated) {
  auto command = sluice({"logs", "x", "-f", "--dir", folder_.path().string()});
  command.errors = shown_;
  const pid_t pid = spawn(command);
  const auto following = *identify(pid);
  wait_until_shown("x has written nothing yet.\n");
  write("one");
  wait_until_shown("one\n");
  ::kill(pid, SIGSTOP);  // all of it happens between two looks
  write("two");
  std::filesystem::rename(log_, folder_ / "rotated");
  write("three");
  ::kill(pid, SIGCONT);
  wait_until_shown("one\ntwo\nthree\n");
  end_process(following, SIGTERM, 10s);
}

}  // namespace
}  // namespace cli
