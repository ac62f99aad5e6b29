#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/settings.hpp"

// The text side of a setting's value: what a person writes, and what --print-config writes back.
namespace base {

struct Settings::Entry {
  std::string name;
  Target target;
  std::string help;
  Kind kind = Kind::plain;
  std::string initial{};  // the default, as text
  std::string origin = "default";
  std::vector<std::string> flags{};  // the first is made of the name
  struct Property {
    std::string key;
    Translate translate;
  };
  std::vector<Property> properties{};
  struct Range {
    std::int64_t low, high;
  };
  std::optional<Range> range{};
  std::vector<std::string> choices{};
};

// One value as some source gave it.
struct Given {
  enum class Form { text, number, truth, list };  // how TOML wrote it; other sources only have text
  std::string key;                                // as its source spells it
  std::string place;                              // "sluice.toml:12: http.port", "--http-port"
  std::string origin;                             // "sluice.toml:12", "--http-port"
  std::vector<std::string> values;                // one, or the elements of a list
  Form form = Form::text;
  bool loose = true;  // text may stand for any type; false for TOML, which has types of its own
};

// Puts the value into its target. "" when it went well, otherwise why not, as the rest of a sentence that
// begins with the place: "70000 is not between 0 and 65535".
std::string assign(Settings::Entry& entry, const Given& given);

// The present value as TOML: 8080, "text", "30s", ["a", "b"].
std::string format_value(const Settings::Entry& entry);

// "PORT", "DURATION", …: what stands behind a flag in --help. Empty for a switch.
std::string_view placeholder(const Settings::Entry& entry);

// The nearest of `known` when it is near enough to be a slip of the hand; otherwise "".
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

std::string toml_quoted(std::string_view text);

}  // namespace base
