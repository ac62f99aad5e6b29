#include "cli/log_view.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "cli/console.hpp"

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

// All whole lines: the last one may be half written.
std::string whole_lines(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    throw std::runtime_error(
        fmt::format("cannot read {}: {}", file.string(), std::generic_category().message(errno)));
  }
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  text.resize(text.rfind('\n') + 1);
  return text;
}

void print_end(const std::string& text, std::size_t lines, LogStyle style) {
  for (const auto& line : last_lines(text, lines)) print_line(line, style);
  std::fflush(stdout);
}

// Prints whole lines from `from` on; returns where the next one begins.
std::streamoff print_from(std::ifstream& in, std::streamoff from, LogStyle style) {
  in.clear();
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
  print_end(whole_lines(file), lines, style);
  return 0;
}

int follow_log(const std::filesystem::path& file, std::size_t lines, LogStyle style) {
  auto inode = inode_of(file);
  std::ifstream in(file);
  std::streamoff at = 0;
  if (inode != 0) {
    const auto text = whole_lines(file);
    print_end(text, lines, style);
    at = static_cast<std::streamoff>(text.size());
  }
  for (;;) {
    std::this_thread::sleep_for(kLook);
    const auto now = inode_of(file);
    at = print_from(in, at, style);  // of the one that was renamed, its end
    if (now == inode || now == 0) continue;
    inode = now;
    in = std::ifstream(file);
    at = print_from(in, 0, style);
  }
}

}  // namespace cli
