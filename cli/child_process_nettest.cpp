// Children are real processes here: small shell scripts.
#include "cli/child_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "cli/run_coroutine.hpp"
#include "cli/scratch_folder_testing.hpp"
#include "cli/secrets.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kReadyAndSleep = "echo '{\"ready\":\"x\",\"admin\":\"http://a\"}'; exec sleep 600";

class ChildProcessTest : public testing::Test {
 protected:
  ChildProcess::Spec script(const std::string& body) {
    ChildProcess::Spec spec;
    spec.name = "x";
    spec.command = [this, body] { return shell(body); };
    spec.output = folder_ / "x.out";
    spec.pid_file = folder_ / "x.pid";
    return spec;
  }
  Command shell(const std::string& body) {
    Command command;
    command.program = "/bin/sh";
    command.arguments = {"-c", body};
    command.errors = folder_ / "x.err";
    return command;
  }
  ChildProcess::Started start(ChildProcess& child) {
    auto outcome = ChildProcess::Started::died;
    const auto body = [&]() -> asio::awaitable<int> {
      outcome = co_await child.start();
      co_return 0;
    };
    run(body());
    return outcome;
  }
  bool stop(ChildProcess& child, std::chrono::milliseconds grace) {
    const auto body = [&]() -> asio::awaitable<int> { co_return co_await child.stop(grace) ? 1 : 0; };
    return run(body()) == 1;
  }
  int run(asio::awaitable<int> body) {
    context_.restart();
    return run_coroutine(context_, std::move(body));
  }

  ScratchFolder folder_;
  asio::io_context context_{1};
};

TEST_F(ChildProcessTest, IsReadyWhenItSaysSo) {
  ChildProcess child(context_.get_executor(), script(kReadyAndSleep));
  EXPECT_EQ(start(child), ChildProcess::Started::ready);
  EXPECT_EQ(child.ready_line().at("admin").as_string(), "http://a");
  EXPECT_EQ(read_pid_file(folder_ / "x.pid"), child.identity());
  const auto identity = *child.identity();
  EXPECT_TRUE(stop(child, 10s));
  EXPECT_FALSE(is_alive(identity));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.pid"));
}

TEST_F(ChildProcessTest, ThatDiesFirstTellsHowItEnded) {
  ChildProcess child(context_.get_executor(), script("echo no config >&2; exit 3"));
  EXPECT_EQ(start(child), ChildProcess::Started::died);
  EXPECT_EQ(child.last_end(), "exit code 3");
  EXPECT_EQ(read_file(folder_ / "x.err"), "no config\n");
}

TEST_F(ChildProcessTest, ThatNeverBecomesReadyIsKilled) {
  auto spec = script("exec sleep 600");
  spec.ready_limit = 50ms;
  ChildProcess child(context_.get_executor(), spec);
  EXPECT_EQ(start(child), ChildProcess::Started::too_slow);
  EXPECT_EQ(child.identity(), std::nullopt);
}

TEST_F(ChildProcessTest, ThatIgnoresTheSignalIsKilledWithItsChildren) {
  ChildProcess child(context_.get_executor(),
                     script("trap '' TERM; sleep 600 & echo $! > " + (folder_ / "grandchild").string() +
                            "; echo '{\"ready\":1}'; wait"));
  ASSERT_EQ(start(child), ChildProcess::Started::ready);
  const auto grandchild = identify(std::stoi(read_file(folder_ / "grandchild")));
  EXPECT_FALSE(stop(child, 100ms));
  ASSERT_TRUE(grandchild);
  while (is_alive(*grandchild)) std::this_thread::sleep_for(1ms);  // the kernel takes a moment
}

TEST_F(ChildProcessTest, ThatCannotBeStartedIsASentence) {
  auto spec = script("");
  spec.command = [] {
    Command command;
    command.program = "/no/such/program";
    return command;
  };
  ChildProcess child(context_.get_executor(), spec);
  try {
    start(child);
    FAIL() << "started";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/no/such/program: No such file"));
  }
}

TEST_F(ChildProcessTest, ItsDeathIsNoticedAndItCanLiveAgain) {
  ChildProcess child(context_.get_executor(), script(kReadyAndSleep));
  ASSERT_EQ(start(child), ChildProcess::Started::ready);
  const auto first = *child.identity();
  ::kill(first.pid, SIGKILL);
  const auto body = [&]() -> asio::awaitable<int> {
    co_await child.ended();
    co_return 0;
  };
  run(body());
  EXPECT_THAT(child.last_end(), HasSubstr("signal 9"));
  EXPECT_EQ(start(child), ChildProcess::Started::ready);
  EXPECT_NE(*child.identity(), first);
  stop(child, 10s);
}

// Goal: a supervisor that is killed leaves no orphans. Method: a process between us and the child dies.
TEST_F(ChildProcessTest, DiesWithItsParent) {
  const pid_t parent = ::fork();
  if (parent == 0) {
    spawn(shell("echo $$ > " + (folder_ / "pid").string() + "; exec sleep 600"));
    while (read_file(folder_ / "pid").empty()) std::this_thread::sleep_for(1ms);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(parent, nullptr, 0);
  const pid_t orphan = std::stoi(read_file(folder_ / "pid"));
  while (identify(orphan)) std::this_thread::sleep_for(1ms);
}

// The control of the test above: without the death signal the child stays.
TEST_F(ChildProcessTest, OutlivesItsParentWhenMeantTo) {
  const pid_t parent = ::fork();
  if (parent == 0) {
    auto command = shell("echo $$ > " + (folder_ / "pid").string() + "; exec sleep 600");
    command.lifetime = Command::Lifetime::outlives_us;
    spawn(command);
    while (read_file(folder_ / "pid").empty()) std::this_thread::sleep_for(1ms);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(parent, nullptr, 0);
  std::this_thread::sleep_for(50ms);
  const auto child = identify(std::stoi(read_file(folder_ / "pid")));
  ASSERT_TRUE(child);
  EXPECT_TRUE(end_process(*child, SIGTERM, 10s));
}

TEST_F(ChildProcessTest, AShortProgramIsRunToItsEnd) {
  auto finished = run_to_end(shell("echo out; echo err >&2; exit 2"), 30s);
  EXPECT_EQ(finished.output, "out\nerr\n");
  EXPECT_EQ(describe_end(finished.wait_status), "exit code 2");
  EXPECT_FALSE(finished.succeeded());
  EXPECT_THAT(describe_end(run_to_end(shell("exec sleep 600"), 50ms).wait_status), HasSubstr("signal 9"));
}

TEST(ReadyLine, IsFoundBehindOtherOutputOnceItIsWhole) {
  EXPECT_EQ(find_ready_line(""), std::nullopt);
  EXPECT_EQ(find_ready_line("{\"ready\":\"a\"}"), std::nullopt);  // its newline is still to come
  EXPECT_EQ(find_ready_line("hello\n{}\n[1]\n"), std::nullopt);
  EXPECT_TRUE(find_ready_line("hello\n{\"ready\":\"a\"}\n"));
}

}  // namespace
}  // namespace cli
