#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace cli {

// A process for good: pids are used again, a pid with its start time is not.
struct Identity {
  pid_t pid = 0;
  std::uint64_t started = 0;  // clock ticks since boot, field 22 of /proc/PID/stat
  friend bool operator==(const Identity&, const Identity&) = default;
};

// Field 22 of a line of /proc/PID/stat. The second field is the program's name and may hold blanks and
// parentheses.
std::optional<std::uint64_t> start_time_of(std::string_view stat_line);

// Nothing when there is no such process, or only a zombie that nobody has waited for.
std::optional<Identity> identify(pid_t pid);
bool is_alive(const Identity& identity);

// A pid file holds "pid start-time". Writing throws std::runtime_error with a sentence; reading gives nothing
// when the file is missing or broken.
void write_pid_file(const std::filesystem::path& file, const Identity& identity);
std::optional<Identity> read_pid_file(const std::filesystem::path& file);

// Sends `signal`, waits up to `grace` for the process to be gone, then kills it. True when `signal` was
// enough. Nothing happens to a process that merely has the same pid. Throws std::runtime_error with a
// sentence when it is not ours to stop.
bool end_process(const Identity& identity, int signal, std::chrono::milliseconds grace);

}  // namespace cli
