#include "mq/base/settings_source.hpp"

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <list>
#include <sstream>
#include <system_error>
#include <utility>

namespace base {
namespace {

std::string at_line(const std::filesystem::path& file, std::size_t line) {
  return file.string() + ":" + std::to_string(line);
}

// The whole file. Nothing is opened that is not a plain file or a pipe: reading a directory "works".
bool read_text(const std::filesystem::path& file, std::string& text, std::vector<std::string>& errors) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    errors.push_back(file.string() + ": is a directory, not a file");
    return false;
  }
  std::ifstream in(file, std::ios::binary);
  std::ostringstream all;
  if (in && in.peek() != std::ifstream::traits_type::eof()) all << in.rdbuf();
  if (!in.is_open() || in.bad() || all.bad()) {
    errors.push_back(file.string() + ": cannot be read: " + std::generic_category().message(errno));
    return false;
  }
  text = std::move(all).str();
  return true;
}

// --- TOML ------------------------------------------------------------------------------------

// False for what no setting can be: dates and lists of anything but text, numbers and truths.
bool take_scalar(const toml::node& node, Given& given) {
  if (const auto* text = node.as_string()) {
    given.values.push_back(text->get());
    given.form = Given::Form::text;
  } else if (const auto* number = node.as_integer()) {
    given.values.push_back(std::to_string(number->get()));
    given.form = Given::Form::number;
  } else if (const auto* real = node.as_floating_point()) {
    std::ostringstream shortest;
    shortest << real->get();
    given.values.push_back(shortest.str());
    given.form = Given::Form::number;
  } else if (const auto* truth = node.as_boolean()) {
    given.values.emplace_back(truth->get() ? "true" : "false");
    given.form = Given::Form::truth;
  } else {
    return false;
  }
  return true;
}

void take_table(const toml::table& table, const std::string& prefix, const std::filesystem::path& file,
                Source& source) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix.empty() ? std::string(name.str()) : prefix + "." + std::string(name.str());
    if (const auto* inner = node.as_table()) {
      take_table(*inner, key, file, source);
      continue;
    }
    Given given;
    given.key = key;
    given.origin = at_line(file, name.source().begin.line);
    given.place = given.origin + ": " + key;
    given.loose = false;
    bool usable = true;
    if (const auto* list = node.as_array()) {
      for (const auto& element : *list) usable = usable && take_scalar(element, given);
      given.form = Given::Form::list;
    } else {
      usable = take_scalar(node, given);
    }
    if (usable) {
      source.given.push_back(std::move(given));
    } else {
      source.errors.push_back(given.place + ": no setting takes such a value");
    }
  }
}

}  // namespace

Source read_toml(const std::filesystem::path& file) {
  Source source;
  std::string text;
  if (!read_text(file, text, source.errors)) return source;
  try {
    take_table(toml::parse(text, file.string()), "", file, source);
  } catch (const toml::parse_error& e) {
    source.errors.push_back(at_line(file, e.source().begin.line) +
                            ": not TOML: " + std::string(e.description()));
  }
  // A table is sorted by key; a person reads from the top.
  std::ranges::sort(source.given, {}, [](const Given& g) {
    return std::pair(std::stoul(g.origin.substr(g.origin.rfind(':') + 1)), g.key);
  });
  return source;
}

// --- key=value -------------------------------------------------------------------------------

namespace {
std::string stripped(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\f");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\f") - first + 1));
}
}  // namespace

Source read_properties(const std::filesystem::path& file) {
  Source source;
  std::string text;
  if (!read_text(file, text, source.errors)) return source;
  std::istringstream lines(text);
  std::size_t number = 0;
  for (std::string raw; std::getline(lines, raw);) {
    ++number;
    const std::string line = stripped(raw);
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    const auto equals = line.find('=');
    const std::string key = stripped(line.substr(0, equals));
    if (equals == std::string::npos || key.empty()) {
      source.errors.push_back(at_line(file, number) + ": '" + line + "' is not key=value");
      continue;
    }
    Given given;
    given.key = key;
    given.origin = at_line(file, number);
    given.place = given.origin + ": " + key;
    given.values.push_back(stripped(line.substr(equals + 1)));
    source.given.push_back(std::move(given));
  }
  return source;
}

