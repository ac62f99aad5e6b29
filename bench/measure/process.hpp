#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/child.hpp"

namespace bench {

// A program under measurement. It ends with this object at the latest, and when we die.
class Process {
 public:
  explicit Process(cli::Command command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // The next line of its standard output, without the line's end. Throws std::runtime_error when none comes
  // in time or the process ended.
  std::string next_line(std::chrono::milliseconds patience);
  void signal(int number) const;
  void wait();  // until it has ended

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string unread_;
};

// Processor seconds of all threads of a process since its start, user and system.
double cpu_seconds_of(pid_t pid);
// A process and all its living descendants, such as the backends of a database, or the server behind a
// start script.
std::vector<pid_t> tree_of(pid_t root);
double cpu_seconds_of_tree(pid_t root);
// Of its first thread alone; 0 when the kernel does not say.
double first_thread_cpu_seconds_of(pid_t pid);

// Bytes written so far to the disk under `folder`, by everyone; 0 when the kernel does not count them. What
// it counts for a process is of no use: a small write into a large folio of the page cache counts as all of
// it.
std::uint64_t disk_bytes_written(const std::filesystem::path& folder);

struct Memory {
  std::uint64_t resident = 0;   // bytes, with what is mapped from files
  std::uint64_t anonymous = 0;  // its own
};
Memory memory_of(pid_t pid);
// Summed up; what several of them map from one file counts in each.
Memory memory_of_tree(pid_t root);

// This thread, and all that is started from it, on one core; negative: on all.
void run_on_core(int core);

}  // namespace bench
