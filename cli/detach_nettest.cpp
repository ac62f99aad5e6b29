#include "cli/detach.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "cli/identity.hpp"
#include "cli/scratch_folder_testing.hpp"

namespace cli {
namespace {
using namespace std::chrono_literals;

class BackgroundTest : public testing::Test {
 protected:
  // The process that a shell would wait for; the one behind it runs `body`.
  template <class Body>
  pid_t go_to_background(Body body) {
    const pid_t first = ::fork();
    if (first == 0) {
      Background background;
      write_pid_file(pid_file_, *identify(::getpid()));
      body(background);
      ::_exit(7);
    }
    return first;
  }
  Identity second() {
    for (;; std::this_thread::sleep_for(1ms)) {
      if (const auto found = read_pid_file(pid_file_)) return *found;
    }
  }
  static int exit_code_of(pid_t pid) {
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  ScratchFolder folder_;
  std::filesystem::path pid_file_ = folder_ / "pid";
};

void wait_for_a_signal(Background&) {
  for (;;) ::pause();
}

TEST_F(BackgroundTest, WhoWaitsLeavesWhenTheOtherOneSaysSo) {
  const auto release = [this](Background& background) {
    background.release(folder_ / "log");
    wait_for_a_signal(background);
  };
  EXPECT_EQ(exit_code_of(go_to_background(release)), 0);
  EXPECT_TRUE(is_alive(second()));
  EXPECT_TRUE(end_process(second(), SIGTERM, 10s));
}

TEST_F(BackgroundTest, WhoWaitsLeavesWithTheOthersExitCode) {
  EXPECT_EQ(exit_code_of(go_to_background([](Background&) {})), 7);
}

// Ctrl-C reaches only the one at the terminal; what it started must not come up all the same.
TEST_F(BackgroundTest, AnInterruptionEndsBoth) {
  const pid_t first = go_to_background(wait_for_a_signal);
  const auto behind = second();
  ::kill(first, SIGTERM);
  EXPECT_EQ(exit_code_of(first), 128 + SIGTERM);
  EXPECT_FALSE(is_alive(behind));
  end_process(behind, SIGKILL, 10s);
}

}  // namespace
}  // namespace cli
