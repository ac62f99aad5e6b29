#pragma once
#include <chrono>
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
class Settings {
 public:
  Settings(std::string program, std::string about);

  // Target keeps its value as the default. Supported: bool, int, std::int64_t, std::uint16_t, std::size_t,
  // std::string, std::filesystem::path, std::vector<std::string> (comma separated outside TOML),
  // std::chrono::milliseconds ("500ms", "30s", "15m", "24h", "3d"). Sizes take "64MiB".
  using Target = std::variant<bool*, int*, std::int64_t*, std::uint16_t*, std::size_t*, std::string*,
                              std::filesystem::path*, std::vector<std::string>*, std::chrono::milliseconds*>;
  enum class Kind { plain, secret, size };  // size: std::size_t in bytes with a unit
  void add(std::string name, Target target, std::string help, Kind kind = Kind::plain);
  // Another flag for a setting, such as "-p" or "--port".
  void alias(const std::string& name, std::string flag);
  // Another key in a `key=value` file, such as RocketMQ's broker.conf: listenPort -> listen.port.
  void property_name(const std::string& name, std::string key);
  // Examples for --help, one a line.
  void example(std::string line);
  // Relations between settings, checked last; returns a sentence when broken.
  void check(std::function<std::string()> rule);

  // Nothing: go on. A number: the process is to exit with it (0 after --help and its like, 2 after errors,
  // which went to standard error).
  std::optional<int> parse(int argc, const char* const* argv);

  [[nodiscard]] std::string print() const;

 private:
  struct Entry;
  std::string program_, about_;
  std::vector<Entry> entries_;
  std::vector<std::string> examples_;
  std::vector<std::function<std::string()>> checks_;
};

}  // namespace base
