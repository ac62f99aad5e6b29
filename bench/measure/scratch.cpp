#include "bench/measure/scratch.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <system_error>

namespace bench {
namespace {

constexpr int kSignalBase = 128;  // as shells number what a signal ended
constexpr timespec kLookEvery{1, 0};

std::filesystem::path make_folder(const std::filesystem::path& parent, const std::string& name) {
  auto pattern = (parent / (name + ".XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "no scratch folder in " + parent.string());
  }
  using std::filesystem::perms;
  // PostgreSQL may be another user's.
  std::filesystem::permissions(pattern, perms::owner_all | perms::group_exec | perms::others_exec);
  return pattern;
}

[[noreturn]] void run_body(const std::function<int(const std::filesystem::path&)>& body,
                           const std::filesystem::path& folder, const sigset_t& before) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  int code = 1;
  try {
    code = body(folder);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  std::fflush(stdout);
  ::_exit(code);
}

// The body, and whatever it leaves behind, such as a supervisor in the background with children of its own.
// Such a one becomes our child only when the process between has ended.
class Family {
 public:
  explicit Family(pid_t body) : body_(body) {}

  // Takes note of all that have ended; true when none is left.
  bool reap() {
    for (int ended = 0;;) {
      const auto pid = ::waitpid(-1, &ended, WNOHANG);
      if (pid == body_) {
        status_ = ended;
        patience_ends_ = Steady::now() + kPatience;
      }
      if (pid < 0) return true;
      if (pid == 0) break;
    }
    if (status_) end_the_rest();
    return false;
  }
  [[nodiscard]] int status() const { return status_.value_or(0); }

 private:
  using Steady = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kPatience{90};

  // Once each: a second signal would mean to hurry.
  void end_the_rest() {
    const bool insist = Steady::now() > patience_ends_;
    std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    for (pid_t child = 0; children >> child;) {
      if (insist) ::kill(child, SIGKILL);
      if (asked_.insert(child).second) ::kill(child, SIGTERM);
    }
  }

  pid_t body_;
  std::optional<int> status_;
  Steady::time_point patience_ends_;
  std::set<pid_t> asked_;
};

}  // namespace

int with_scratch(const std::filesystem::path& parent, const std::string& name,
                 const std::function<int(const std::filesystem::path&)>& body) {
  const auto folder = make_folder(parent, name);
  sigset_t watched, before;
  ::sigemptyset(&watched);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::sigaddset(&watched, signal);
  ::pthread_sigmask(SIG_BLOCK, &watched, &before);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // what the body leaves behind becomes our child
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) run_body(body, folder, before);
  Family family(child);
  int interrupted = 0;
  while (!family.reap()) {
    const int signal = ::sigtimedwait(&watched, nullptr, &kLookEvery);
    if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
      interrupted = signal;
      ::kill(child, SIGTERM);
    }
  }
  std::filesystem::remove_all(folder);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (interrupted != 0) return kSignalBase + interrupted;
  const int status = family.status();
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalBase + WTERMSIG(status);
}

}  // namespace bench
