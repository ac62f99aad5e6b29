#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "mq/base/settings_value.hpp"

// Where values come from, brought to one form.
namespace base {

struct Source {
  std::vector<Given> given;         // in the order of the source
  std::vector<std::string> errors;  // whole lines, with their place
};

// A TOML file: `port` under [http] has the key "http.port".
Source read_toml(const std::filesystem::path& file);

// `key=value` lines, as Java's property files have them: # and ! begin a comment, blanks around key and
// value do not count. The last of several lines with one key wins.
Source read_properties(const std::filesystem::path& file);

// The command line. Keys are setting names; the program's own switches have the keys "help", "version",
// "print-config", "check-config" and "config".
Source read_flags(const std::vector<Settings::Entry>& entries, int argc, const char* const* argv);

// "http.read_max" of "order-service" -> "ORDER_SERVICE_HTTP_READ_MAX", and its flag "--http-read-max".
std::string environment_name(std::string_view program, std::string_view setting);
std::string flag_name(std::string_view setting);

}  // namespace base
