#pragma once
#include <spdlog/formatter.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How one line of the log looks. Pure functions; log.cpp gives them to spdlog.
namespace base {

struct LogLine {
  std::chrono::system_clock::time_point at;  // real time: the business clock may stand or leap
  std::string_view level;                    // "info"
  std::string_view logger;
  std::string_view message;
};

// 2026-03-01T08:00:00.123456Z INFO  outbox: send failed order_no=42
// Control characters are escaped: one call, one line, whatever a message carries.
std::string text_line(const LogLine& line, bool colour);
std::string json_line(const LogLine& line, std::string_view service);

// The message without its tail, and the tail.
struct ParsedMessage {
  std::string_view sentence;
  std::vector<std::pair<std::string_view, std::string>> fields;
};
ParsedMessage parse_message(std::string_view message);

// Inside of a JSON string. Bytes that are not UTF-8 become U+FFFD.
void append_json_escaped(std::string& out, std::string_view text);

enum class LogForm { text, coloured, json };
std::unique_ptr<spdlog::formatter> make_log_formatter(LogForm form, std::string service);

}  // namespace base
