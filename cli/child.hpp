#pragma once
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cli {

// Another user of this machine, to run a child as. Only root can.
struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};
std::optional<User> find_user(const std::string& name);

// A program to start. It gets a process group of its own, so that Ctrl-C reaches only us.
struct Command {
  enum class Lifetime { ends_with_us, outlives_us };

  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // on top of ours
  std::optional<User> user;
  std::filesystem::path folder;   // working directory; empty: ours
  std::filesystem::path errors;   // standard error is appended here; empty: /dev/null
  int output = -1;                // standard output, a descriptor; -1: where errors go
  bool errors_to_output = false;  // standard error goes to `output` too
  Lifetime lifetime = Lifetime::ends_with_us;
  int death_signal = 15;  // what the kernel sends when we die first
};

// Starts it and returns its pid once the program runs. Throws std::runtime_error with a sentence when
// it cannot be started.
pid_t spawn(const Command& command);

// How a process ended, in words: "exit code 3", "signal 11 (Segmentation fault)".
std::string describe_end(int wait_status);

struct Finished {
  int wait_status = 0;
  std::string output;  // standard output and error, at most 64 KiB
  [[nodiscard]] bool succeeded() const { return wait_status == 0; }
};
// Runs a short program to its end; kills it at the deadline. Blocks.
Finished run_to_end(Command command, std::chrono::milliseconds limit);

}  // namespace cli
