#pragma once
#include <spdlog/logger.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace base {

struct LogOptions {
  std::string level = "info";  // trace, debug, info, warn, error
  bool json = false;           // one JSON object a line: ts, level, service, logger, msg, fields of the tail
  std::filesystem::path file;  // rotated; empty: standard error
  std::size_t file_size_max = std::size_t{16} << 20;
  std::size_t files_max = 4;
};

// Sets up logging for the process. Call once, first thing in main; before it, warnings and errors
// go to standard error. A file that cannot be opened or written never stops the process: its lines go
// to standard error until it can. SIGPIPE and SIGXFSZ are ignored from here on, because both would end
// the process over a line nobody could read.
void start_logging(std::string_view service, const LogOptions& options);

// The logger of one module, made on first use. A message is a short sentence and a key=value tail:
//   log("outbox")->warn("send failed, will retry order_no={} attempt={}", order_no, attempt);
// In JSON mode the tail becomes fields; it begins at the first ` key=` and a value ends at the next one.
// Text that came from outside goes through log_quoted(), so that it cannot pass for fields of ours.
// Ids always, payloads never.
// Thread rule: any thread.
std::shared_ptr<spdlog::logger> log(const std::string& module);

// "text" in double quotes, with escapes, at most 500 bytes of it: one value of a tail whatever it holds.
std::string log_quoted(std::string_view text);

}  // namespace base
