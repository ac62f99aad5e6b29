#include "cli/detach.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace cli {
namespace {
constexpr std::array kPassedOn{SIGINT, SIGTERM, SIGHUP};
constexpr int kSignalBase = 128;  // as shells number what a signal ended
pid_t told_of_signals = 0;
void pass_on(int signal) { ::kill(told_of_signals, signal); }

// The first process: leaves as soon as it knows how the other one fares. The other one has a session of its
// own, so Ctrl-C reaches this one alone.
[[noreturn]] void wait_for(pid_t child, int report, const sigset_t& before) {
  told_of_signals = child;
  struct sigaction action{};
  action.sa_handler = pass_on;
  for (const int signal : kPassedOn) {
    struct sigaction old{};
    ::sigaction(signal, nullptr, &old);
    if (old.sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);  // nohup stays nohup
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  char released = 0;
  ssize_t got = 0;
  do got = ::read(report, &released, 1);
  while (got < 0 && errno == EINTR);
  if (got == 1) ::_exit(0);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : kSignalBase + WTERMSIG(status));
}
}  // namespace

Background::Background() {
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  std::fflush(nullptr);
  // Between the fork and the handler a signal would end the first process alone.
  sigset_t passed_on, before;
  ::sigemptyset(&passed_on);
  for (const int signal : kPassedOn) ::sigaddset(&passed_on, signal);
  ::pthread_sigmask(SIG_BLOCK, &passed_on, &before);
  const pid_t child = ::fork();
  if (child < 0) {
    const int why = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw std::system_error(why, std::generic_category(), "fork");
  }
  if (child > 0) {
    ::close(report[1]);
    wait_for(child, report[0], before);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(report[0]);
  report_ = report[1];
  ::setsid();
}

Background::~Background() {
  if (report_ >= 0) ::close(report_);
}

void Background::release(const std::filesystem::path& log) {
  std::fflush(nullptr);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (null >= 0) ::dup2(null, STDIN_FILENO);
  if (file >= 0 && ::dup2(file, STDOUT_FILENO) >= 0) ::dup2(file, STDERR_FILENO);
  if (null >= 0) ::close(null);
  if (file >= 0) ::close(file);
  [[maybe_unused]] const auto written = ::write(report_, "r", 1);
  ::close(report_);
  report_ = -1;
}

}  // namespace cli
