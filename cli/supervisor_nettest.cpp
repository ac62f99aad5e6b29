// The supervisor over small shell scripts.
#include "cli/supervisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "cli/run_coroutine.hpp"
#include "cli/scratch_folder_testing.hpp"
#include "cli/secrets.hpp"
#include "mq/base/aio/with_deadline.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class SupervisorTest : public testing::Test {
 protected:
  void SetUp() override { make_folders(layout_); }

  // Writes its name to `order` when it is told to stop.
  Supervisor::Part good(const std::string& name) {
    return script(name, "trap 'echo " + name + " >> " + order_.string() +
                            "; exit 0' TERM; echo '{\"ready\":\"" + name +
                            "\"}'; while :; do sleep 0.01; done");
  }
  Supervisor::Part script(const std::string& name, const std::string& body) {
    Supervisor::Part part;
    part.process.name = name;
    part.process.command = [this, name, body] {
      Command command;
      command.program = "/bin/sh";
      command.arguments = {"-c", body};
      command.errors = layout_.errors_of(name);
      return command;
    };
    part.process.output = layout_.logs() / (name + ".out");
    part.process.pid_file = layout_.pid_of(name);
    part.logs = {layout_.errors_of(name)};
    return part;
  }

  // Runs to the end; `when_up` runs once all are ready.
  int supervise(std::vector<Supervisor::Part> parts,
                const std::function<asio::awaitable<void>(Supervisor&)>& when_up) {
    asio::io_context context(1);
    Supervisor::Report report{
        .starting = [this](const std::string& name) { seen_.push_back("starting " + name); },
        .ready = [this](const std::string& name, auto) { seen_.push_back("ready " + name); },
        .recovered = [this](const std::string& name) { seen_.push_back("recovered " + name); },
        .trouble = [this](const std::string& sentence) { troubles_.push_back(sentence); }};
    Supervisor supervisor(context.get_executor(), layout_, {}, std::move(parts), report);
    const auto up = [&]() -> asio::awaitable<void> { co_await when_up(supervisor); };
    const int code = run_coroutine(context, supervisor.run(up));
    for (const auto& process : supervisor.state().processes) {
      EXPECT_FALSE(std::filesystem::exists(layout_.pid_of(process.name))) << process.name << " is left";
    }
    return code;
  }

  static asio::awaitable<void> stop_at_once(Supervisor& supervisor) {
    supervisor.request_stop();
    co_return;
  }
  static asio::awaitable<void> never(Supervisor&) {
    ADD_FAILURE() << "not everything was ready";
    co_return;
  }

  ScratchFolder folder_;
  Layout layout_{folder_.path()};
  std::filesystem::path order_ = folder_ / "order";
  std::vector<std::string> seen_, troubles_;
};

TEST_F(SupervisorTest, StartsInOrderAndStopsInReverse) {
  EXPECT_EQ(supervise({good("a"), good("b"), good("c")}, stop_at_once), 0);
  EXPECT_THAT(seen_, ElementsAre("starting a", "ready a", "starting b", "ready b", "starting c", "ready c"));
  EXPECT_EQ(read_file(order_), "c\nb\na\n");
  EXPECT_THAT(troubles_, testing::IsEmpty());
}

TEST_F(SupervisorTest, OneThatDiesAtStartStopsTheOthersAndShowsItsLastWords) {
  EXPECT_EQ(supervise({good("a"), script("b", "echo no such setting >&2; exit 2"), good("c")}, never), 1);
  EXPECT_THAT(troubles_, ElementsAre(testing::AllOf(HasSubstr("b ended at start with exit code 2"),
                                                    HasSubstr("no such setting"))));
  EXPECT_EQ(read_file(order_), "a\n");
}

TEST_F(SupervisorTest, WhatWasWrittenBeforeTheStartIsNobodysLastWords) {
  std::ofstream(layout_.errors_of("a")) << "ready, on another day\n";
  EXPECT_EQ(supervise({script("a", "echo no such setting >&2; exit 2")}, never), 1);
  EXPECT_THAT(troubles_, ElementsAre(testing::AllOf(HasSubstr("no such setting"),
                                                    testing::Not(HasSubstr("on another day")))));
}

TEST_F(SupervisorTest, OneThatCannotBeStartedStopsTheOthers) {
  auto missing = script("b", "");
  missing.process.command = [] {
    Command command;
    command.program = "/no/such/program";
    return command;
  };
  EXPECT_EQ(supervise({good("a"), missing}, never), 1);
  EXPECT_THAT(troubles_, Contains(HasSubstr("/no/such/program")));
  EXPECT_EQ(read_file(order_), "a\n");
}

