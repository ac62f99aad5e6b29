#include "cli/log_view.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "cli/console.hpp"
#include "cli/secrets.hpp"

namespace cli {
namespace {
constexpr std::chrono::milliseconds kLook{200};

Colour colour_of(std::string_view level) {
  if (level == "error" || level == "critical") return Colour::red;
  if (level == "warn" || level == "warning") return Colour::yellow;
  return Colour::dim;
}

std::string text_of(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
}

std::string field_of(const boost::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? std::string{} : text_of(*value);
}

void print_line(std::string_view line, LogStyle style) {
  fmt::print("{}\n", style == LogStyle::as_written ? std::string(line) : format_log_line(line));
}

// A file by its inode: rotation gives the name to another one.
ino_t inode_of(const std::filesystem::path& file) {
  struct stat about{};
  return ::stat(file.c_str(), &about) == 0 ? about.st_ino : 0;
}

// Prints whole lines from `from` on; returns where the next one begins.
std::streamoff print_from(const std::filesystem::path& file, std::streamoff from, LogStyle style) {
  std::ifstream in(file);
  in.seekg(from);
  for (std::string line; std::getline(in, line) && !in.eof();) {
    from += static_cast<std::streamoff>(line.size()) + 1;
    print_line(line, style);
  }
  std::fflush(stdout);
  return from;
}
}  // namespace

std::string format_log_line(std::string_view line) {
  boost::system::error_code error;
  const auto value = boost::json::parse(line, error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return std::string(line);
  const auto level = field_of(*object, "level");
  auto text = fmt::format("{} {} {}: {}", paint(Colour::dim, field_of(*object, "ts")),
                          paint(colour_of(level), fmt::format("{:<5}", level)), field_of(*object, "logger"),
                          field_of(*object, "msg"));
  for (const auto& [key, field] : *object) {
    const std::string_view name = key;
    if (name == "ts" || name == "level" || name == "logger" || name == "msg" || name == "service") continue;
    text += fmt::format(" {}={}", name, text_of(field));
  }
  return text;
}

int print_log(const std::filesystem::path& file, std::size_t lines, LogStyle style) {
  if (!std::filesystem::exists(file)) {
    throw std::runtime_error(fmt::format("there is no {}; sluice status lists the names", file.string()));
  }
  for (const auto& line : last_lines(read_file(file), lines)) print_line(line, style);
  std::fflush(stdout);
  return 0;
}

int follow_log(const std::filesystem::path& file, std::size_t lines, LogStyle style) {
  print_log(file, lines, style);
  auto inode = inode_of(file);
  auto at = static_cast<std::streamoff>(std::filesystem::file_size(file));
  for (;;) {
    std::this_thread::sleep_for(kLook);
    if (const auto now = inode_of(file); now != inode && now != 0) {
      inode = now;
      at = 0;
    }
    at = print_from(file, at, style);
  }
}

}  // namespace cli
