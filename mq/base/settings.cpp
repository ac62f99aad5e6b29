#include "mq/base/settings.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "mq/base/assert.hpp"
#include "mq/base/settings_source.hpp"
#include "mq/base/settings_value.hpp"
#include "mq/base/version.hpp"

namespace base {
namespace {

void write_to(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

const Given* find(const Source& source, std::string_view key) {
  const auto at = std::ranges::find(source.given, key, &Given::key);
  return at == source.given.end() ? nullptr : &*at;
}

std::string masked(const Settings::Entry& entry, const std::string& value) {
  return entry.kind == Settings::Kind::secret && value != "\"\"" ? "\"***\"" : value;
}

// Puts what sources say into the settings and collects what is wrong with it.
class Application {
 public:
  Application(std::vector<Settings::Entry>& entries, const std::string& program,
              const std::vector<std::pair<std::string, std::string>>& ignored)
      : entries_(entries), program_(program), ignored_(ignored) {}

  void file(const std::filesystem::path& name) {
    const bool properties = name.extension() == ".conf";
    Source source = properties ? read_properties(name) : read_toml(name);
    errors.insert(errors.end(), source.errors.begin(), source.errors.end());
    for (auto& given : source.given) properties ? property(given) : setting(given);
  }

  void environment() {
    for (auto& entry : entries_) {
      const std::string name = environment_name(program_, entry.name);
      // No thread exists yet that could change it.
      const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
      if (!value) continue;
      Given given;
      given.origin = given.place = "environment " + name;
      given.values.emplace_back(value);
      put(entry, given);
    }
  }

  void flags(const Source& source) {
    errors.insert(errors.end(), source.errors.begin(), source.errors.end());
    for (const auto& given : source.given) {
      const auto entry = std::ranges::find(entries_, given.key, &Settings::Entry::name);
      if (entry != entries_.end()) put(*entry, given);
    }
  }

  std::vector<std::string> errors, warnings;

 private:
  void put(Settings::Entry& entry, const Given& given) {
    if (auto wrong = assign(entry, given); !wrong.empty()) errors.push_back(given.place + ": " + wrong);
  }

  void setting(const Given& given) {
    const auto entry = std::ranges::find(entries_, given.key, &Settings::Entry::name);
    if (entry != entries_.end()) return put(*entry, given);
    std::vector<std::string> known;
    known.reserve(entries_.size());
    for (const auto& e : entries_) known.push_back(e.name);
    unknown(given, known);
  }

  // A property file may use its own keys or ours.
  void property(Given& given) {
    for (auto& entry : entries_) {
      const auto alias = std::ranges::find(entry.properties, given.key, &Settings::Entry::Property::key);
      if (alias == entry.properties.end()) continue;
      if (alias->translate) given.values.front() = alias->translate(given.values.front());
      return put(entry, given);
    }
    for (const auto& [key, reason] : ignored_) {
      if (key == given.key) return warnings.push_back(given.place + " has no effect: " + reason);
    }
    const auto entry = std::ranges::find(entries_, given.key, &Settings::Entry::name);
    if (entry != entries_.end()) return put(*entry, given);
    std::vector<std::string> known;
    for (const auto& e : entries_) {
      known.push_back(e.name);
      for (const auto& p : e.properties) known.push_back(p.key);
    }
    unknown(given, known);
  }

  void unknown(const Given& given, const std::vector<std::string>& known) {
    const auto near = did_you_mean(given.key, known);
    errors.push_back(given.place + ": no such setting" +
                     (near.empty() ? "" : "; did you mean " + near + "?"));
  }

  std::vector<Settings::Entry>& entries_;
  const std::string& program_;
  const std::vector<std::pair<std::string, std::string>>& ignored_;
};

void help_line(std::string& out, const std::string& left, const std::string& help) {
  constexpr std::size_t kColumn = 34;
  out += "  " + left;
  if (left.size() + 2 >= kColumn - 1) {
    out += "\n" + std::string(kColumn, ' ');
  } else {
    out += std::string(kColumn - left.size() - 2, ' ');
  }
  out += help + "\n";
}

std::string help_text(const std::string& program, const std::string& command, const std::string& about,
                      const std::vector<Settings::Entry>& entries, const std::vector<std::string>& examples) {
  std::string out = program + " " + std::string(kVersion) + ": " + about + "\n\n";
  out += "Usage: " + command + " [--config FILE] [settings]\n";
  if (!examples.empty()) out += "\nExamples:\n";
  for (const auto& example : examples) out += "  " + example + "\n";
  out += "\nSettings:\n";
  for (const auto& entry : entries) {
    std::string left;
    for (const auto& flag : entry.flags) left += (left.empty() ? "" : ", ") + flag;
    if (const auto word = placeholder(entry); !word.empty()) left += " " + std::string(word);
    std::string help = entry.help;
    const std::string initial = masked(entry, entry.initial);
    const bool is_text = initial.starts_with('"');
    const std::string shown = is_text ? initial.substr(1, initial.size() - 2) : initial;
    if (!shown.empty() && shown != "[]") help += " [" + shown + "]";
    help_line(out, left, help);
  }
  out += "\nAlways there:\n";
  help_line(out, "--config FILE",
            "read settings from a TOML file, or from key=value lines when it ends in .conf");
  help_line(out, "--print-config", "print every setting, its value and where the value came from");
  help_line(out, "--check-config",
            "say what is wrong with the settings, exit 0 when nothing is, 2 otherwise");
  help_line(out, "--version", "print the version");
  help_line(out, "-h, --help", "print this");
  if (!entries.empty()) {
    // The first setting in a table shows all three spellings best.
    const auto dotted = std::ranges::find_if(entries, [](const auto& e) { return e.name.contains('.'); });
    const auto& entry = dotted == entries.end() ? entries.front() : *dotted;
    const auto dot = entry.name.rfind('.');
    const bool in_table = dot != std::string::npos;
    out += "\nA setting comes from its default, the file, the environment or a flag; the later one wins. " +
           entry.flags.front() + "\nis " +
           (in_table ? "`" + entry.name.substr(dot + 1) + "` under [" + entry.name.substr(0, dot) + "]"
                     : "`" + entry.name + "`") +
           " in the file and " + environment_name(program, entry.name) + " in the environment.\n";
  }
  return out;
}

}  // namespace

Settings::Settings(std::string program, std::string about)
    : program_(std::move(program)), about_(std::move(about)), command_(program_) {}
Settings::~Settings() = default;

void Settings::add(std::string name, Target target, std::string help, Kind kind) {
  BASE_ASSERT(std::ranges::find(entries_, name, &Entry::name) == entries_.end(),
              "a setting is declared once");
  Entry entry{.name = std::move(name), .target = target, .help = std::move(help), .kind = kind};
  entry.flags.push_back(flag_name(entry.name));
  entry.initial = format_value(entry);
  entries_.push_back(std::move(entry));
}

Settings::Entry& Settings::entry(const std::string& name) {
  const auto at = std::ranges::find(entries_, name, &Entry::name);
  BASE_ASSERT(at != entries_.end(), "add() the setting first");
  return *at;
}

void Settings::range(const std::string& name, std::int64_t low, std::int64_t high) {
  entry(name).range = Entry::Range{low, high};
}
void Settings::choices(const std::string& name, std::vector<std::string> values) {
  entry(name).choices = std::move(values);
}
void Settings::alias(const std::string& name, std::string flag) {
  entry(name).flags.push_back(std::move(flag));
}
void Settings::property_name(const std::string& name, std::string key, Translate translate) {
  entry(name).properties.push_back({std::move(key), std::move(translate)});
}
void Settings::property_ignored(std::string key, std::string reason) {
  ignored_.emplace_back(std::move(key), std::move(reason));
}
void Settings::example(std::string line) { examples_.push_back(std::move(line)); }
void Settings::check(std::function<std::string()> rule) { checks_.push_back(std::move(rule)); }

std::optional<int> Settings::parse(int argc, const char* const* argv) {
  const Source flags = read_flags(entries_, argc, argv);
  if (find(flags, "help")) {
    write_to(stdout, help_text(program_, command_, about_, entries_, examples_));
    return 0;
  }
  if (find(flags, "version")) {
    write_to(stdout, program_ + " " + std::string(kVersion) + "\n");
    return 0;
  }
  Application application(entries_, program_, ignored_);
  const char* named =
      std::getenv(environment_name(program_, "config").c_str());  // NOLINT(concurrency-mt-unsafe)
  if (const auto* given = find(flags, "config")) {
    application.file(given->values.back());
  } else if (named && *named) {
    application.file(named);
  }
  application.environment();
  application.flags(flags);

  auto& errors = application.errors;
  if (errors.empty()) {
    for (const auto& rule : checks_) {
      if (auto sentence = rule(); !sentence.empty()) errors.push_back(std::move(sentence));
    }
  }
  for (const auto& warning : application.warnings) write_to(stderr, program_ + ": " + warning + "\n");
  for (const auto& error : errors) write_to(stderr, program_ + ": " + error + "\n");
  if (find(flags, "print-config")) {
    write_to(stdout, print());
    return errors.empty() ? 0 : 2;
  }
  if (!errors.empty()) return 2;
  if (find(flags, "check-config")) {
    write_to(stdout, program_ + ": the settings are good\n");
    return 0;
  }
  return std::nullopt;
}

std::string Settings::print() const {
  std::string out = "# " + program_ + " " + std::string(kVersion) + "\n";
  // TOML wants what belongs to no table before the first one, and each table once.
  std::vector<std::string> tables{""};
  auto table_of = [](const Entry& e) {
    const auto dot = e.name.rfind('.');
    return dot == std::string::npos ? std::string() : e.name.substr(0, dot);
  };
  for (const auto& e : entries_) {
    if (std::ranges::find(tables, table_of(e)) == tables.end()) tables.push_back(table_of(e));
  }
  for (const auto& table : tables) {
    if (!table.empty()) out += "\n[" + table + "]\n";
    for (const auto& e : entries_) {
      if (table_of(e) != table) continue;
      const std::string value = format_value(e);
      const std::string shown = masked(e, value);
      // A mask that is read back would become the secret.
      if (shown != value) out += "# ";
      out += e.name.substr(table.empty() ? 0 : table.size() + 1) + " = " + shown + "  # " + e.origin + "\n";
    }
  }
  return out;
}

}  // namespace base