TEST_F(SupervisorTest, OneThatIsKilledComesBack) {
  const auto kill_it = [this](Supervisor& supervisor) -> asio::awaitable<void> {
    const pid_t first = supervisor.state().processes[1].pid;
    ::kill(first, SIGKILL);
    while (!std::ranges::count(seen_, "recovered b")) co_await base::sleep_for(5ms);
    EXPECT_NE(supervisor.state().processes[1].pid, first);
    EXPECT_EQ(supervisor.state().processes[1].restarts, 1);
    supervisor.request_stop();
  };
  EXPECT_EQ(supervise({good("a"), good("b")}, kill_it), 0);
  EXPECT_THAT(troubles_, ElementsAre(HasSubstr("b died (signal 9")));
  EXPECT_EQ(read_file(order_), "b\na\n");
}

// The first one needs a while; the second one cannot start without it, and would use up its deaths.
TEST_F(SupervisorTest, OneThatDiesWaitsForWhatStartedBeforeIt) {
  const auto needed = folder_ / "needed";
  auto first = script("a", "trap 'exit 0' TERM; rm -f " + needed.string() + "; sleep 0.2; touch " +
                               needed.string() + "; echo '{\"ready\":\"a\"}'; while :; do sleep 0.01; done");
  auto second = script("b", "trap 'exit 0' TERM; test -e " + needed.string() +
                                " || exit 7; echo '{\"ready\":\"b\"}'; while :; do sleep 0.01; done");
  const auto kill_both = [&](Supervisor& supervisor) -> asio::awaitable<void> {
    std::filesystem::remove(needed);
    ::kill(supervisor.state().processes[0].pid, SIGKILL);
    ::kill(supervisor.state().processes[1].pid, SIGKILL);
    while (!std::ranges::count(seen_, "recovered b")) co_await base::sleep_for(5ms);
    EXPECT_EQ(supervisor.state().processes[1].restarts, 1);
    supervisor.request_stop();
  };
  EXPECT_EQ(supervise({first, second}, kill_both), 0);
  EXPECT_EQ(troubles_.size(), 2U);
}

TEST_F(SupervisorTest, AStopDuringTheStartEndsWhatHasStarted) {
  auto slow = script("b", "exec sleep 600");
  Supervisor* running = nullptr;
  asio::io_context context(1);
  Supervisor::Report report{
      .starting =
          [&](const std::string& name) {
            if (name == "b") running->request_stop();
          },
      .ready = [](const std::string&, auto) {},
      .recovered = [](const std::string&) {},
      .trouble = [this](const std::string& sentence) { troubles_.push_back(sentence); }};
  Supervisor supervisor(context.get_executor(), layout_, {}, {good("a"), slow}, report);
  running = &supervisor;
  EXPECT_EQ(run_coroutine(context, supervisor.run([]() -> asio::awaitable<void> { co_return; })), 0);
  EXPECT_EQ(read_file(order_), "a\n");
  EXPECT_THAT(troubles_, testing::IsEmpty());
}

// As when the disk is full, or the folder was removed under a running system.
TEST_F(SupervisorTest, EverythingIsStoppedAlsoWhenTheStateCannotBeWritten) {
  const auto break_state = [this](Supervisor& supervisor) -> asio::awaitable<void> {
    std::filesystem::remove(layout_.state());
    std::filesystem::create_directories(layout_.state() / "in the way");
    supervisor.request_stop();
    co_return;
  };
  EXPECT_EQ(supervise({good("a"), good("b")}, break_state), 0);
  EXPECT_EQ(read_file(order_), "b\na\n");
  EXPECT_EQ(troubles_.size(), 1U) << "said once";
}

TEST_F(SupervisorTest, AStateThatCannotBeWrittenStopsEverythingAndIsSaidOnce) {
  const auto break_state = [this](Supervisor& supervisor) -> asio::awaitable<void> {
    std::filesystem::remove(layout_.state());
    std::filesystem::create_directories(layout_.state() / "in the way");
    ::kill(supervisor.state().processes[0].pid, SIGKILL);
    co_return;
  };
  EXPECT_EQ(supervise({good("a"), good("b")}, break_state), 1);
  EXPECT_THAT(troubles_, ElementsAre(HasSubstr("cannot replace " + layout_.state().string())));
}

TEST_F(SupervisorTest, WhoIsInAHurryKillsWhatDoesNotStop) {
  auto stubborn = script("b", "trap '' TERM; echo '{\"ready\":\"b\"}'; while :; do sleep 0.01; done");
  const auto hurry = [](Supervisor& supervisor) -> asio::awaitable<void> {
    supervisor.request_stop();
    supervisor.hurry();
    co_return;
  };
  EXPECT_EQ(supervise({stubborn}, hurry), 0);
  EXPECT_THAT(troubles_, ElementsAre("b is killed"));
}

}  // namespace
}  // namespace cli
