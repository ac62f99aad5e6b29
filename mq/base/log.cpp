#include "mq/base/log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <mutex>

#include "mq/base/log_format.hpp"
#include "mq/base/log_sink.hpp"

namespace base {
namespace {

// The one thing of a process that is everywhere. Never destroyed: static destructors may still log.
struct Logging {
  std::mutex mutex;
  std::shared_ptr<LogSink> sink = std::make_shared<LogSink>();
  spdlog::level::level_enum level = spdlog::level::warn;
  std::map<std::string, std::shared_ptr<spdlog::logger>, std::less<>> loggers;

  Logging() { sink->become({}, make_log_formatter(LogForm::text, "")); }
};
Logging& logging() {
  static auto* const one = new Logging;
  return *one;
}

}  // namespace

void start_logging(std::string_view service, const LogOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const bool on_terminal = options.file.empty() && ::isatty(STDERR_FILENO) == 1;
  const LogForm form = options.json ? LogForm::json : on_terminal ? LogForm::coloured : LogForm::text;
  auto& all = logging();
  const std::lock_guard lock(all.mutex);
  all.sink->become({options.file, options.file_size_max, options.files_max},
                   make_log_formatter(form, std::string(service)));
  all.level = options.level == "error" ? spdlog::level::err : spdlog::level::from_str(options.level);
  for (const auto& [name, logger] : all.loggers) logger->set_level(all.level);
}

std::shared_ptr<spdlog::logger> log(const std::string& module) {
  auto& all = logging();
  const std::lock_guard lock(all.mutex);
  auto& logger = all.loggers[module];
  if (!logger) {
    logger = std::make_shared<spdlog::logger>(module, all.sink);
    logger->set_level(all.level);
    // What a broken format string or formatter throws ends here, as one line without its arguments.
    logger->set_error_handler([](const std::string& what) {
      const std::string line = "log line lost: " + what + "\n";
      [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    });
  }
  return logger;
}

std::string log_quoted(std::string_view text) {
  constexpr std::size_t kBytesMax = 500;
  std::string out = "\"";
  for (const char c : text.substr(0, kBytesMax)) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  if (text.size() > kBytesMax) out += "…";
  return out + "\"";
}

}  // namespace base
