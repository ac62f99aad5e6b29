#include "cli/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace cli {
namespace {
using std::chrono::steady_clock;

// Everything the child needs between fork and exec, made before: there it may only make system calls.
struct Prepared {
  std::vector<std::string> argument_texts, environment_texts;
  std::vector<char*> arguments, environment;
  int errors = -1;
  int report = -1;  // closed by a good exec; carries errno after a bad one
};

std::string variable_of(const std::string& entry) { return entry.substr(0, entry.find('=')); }

Prepared prepare(const Command& command) {
  Prepared prepared;
  prepared.argument_texts.push_back(command.program.string());
  for (const auto& argument : command.arguments) prepared.argument_texts.push_back(argument);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    bool replaced = false;
    for (const auto& [name, value] : command.environment) replaced |= variable_of(*entry) == name;
    if (!replaced) prepared.environment_texts.emplace_back(*entry);
  }
  for (const auto& [name, value] : command.environment) {
    prepared.environment_texts.emplace_back(name).append("=").append(value);
  }
  for (auto& text : prepared.argument_texts) prepared.arguments.push_back(text.data());
  for (auto& text : prepared.environment_texts) prepared.environment.push_back(text.data());
  prepared.arguments.push_back(nullptr);
  prepared.environment.push_back(nullptr);
  const auto errors = command.errors.empty() ? std::filesystem::path("/dev/null") : command.errors;
  prepared.errors = ::open(errors.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (prepared.errors < 0) throw std::system_error(errno, std::generic_category(), errors.string());
  return prepared;
}

bool become(const User& user) {
  return ::setgroups(user.groups.size(), user.groups.data()) == 0 && ::setgid(user.gid) == 0 &&
         ::setuid(user.uid) == 0;
}

// In the child. A changed user clears the death signal, so it comes after.
bool set_up(const Command& command, const Prepared& prepared, pid_t parent) {
  const bool ours = command.lifetime == Command::Lifetime::ends_with_us;
  if (ours ? ::setpgid(0, 0) != 0 : ::setsid() < 0) return false;
  if (!command.folder.empty() && ::chdir(command.folder.c_str()) != 0) return false;
  const int null = ::open("/dev/null", O_RDONLY);
  const int output = command.output >= 0 ? command.output : prepared.errors;
  const int errors = command.errors_to_output ? output : prepared.errors;
  if (null < 0 || ::dup2(null, STDIN_FILENO) < 0) return false;
  if (::dup2(output, STDOUT_FILENO) < 0 || ::dup2(errors, STDERR_FILENO) < 0) return false;
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);  // Asio's sockets are not marked
  if (command.user && !become(*command.user)) return false;
  if (ours && ::prctl(PR_SET_PDEATHSIG, command.death_signal) != 0) return false;
  if (ours && ::getppid() != parent) ::_exit(1);  // died before we could ask to be told
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(signal, SIG_DFL);
  return true;
}

[[noreturn]] void run_child(const Command& command, const Prepared& prepared, pid_t parent) {
  if (set_up(command, prepared, parent)) {
    ::execve(command.program.c_str(), prepared.arguments.data(), prepared.environment.data());
  }
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(prepared.report, &reason, sizeof reason);
  ::_exit(127);
}

void read_some(int from, std::string& into) {
  constexpr std::size_t kKept = std::size_t{64} << 10;
  std::array<char, 4096> buffer;
  const auto got = ::read(from, buffer.data(), buffer.size());
  if (got > 0 && into.size() < kKept) into.append(buffer.data(), static_cast<std::size_t>(got));
}

// False when the deadline came before the end of the stream.
bool read_until_end(int from, std::string& into, steady_clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd ready{from, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
    const auto before = into.size();
    read_some(from, into);
    if (into.size() == before && (ready.revents & POLLIN) == 0) return true;
  }
}
}  // namespace

std::optional<User> find_user(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> memory;
  if (::getpwnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  User user{name, entry.pw_uid, entry.pw_gid, std::vector<gid_t>(64)};
  int count = static_cast<int>(user.groups.size());
  ::getgrouplist(name.c_str(), entry.pw_gid, user.groups.data(), &count);
  user.groups.resize(static_cast<std::size_t>(std::max(0, std::min(count, 64))));
  return user;
}

pid_t spawn(const Command& command) {
  Prepared prepared = prepare(command);
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  prepared.report = report[1];
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) run_child(command, prepared, parent);
  const int fork_error = errno;
  ::close(report[1]);
  ::close(prepared.errors);
  int reason = child < 0 ? fork_error : 0;
  const bool failed = child < 0 || ::read(report[0], &reason, sizeof reason) > 0;
  ::close(report[0]);
  if (!failed) return child;
  if (child > 0) ::waitpid(child, nullptr, 0);
  throw std::runtime_error("cannot start " + command.program.string() + ": " +
                           std::generic_category().message(reason));
}

std::string describe_end(int wait_status) {
  if (WIFEXITED(wait_status)) return "exit code " + std::to_string(WEXITSTATUS(wait_status));
  const int signal = WTERMSIG(wait_status);
  return "signal " + std::to_string(signal) + " (" + ::sigdescr_np(signal) + ")";
}

Finished run_to_end(Command command, std::chrono::milliseconds limit) {
  std::array<int, 2> output{};
  if (::pipe2(output.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  command.output = output[1];
  command.errors_to_output = true;
  pid_t child = 0;
  try {
    child = spawn(command);
  } catch (const std::runtime_error&) {
    ::close(output[0]);
    ::close(output[1]);
    throw;
  }
  ::close(output[1]);
  Finished finished;
  if (!read_until_end(output[0], finished.output, steady_clock::now() + limit)) ::kill(-child, SIGKILL);
  ::close(output[0]);
  while (::waitpid(child, &finished.wait_status, 0) < 0 && errno == EINTR) {
  }
  return finished;
}

}  // namespace cli