// --- flags -----------------------------------------------------------------------------------

namespace {

// What CLI11 collects for one option; every text is converted later, by assign().
struct Collected {
  std::string key;
  CLI::Option* option = nullptr;
  bool is_switch = false;
  std::vector<std::string> values{};
};

void add_option(CLI::App& app, std::list<Collected>& all, const std::string& key,
                const std::vector<std::string>& flags, bool is_switch, bool is_list) {
  auto& mine = all.emplace_back();
  mine.key = key;
  mine.is_switch = is_switch;
  std::string names;
  for (const auto& flag : flags) names += (names.empty() ? "" : ",") + flag;
  const CLI::callback_t take = [&mine](const CLI::results_t& results) {
    mine.values = results;
    return true;
  };
  mine.option = app.add_option(names, take);
  if (is_switch) mine.option->expected(0, 1)->type_size(0);
  if (!is_switch) mine.option->expected(1)->type_size(1)->allow_extra_args(false);
  mine.option->multi_option_policy(is_list ? CLI::MultiOptionPolicy::TakeAll
                                           : CLI::MultiOptionPolicy::TakeLast);
}

// What is left over: unknown flags, and words that belong to nothing.
void report_extras(const std::vector<std::string>& extras, const std::vector<std::string>& known,
                   std::vector<std::string>& errors) {
  bool after_unknown_flag = false;  // the word behind one is most likely its value
  for (const auto& extra : extras) {
    if (extra.size() < 2 || extra.front() != '-') {
      if (!after_unknown_flag) errors.push_back("unexpected argument '" + extra + "'; see --help");
      after_unknown_flag = false;
      continue;
    }
    const std::string flag = extra.substr(0, extra.find('='));
    const auto near = did_you_mean(flag, known);
    errors.push_back(flag + ": no such flag" +
                     (near.empty() ? "; see --help" : "; did you mean " + near + "?"));
    after_unknown_flag = extra.find('=') == std::string::npos;
  }
}

}  // namespace

Source read_flags(const std::vector<Settings::Entry>& entries, int argc, const char* const* argv) {
  Source source;
  CLI::App app;
  app.set_help_flag();  // ours teaches; see settings.cpp
  app.allow_extras();
  std::list<Collected> all;
  std::vector<std::string> known{"--help", "--version", "--print-config", "--check-config", "--config"};
  add_option(app, all, "help", {"-h", "--help"}, true, false);
  add_option(app, all, "version", {"--version"}, true, false);
  add_option(app, all, "print-config", {"--print-config"}, true, false);
  add_option(app, all, "check-config", {"--check-config"}, true, false);
  add_option(app, all, "config", {"--config"}, false, false);
  for (const auto& entry : entries) {
    add_option(app, all, entry.name, entry.flags, std::holds_alternative<bool*>(entry.target),
               std::holds_alternative<std::vector<std::string>*>(entry.target));
    known.insert(known.end(), entry.flags.begin(), entry.flags.end());
  }
  try {
    app.parse(argc, argv);
    report_extras(app.remaining(), known, source.errors);
  } catch (const CLI::ArgumentMismatch& e) {
    const std::string what = e.what();
    source.errors.push_back(what.substr(0, what.find(':')) + ": needs a value");
  } catch (const CLI::ParseError& e) {
    source.errors.emplace_back(e.what());
  }
  for (auto& collected : all) {
    if (collected.option->count() == 0 || collected.values.empty()) continue;
    Given given;
    given.key = collected.key;
    given.origin = given.place = collected.option->get_name();
    given.values = std::move(collected.values);
    if (collected.is_switch && given.values.back().empty()) given.values.back() = "true";
    source.given.push_back(std::move(given));
  }
  return source;
}

std::string environment_name(std::string_view program, std::string_view setting) {
  std::string name;
  for (const char c : std::string(program) + "_" + std::string(setting)) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    name += letter ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : '_';
  }
  return name;
}

std::string flag_name(std::string_view setting) {
  std::string name = "--" + std::string(setting);
  std::ranges::replace(name, '.', '-');
  std::ranges::replace(name, '_', '-');
  return name;
}

}  // namespace base
