#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace cli {

enum class LogStyle { for_people, as_written };

// One JSON log line as "time level logger message key=value …"; anything else stays as it is.
std::string format_log_line(std::string_view line);

// Prints the last lines. Exit code 0. Throws std::runtime_error with a sentence when it cannot be read.
int print_log(const std::filesystem::path& file, std::size_t lines, LogStyle style);

// The same, and then what is added, across rotations, until a signal ends the program. A log that is not
// there yet is waited for.
int follow_log(const std::filesystem::path& file, std::size_t lines, LogStyle style);

}  // namespace cli
