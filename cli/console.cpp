#include "cli/console.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

namespace cli {
namespace {
const char* code_of(Colour colour) {
  switch (colour) {
    case Colour::plain:
      return "";
    case Colour::bold:
      return "\033[1m";
    case Colour::dim:
      return "\033[2m";
    case Colour::red:
      return "\033[31m";
    case Colour::green:
      return "\033[32m";
    case Colour::yellow:
      return "\033[33m";
    case Colour::cyan:
      return "\033[36m";
  }
  return "";
}

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here changes it
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

// The blocks of East Asian wide characters that our texts use.
bool is_wide(char32_t letter) {
  return (letter >= 0x1100 && letter <= 0x115f) || (letter >= 0x2e80 && letter <= 0xa4cf) ||
         (letter >= 0xac00 && letter <= 0xd7a3) || (letter >= 0xf900 && letter <= 0xfaff) ||
         (letter >= 0xfe30 && letter <= 0xfe6f) || (letter >= 0xff00 && letter <= 0xff60) ||
         (letter >= 0x1f300 && letter <= 0x1faff) || (letter >= 0x20000 && letter <= 0x3fffd);
}
}  // namespace

bool takes_colours(std::FILE* stream) {
  return ::isatty(::fileno(stream)) == 1 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

std::string paint(Colour colour, std::string_view text) {
  if (colour == Colour::plain || !takes_colours(stdout)) return std::string(text);
  return fmt::format("{}{}\033[0m", code_of(colour), text);
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto first = static_cast<unsigned char>(utf8[at]);
    if (first == '\033') {  // a colour takes no room
      const auto end = utf8.find('m', at);
      at = end == std::string_view::npos ? utf8.size() : end + 1;
      continue;
    }
    const std::size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    char32_t letter = bytes == 1 ? first : first & (0xffU >> (bytes + 1));
    for (std::size_t next = 1; next < bytes && at + next < utf8.size(); ++next) {
      letter = (letter << 6) | (static_cast<unsigned char>(utf8[at + next]) & 0x3f);
    }
    width += is_wide(letter) ? 2 : 1;
    at += bytes;
  }
  return width;
}

std::string clip(std::string_view utf8, std::size_t width) {
  if (display_width(utf8) <= width) return std::string(utf8);
  auto end = utf8.size();
  while (end > 0 && display_width(utf8.substr(0, end)) + 1 > width) {
    do {
      --end;
    } while (end > 0 && (static_cast<unsigned char>(utf8[end]) & 0xC0U) == 0x80U);
  }
  return std::string(utf8.substr(0, end)) + "…";
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], display_width(row[at]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t at = 0; at < row.size(); ++at) {
      line += row[at];
      if (at + 1 < row.size()) line += std::string(widths[at] - display_width(row[at]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

bool confirm(std::string_view question) {
  if (::isatty(STDIN_FILENO) != 1) return false;
  fmt::print("{} [y/N] ", question);
  std::fflush(stdout);
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

std::string sentence_of(const std::exception& error) {
  if (const auto* system = dynamic_cast<const boost::system::system_error*>(&error)) {
    return system->code().message();
  }
  std::string_view text = error.what();
  constexpr std::string_view kKind = "filesystem error: ";
  if (text.starts_with(kKind)) text.remove_prefix(kKind.size());
  return std::string(text);
}

std::vector<std::string> last_lines(const std::string& text, std::size_t count) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  return lines;
}

}  // namespace cli
