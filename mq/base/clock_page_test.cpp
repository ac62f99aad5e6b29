#include "mq/base/clock_page.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <system_error>

namespace base {
namespace {
using std::chrono::milliseconds;

class ClockPageTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "clock-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = folder_ / "clock";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Runs `body` in a process of its own; its answer is the exit code.
  template <class Body>
  static pid_t in_process(Body body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    return child;
  }
  static int exit_code(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::filesystem::path folder_, file_;
};

TEST_F(ClockPageTest, BeginsAtSystemTime) {
  const ClockPage clock(file_);
  const auto before = SystemClock{}.now();
  const auto now = clock.now();
  const auto after = SystemClock{}.now();
  EXPECT_EQ(clock.offset(), milliseconds{0});
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

TEST_F(ClockPageTest, AdvanceMovesNowAndSurvivesReopening) {
  {
    ClockPage clock(file_);
    clock.advance(std::chrono::hours{24});
    clock.advance(milliseconds{5});
    EXPECT_GE(clock.now(), SystemClock{}.now() + std::chrono::hours{24});
  }
  EXPECT_EQ(ClockPage(file_).offset(), std::chrono::hours{24} + milliseconds{5});
}

TEST_F(ClockPageTest, AnotherProcessSeesTheOffsetAtOnce) {
  ClockPage clock(file_);
  const pid_t child = in_process([this] {
    ClockPage theirs(file_);
    theirs.advance(milliseconds{1234});
    return 0;
  });
  ASSERT_EQ(exit_code(child), 0);
  EXPECT_EQ(clock.offset(), milliseconds{1234});
}

// Two processes advance at the same time while a third watches: no step is lost, none is taken back.
TEST_F(ClockPageTest, AdvancesOfTwoProcessesAddUpAndNeverGoBack) {
  constexpr int kSteps = 200;
  const auto advance = [this] {
    ClockPage clock(file_);
    for (int i = 0; i < kSteps; ++i) clock.advance(milliseconds{1});
    return 0;
  };
  const ClockPage watched(file_);
  const pid_t one = in_process(advance);
  const pid_t two = in_process(advance);
  auto last = watched.offset();
  while (last < milliseconds{2 * kSteps}) {
    const auto next = watched.offset();
    ASSERT_GE(next, last);
    last = next;
    if (::waitpid(-1, nullptr, WNOHANG) == -1) break;  // both have ended
  }
  exit_code(one);
  exit_code(two);
  EXPECT_EQ(watched.offset(), milliseconds{2 * kSteps});
}

TEST_F(ClockPageTest, AFileThatIsNoClockPageIsRefusedByName) {
  for (const std::string& content : {std::string("hello"), std::string(4096, 'x')}) {
    std::ofstream(file_, std::ios::trunc) << content;
    try {
      const ClockPage clock(file_);
      ADD_FAILURE() << "opened";
    } catch (const std::runtime_error& e) {
      EXPECT_NE(std::string(e.what()).find(file_.string()), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find("not a clock page"), std::string::npos) << e.what();
    }
    std::ifstream in(file_);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), content) << "left as it was";
  }
}

TEST_F(ClockPageTest, AFolderThatDoesNotExistIsNamed) {
  try {
    const ClockPage clock(folder_ / "missing" / "clock");
    ADD_FAILURE() << "opened";
  } catch (const std::system_error& e) {
    EXPECT_NE(std::string(e.what()).find("missing/clock"), std::string::npos) << e.what();
  }
}

TEST_F(ClockPageTest, AnEmptyFileIsACrashBeforeTheFirstWriteAndBecomesAPage) {
  std::ofstream(file_).flush();
  EXPECT_EQ(ClockPage(file_).offset(), milliseconds{0});
}

TEST_F(ClockPageTest, WithoutAFileTheClockIsTheSystems) {
  const auto clock = open_clock({});
  EXPECT_NE(dynamic_cast<SystemClock*>(clock.get()), nullptr);
  const auto page = open_clock(file_);
  EXPECT_NE(dynamic_cast<ClockPage*>(page.get()), nullptr);
}

using ClockPageDeathTest = ClockPageTest;
TEST_F(ClockPageDeathTest, TimeIsNeverTakenBack) {
  ClockPage clock(file_);
  EXPECT_DEATH(clock.advance(milliseconds{-1}), "only grows");
}

}  // namespace
}  // namespace base
