#include "cli/identity.hpp"

#include <signal.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace cli {
namespace {
constexpr int kStateField = 0;  // counted behind the program's name
constexpr int kStartField = 19;
constexpr std::chrono::milliseconds kLook{20};

// Field `index` of what follows the last ')'.
std::string_view field_after_name(std::string_view stat_line, int index) {
  const auto name_end = stat_line.rfind(')');
  if (name_end == std::string_view::npos) return {};
  auto rest = stat_line.substr(name_end + 1);
  for (int at = 0;; ++at) {
    const auto begin = rest.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    rest.remove_prefix(begin);
    const auto field = rest.substr(0, rest.find_first_of(" \n"));
    if (at == index) return field;
    rest.remove_prefix(field.size());
  }
}

bool gone_within(const Identity& identity, std::chrono::milliseconds grace) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (is_alive(identity)) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}
}  // namespace

std::optional<std::uint64_t> start_time_of(std::string_view stat_line) {
  const auto field = field_after_name(stat_line, kStartField);
  std::uint64_t ticks = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), ticks);
  if (field.empty() || error != std::errc{} || end != field.data() + field.size()) return std::nullopt;
  return ticks;
}

std::optional<Identity> identify(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line) || field_after_name(line, kStateField) == "Z") return std::nullopt;
  const auto started = start_time_of(line);
  if (!started) return std::nullopt;
  return Identity{pid, *started};
}

bool is_alive(const Identity& identity) { return identify(identity.pid) == identity; }

void write_pid_file(const std::filesystem::path& file, const Identity& identity) {
  const auto fresh = file.string() + ".new";
  std::ofstream out(fresh);
  out << identity.pid << ' ' << identity.started << '\n';
  out.close();  // a full disk is seen here at the latest
  const auto why = errno;
  if (out.fail() || ::rename(fresh.c_str(), file.c_str()) != 0) {
    throw std::runtime_error("cannot write " + file.string() + ": " +
                             std::generic_category().message(out.fail() ? why : errno));
  }
}

std::optional<Identity> read_pid_file(const std::filesystem::path& file) {
  std::ifstream in(file);
  Identity identity;
  if (!(in >> identity.pid >> identity.started) || identity.pid <= 0) return std::nullopt;
  return identity;
}

bool end_process(const Identity& identity, int signal, std::chrono::milliseconds grace) {
  if (!is_alive(identity)) return true;
  if (::kill(identity.pid, signal) != 0 && errno == EPERM) {
    throw std::runtime_error("process " + std::to_string(identity.pid) +
                             " belongs to another user; stop it as that user, or as root");
  }
  if (gone_within(identity, grace)) return true;
  ::kill(identity.pid, SIGKILL);
  gone_within(identity, std::chrono::seconds{10});
  return false;
}

}  // namespace cli
