#include "bench/measure/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bench {
namespace {

using Steady = std::chrono::steady_clock;

// The number behind `key` in a file of /proc whose lines are "key: number ...".
std::uint64_t field_of(pid_t pid, const std::string& file, const std::string& key) {
  const auto path = "/proc/" + std::to_string(pid) + "/" + file;
  std::ifstream lines(path);
  for (std::string word; lines >> word;) {
    std::uint64_t number = 0;
    if (word == key + ":" && lines >> number) return number;
  }
  throw std::runtime_error(path + " does not say " + key);
}

}  // namespace

Process::Process(cli::Command command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  output_ = ends[0];
  command.output = ends[1];
  command.death_signal = SIGKILL;
  pid_ = cli::spawn(command);
  ::close(ends[1]);
}

Process::~Process() {
  if (pid_ > 0) {
    signal(SIGKILL);
    wait();
  }
  ::close(output_);
}

std::string Process::next_line(std::chrono::milliseconds patience) {
  const auto deadline = Steady::now() + patience;
  for (;;) {
    if (const auto end = unread_.find('\n'); end != std::string::npos) {
      auto line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now());
    if (left.count() <= 0) throw std::runtime_error("a program under measurement did not become ready");
    pollfd ready{output_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
    std::array<char, 4096> part{};
    const auto count = ::read(output_, part.data(), part.size());
    if (count <= 0) throw std::runtime_error("a program under measurement ended before it was ready");
    unread_.append(part.data(), static_cast<std::size_t>(count));
  }
}

void Process::signal(int number) const { ::kill(pid_, number); }

void Process::wait() {
  int status = 0;
  const auto pid = std::exchange(pid_, -1);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

double cpu_seconds_of(pid_t pid) {
  // Finer than the ticks of /proc/PID/stat.
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
    throw std::runtime_error("process " + std::to_string(pid) + " ended while it was measured");
  }
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::vector<pid_t> tree_of(pid_t root) {
  // The kernel's own list of children would have to be asked for every thread.
  std::multimap<pid_t, pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    pid_t pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec != std::errc{}) continue;
    try {
      children.emplace(static_cast<pid_t>(field_of(pid, "status", "PPid")), pid);
    } catch (const std::runtime_error&) {
      continue;  // ended meanwhile
    }
  }
  std::vector<pid_t> tree{root};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto [first, last] = children.equal_range(tree[i]);
    for (auto at = first; at != last; ++at) tree.push_back(at->second);
  }
  return tree;
}

double cpu_seconds_of_tree(pid_t root) {
  double seconds = 0;
  for (const auto pid : tree_of(root)) {
    try {
      seconds += cpu_seconds_of(pid);
    } catch (const std::runtime_error&) {
      continue;  // ended meanwhile: what it used is not to be had any more
    }
  }
  return seconds;
}

Memory memory_of_tree(pid_t root) {
  Memory all;
  for (const auto pid : tree_of(root)) {
    try {
      const auto one = memory_of(pid);
      all.resident += one.resident;
      all.anonymous += one.anonymous;
    } catch (const std::runtime_error&) {
      continue;
    }
  }
  return all;
}

double first_thread_cpu_seconds_of(pid_t pid) {
  const auto text = std::to_string(pid);
  std::ifstream file("/proc/" + text + "/task/" + text + "/schedstat");
  std::uint64_t nanoseconds = 0;
  file >> nanoseconds;
  return static_cast<double>(nanoseconds) / 1e9;
}

std::uint64_t disk_bytes_written(const std::filesystem::path& folder) {
  constexpr int kSectorsWritten = 7;  // the seventh number; a sector has 512 bytes whatever the disk
  constexpr std::uint64_t kSectorSize = 512;
  struct stat info{};
  if (::stat(folder.c_str(), &info) != 0) return 0;
  std::ifstream numbers("/sys/dev/block/" + std::to_string(major(info.st_dev)) + ":" +
                        std::to_string(minor(info.st_dev)) + "/stat");
  std::uint64_t number = 0;
  for (int i = 0; i < kSectorsWritten; ++i) {
    if (!(numbers >> number)) return 0;
  }
  return number * kSectorSize;
}

Memory memory_of(pid_t pid) {
  return {field_of(pid, "status", "VmRSS") * 1024, field_of(pid, "status", "RssAnon") * 1024};
}

void run_on_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  const auto count = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  for (int i = 0; i < count; ++i) {
    if (core < 0 || i == core % count) CPU_SET(static_cast<std::size_t>(i), &set);
  }
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    throw std::system_error(errno, std::generic_category(), "sched_setaffinity");
  }
}

}  // namespace bench
