#include "cli/preflight.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "cli/identity.hpp"
#include "cli/secrets.hpp"

namespace cli {
namespace fs = std::filesystem;

namespace {
constexpr std::uintmax_t kFreeBytesMin = std::uintmax_t{512} << 20;
constexpr std::chrono::seconds kLeftoverGrace{15};

// 0, or why the port cannot be bound. SO_REUSEADDR, as every listener of ours: connections that linger
// from an earlier run are no obstacle.
int bind_error(const std::string& ip, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, ip.c_str(), &address.sin_addr);
  sockaddr generic{};
  static_assert(sizeof generic == sizeof address);
  std::memcpy(&generic, &address, sizeof address);
  const int error = ::bind(fd, &generic, sizeof address) == 0 && ::listen(fd, 1) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

bool same_file(const fs::path& one, const fs::path& other) {
  std::error_code none;
  return fs::file_size(one, none) == fs::file_size(other, none) &&
         fs::last_write_time(one, none) == fs::last_write_time(other, none) && !none;
}
}  // namespace

DirectoryLock::DirectoryLock(const Layout& layout) {
  fd_ = ::open(layout.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) {
    throw std::runtime_error(
        fmt::format("cannot open {}: {}", layout.lock().string(), std::generic_category().message(errno)));
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd_);
    const auto holder = read_pid_file(layout.pid_of("sluice"));
    throw std::runtime_error(fmt::format(
        "{} is in use by a running sluice{}; stop it with: sluice down --dir {}", layout.root.string(),
        holder ? fmt::format(" (pid {})", holder->pid) : "", layout.root.string()));
  }
}

DirectoryLock::~DirectoryLock() { ::close(fd_); }

void clear_leftovers(const Layout& layout, const std::function<void(const std::string& name)>& tell) {
  for (const auto& entry : fs::directory_iterator(layout.run())) {
    const auto name = entry.path().stem().string();
    if (entry.path().extension() != ".pid" || name == "sluice") continue;
    if (const auto left = read_pid_file(entry.path()); left && is_alive(*left)) {
      tell(name);
      end_process(*left, name == kPostgres ? SIGINT : SIGTERM, kLeftoverGrace);
    }
    fs::remove(entry.path());
  }
}

void check_ports(const std::string& ip, const std::vector<Listener>& listeners) {
  for (const auto& listener : listeners) {
    const int error = bind_error(ip, listener.port);
    if (error == 0) continue;
    auto flag = "--" + listener.setting;
    for (char& letter : flag) letter = letter == '.' || letter == '_' ? '-' : letter;
    if (error != EADDRINUSE) {
      throw std::runtime_error(fmt::format("cannot listen on {}:{} for {}: {}", ip, listener.port,
                                           listener.what, std::generic_category().message(error)));
    }
    throw std::runtime_error(
        fmt::format("port {} ({}) on {} is in use by another program; stop that one, or choose another port "
                    "with {} (setting {} in sluice.toml)",
                    listener.port, listener.what, ip, flag, listener.setting));
  }
}

void check_disk(const Layout& layout) {
  const auto free = fs::space(layout.root).available;
  if (free >= kFreeBytesMin) return;
  throw std::runtime_error(
      fmt::format("only {} MiB are free below {}, and a start needs {} MiB; make room, or name "
                  "another directory with --dir",
                  free >> 20, layout.root.string(), kFreeBytesMin >> 20));
}

void copy_programs(const std::vector<std::string>& names, const fs::path& from, const fs::path& to) {
  if (fs::exists(to) && fs::equivalent(from, to)) return;
  for (const auto& name : names) {
    if (!fs::exists(from / name)) {
      throw std::runtime_error(fmt::format("{} is missing; build it with ./run", (from / name).string()));
    }
    if (same_file(from / name, to / name)) continue;
    // A running program cannot be written, but its name can be given to another file.
    const auto fresh = to / (name + ".new");
    fs::copy_file(from / name, fresh, fs::copy_options::overwrite_existing);
    fs::last_write_time(fresh, fs::last_write_time(from / name));
    fs::rename(fresh, to / name);
  }
}

}  // namespace cli
