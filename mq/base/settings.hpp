#pragma once
#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace base {

// What a program can be told, declared once: from defaults, a TOML file, the environment and flags,
// the later one wins. All errors are reported at once, each with its place.
//
//   Settings settings("order-service", "Takes orders and payments.");
//   settings.add("http.port", config.port, "port of the buyer API; 0 takes a free one");
//   if (auto exit = settings.parse(argc, argv)) return *exit;
//
// "http.port" is `port` in table [http] of the file, ORDER_SERVICE_HTTP_PORT in the environment and
// --http-port on the command line. Every program also has --config FILE, --help, --version,
// --print-config (all values with where each came from, secrets masked) and --check-config.
// A file whose name ends in .conf is read as `key=value` lines instead of TOML.
//
// Thread rule: one thread, before any other exists (it reads the environment).
class Settings {
 public:
  Settings(std::string program, std::string about);
  ~Settings();
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  // Target keeps its value as the default and must outlive parse(). Supported: bool, int, std::int64_t,
  // std::uint16_t, std::size_t, std::string, std::filesystem::path, std::vector<std::string> (comma
  // separated outside TOML), std::chrono::milliseconds ("500ms", "30s", "15m", "24h", "3d"). Sizes take
  // "64MiB". A value that is refused leaves its target as it was.
  using Target = std::variant<bool*, int*, std::int64_t*, std::uint16_t*, std::size_t*, std::string*,
                              std::filesystem::path*, std::vector<std::string>*, std::chrono::milliseconds*>;
  enum class Kind { plain, secret, size };  // size: std::size_t in bytes with a unit
  void add(std::string name, Target target, std::string help, Kind kind = Kind::plain);
  template <class T>
    requires std::constructible_from<Target, T*>
  void add(std::string name, T& target, std::string help, Kind kind = Kind::plain) {
    add(std::move(name), Target{&target}, std::move(help), kind);
  }
  // Bounds, both included, of a number; of a duration in milliseconds, of a size in bytes.
  void range(const std::string& name, std::int64_t low, std::int64_t high);
  // The only values a text may have.
  void choices(const std::string& name, std::vector<std::string> values);
  // Another flag for a setting, such as "-p" or "--port".
  void alias(const std::string& name, std::string flag);
  // Another key in a `key=value` file, such as RocketMQ's broker.conf: listenPort -> listen.port.
  // `translate` turns that file's text into ours, where the two differ ("72" hours -> "72h").
  using Translate = std::function<std::string(const std::string&)>;
  void property_name(const std::string& name, std::string key, Translate translate = {});
  // A key of such files that means nothing here: accepted, with a warning that gives `reason`.
  void property_ignored(std::string key, std::string reason);
  // How the program is called, where that is more than its name: "sluice up".
  void called(std::string command) { command_ = std::move(command); }
  // Examples for --help, one a line.
  void example(std::string line);
  // Relations between settings, checked last, when every value is good by itself; returns a sentence
  // when broken.
  void check(std::function<std::string()> rule);

  // Nothing: go on. A number: the process is to exit with it (0 after --help and its like, 2 after errors,
  // which went to standard error).
  std::optional<int> parse(int argc, const char* const* argv);

  [[nodiscard]] const std::string& program() const { return program_; }
  // All values as a TOML file, each with its origin in a comment. Secrets are masked and commented out.
  [[nodiscard]] std::string print() const;

  struct Entry;  // one setting; for the other files of this folder

 private:
  Entry& entry(const std::string& name);

  std::string program_, about_, command_;
  std::vector<Entry> entries_;
  std::vector<std::string> examples_;
  std::vector<std::pair<std::string, std::string>> ignored_;
  std::vector<std::function<std::string()>> checks_;
};

}  // namespace base
