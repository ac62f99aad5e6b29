// Preloaded into the broker: counts the calls that change files of its data directory, and at the one it was
// told to, the process dies or the power goes. Or the calls fail. The orders come by environment:
//
//   FAULT_DIR       files below this folder count; without it the shim does nothing
//   FAULT_REPORT    a file that gets one line for each call: number, name, file, length
//   FAULT_KILL_AT   the number of the call that is not survived
//   FAULT_TORN      of that call, if it writes: so many thousandths are written first
//   FAULT_POWER     a seed: what was not synced is lost (0: all of it). Without it only the process dies
//   FAULT_GRAVEYARD for FAULT_POWER: a folder on the same file system
//   FAULT_LIE       syncs answer 0 and do nothing
//   FAULT_ERROR     "pwrite:28:.tmp": these calls fail with this errno while the file FAULT_SWITCH exists;
//   the
//                   third word, which may be empty, is a part of the file's name
//   FAULT_SHORT     every write writes half, and every third is interrupted first
//   FAULT_CLOCK     a file: the wall clock is wrong by the number of ms in its first 8 bytes; it may change
//   FAULT_NO_CHECKSUM  every CRC-32 and CRC-32C is 0, so that no damage is noticed
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tests/faults/unsynced.hpp"

namespace {

std::optional<long> number(const char* name) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets one
  if (text == nullptr) return {};
  return std::strtol(text, nullptr, 10);
}

std::string text(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): as above
  return value == nullptr ? std::string() : value;
}

struct Orders {
  std::string directory = text("FAULT_DIR");
  std::string report = text("FAULT_REPORT");
  std::string error = text("FAULT_ERROR"), error_switch = text("FAULT_SWITCH");
  long kill_at = number("FAULT_KILL_AT").value_or(-1);
  std::optional<long> torn = number("FAULT_TORN");
  std::optional<long> power = number("FAULT_POWER");
  bool lie = number("FAULT_LIE").has_value();
  bool short_writes = number("FAULT_SHORT").has_value();
  bool no_checksum = number("FAULT_NO_CHECKSUM").has_value();
};

// Never destroyed: other threads write until the very end.
struct Shim {
  Orders orders;
  std::mutex mutex;
  faults::Unsynced unsynced{text("FAULT_GRAVEYARD")};
  long calls = 0;
  int report = -1;
  const volatile std::int64_t* clock = nullptr;  // of another process

  Shim() {
    if (!orders.report.empty()) {
      report = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, orders.report.c_str(),
                                          O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    }
    if (const auto file = text("FAULT_CLOCK"); !file.empty()) {
      const auto fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file.c_str(), O_RDONLY | O_CLOEXEC));
      auto* const page = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
      if (page != MAP_FAILED) clock = static_cast<const volatile std::int64_t*>(page);
    }
  }
};

Shim& shim() {
  static auto* const one = new Shim;
  return *one;
}

// The name within the directory; nothing when the file is none of it.
std::optional<std::string> name_of(int fd) {
  const auto& directory = shim().orders.directory;
  if (directory.empty()) return {};
  std::string link(512, '\0');
  const auto size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), link.data(), link.size());
  if (size <= 0) return {};
  link.resize(static_cast<std::size_t>(size));
  if (link == directory) return std::string(".");
  if (!link.starts_with(directory + "/")) return {};
  return link.substr(directory.size() + 1);
}

[[noreturn]] void die() {
  auto& s = shim();
  if (s.orders.power) s.unsynced.cut(static_cast<std::uint32_t>(*s.orders.power));
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // with the mutex: no other thread gets past us
}

// Under the mutex. Whether this is the call that is not survived.
bool count(std::string_view call, const std::string& name, std::size_t length) {
  auto& s = shim();
  ++s.calls;
  if (s.report >= 0) {
    const auto line =
        std::to_string(s.calls) + " " + std::string(call) + " " + name + " " + std::to_string(length) + "\n";
    static_cast<void>(::syscall(SYS_write, s.report, line.data(), line.size()));
  }
  return s.calls == s.orders.kill_at;
}

// The errno this call fails with; 0: it does not.
int failure(std::string_view call, std::string_view name) {
  const auto& orders = shim().orders;
  if (orders.error.empty() || ::access(orders.error_switch.c_str(), F_OK) != 0) return 0;
  const std::string_view error = orders.error;
  const auto first = error.find(':'), second = error.find(':', first + 1);
  if (error.substr(0, first) != call || !name.contains(error.substr(second + 1))) return 0;
  return std::atoi(orders.error.c_str() + first + 1);
}

int failed(int error) {
  errno = error;
  return -1;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

ssize_t write_at(std::string_view call, int fd, const void* data, std::size_t length, off_t at) {
  auto& s = shim();
  const auto name = name_of(fd);
  const auto put = [&](std::size_t size) { return ::syscall(SYS_pwrite64, fd, data, size, at); };
  if (!name) return put(length);
  const std::lock_guard lock(s.mutex);
  const bool last = count(call, *name, length);
  auto size = length;
  if (last) {
    if (!s.orders.torn) die();
    size = length * static_cast<std::size_t>(*s.orders.torn) / 1000;
  } else if (const int error = failure(call, *name)) {
    return failed(error);
  } else if (s.orders.short_writes) {
    if (s.calls % 3 == 0) return failed(EINTR);
    size = std::max<std::size_t>(1, length / 2);
  }
  if (s.orders.power) s.unsynced.writing(fd, std::span(static_cast<const std::byte*>(data), size), at);
  const auto written = size == 0 ? 0 : put(size);
  if (last) die();
  return written;
}

// Of a file's content, or of the names when the descriptor is the directory's.
int sync(std::string_view call, int fd, long which) {
  auto& s = shim();
  const auto name = name_of(fd);
  if (!name) return static_cast<int>(::syscall(which, fd));
  faults::Unsynced::Serial began = 0;
  {
    const std::lock_guard lock(s.mutex);
    if (count(call, *name, 0)) die();
    if (const int error = failure(call, *name)) return failed(error);
    if (s.orders.lie) return 0;
    began = s.unsynced.now();
  }
  const auto outcome = static_cast<int>(::syscall(which, fd));
  if (outcome != 0 || !s.orders.power) return outcome;
  const std::lock_guard lock(s.mutex);
  *name == "." ? s.unsynced.names_synced(began) : s.unsynced.file_synced(fd, began);
  return 0;
}

// A call that is done or not: `note` tells what a power cut would undo, `act` does it.
template <class Note, class Act>
int whole(std::string_view call, const std::string& name, Note note, Act act) {
  auto& s = shim();
  const std::lock_guard lock(s.mutex);
  const bool last = count(call, name, 0);
  if (last && !s.orders.torn) die();
  if (const int error = last ? 0 : failure(call, name)) return failed(error);
  if (s.orders.power) note(s.unsynced);
  const auto outcome = static_cast<int>(act());
  if (last) die();
  return outcome;
}

int open_at(int directory, const char* path, int flags, mode_t mode) {
  const auto act = [&] { return ::syscall(SYS_openat, directory, path, flags, mode); };
  const auto inside = name_of(directory);
  if (inside != "." || (flags & O_DIRECTORY) != 0) return static_cast<int>(act());
  if ((flags & O_CREAT) == 0) {
    const int error = failure("openat", path);
    return error != 0 ? failed(error) : static_cast<int>(act());
  }
  return whole("openat", path, [&](auto& unsynced) { unsynced.creating(directory, path); }, act);
}

template <class Act>
int resize(std::string_view call, int fd, Act act) {
  const auto name = name_of(fd);
  if (!name) return static_cast<int>(act());
  return whole(call, *name, [&](auto& unsynced) { unsynced.resizing(fd); }, act);
}

}  // namespace

extern "C" {

ssize_t pwrite(int fd, const void* data, size_t length, off_t at) {
  return write_at("pwrite", fd, data, length, at);
}
ssize_t pwrite64(int fd, const void* data, size_t length, off64_t at) {
  return write_at("pwrite", fd, data, length, at);
}

// At the descriptor's own position; it moves like the original.
ssize_t write(int fd, const void* data, size_t length) {
  if (!name_of(fd)) return ::syscall(SYS_write, fd, data, length);
  const auto written = write_at("write", fd, data, length, ::lseek(fd, 0, SEEK_CUR));
  if (written > 0) ::lseek(fd, written, SEEK_CUR);
  return written;
}

// One part at a time: a legal short write.
ssize_t pwritev(int fd, const iovec* parts, int count, off_t at) {
  if (!name_of(fd)) return real<decltype(pwritev)>("pwritev")(fd, parts, count, at);
  return count == 0 ? 0 : write_at("pwritev", fd, parts[0].iov_base, parts[0].iov_len, at);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  if (!name_of(fd)) return ::syscall(SYS_writev, fd, parts, count);
  return count == 0 ? 0 : write(fd, parts[0].iov_base, parts[0].iov_len);
}

int fdatasync(int fd) { return sync("fdatasync", fd, SYS_fdatasync); }
int fsync(int fd) { return sync("fsync", fd, SYS_fsync); }

int ftruncate(int fd, off_t size) noexcept {
  return resize("ftruncate", fd, [&] { return ::syscall(SYS_ftruncate, fd, size); });
}
int fallocate(int fd, int mode, off_t at, off_t length) {
  return resize("fallocate", fd, [&] { return ::syscall(SYS_fallocate, fd, mode, at, length); });
}

int openat(int directory, const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list more;
    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
  }
  return open_at(directory, path, flags, mode);
}

int renameat(int directory, const char* from, int to_directory, const char* to) noexcept {
  const auto act = [&] { return ::syscall(SYS_renameat, directory, from, to_directory, to); };
  if (name_of(directory) != ".") return static_cast<int>(act());
  return whole("renameat", to, [&](auto& unsynced) { unsynced.renaming(directory, from, to); }, act);
}

int unlinkat(int directory, const char* path, int flags) noexcept {
  const auto act = [&] { return ::syscall(SYS_unlinkat, directory, path, flags); };
  if (name_of(directory) != ".") return static_cast<int>(act());
  return whole("unlinkat", path, [&](auto& unsynced) { unsynced.removing(directory, path); }, act);
}

int clock_gettime(clockid_t which, timespec* now) noexcept {
  const auto outcome = static_cast<int>(::syscall(SYS_clock_gettime, which, now));
  if (which != CLOCK_REALTIME || shim().clock == nullptr) return outcome;
  const std::int64_t wrong_ms = *shim().clock;
  const auto ms = std::int64_t{now->tv_sec} * 1000 + now->tv_nsec / 1'000'000 + wrong_ms;
  now->tv_sec = ms / 1000;
  now->tv_nsec = ms % 1000 * 1'000'000 + now->tv_nsec % 1'000'000;
  return outcome;
}

// isa-l's, which the broker's checksums are made of.
unsigned crc32_iscsi(unsigned char* data, int length, unsigned seed) {
  if (shim().orders.no_checksum) return 0;
  return real<decltype(crc32_iscsi)>("crc32_iscsi")(data, length, seed);
}
unsigned crc32_gzip_refl(unsigned seed, const unsigned char* data, std::uint64_t length) {
  if (shim().orders.no_checksum) return 0;
  return real<decltype(crc32_gzip_refl)>("crc32_gzip_refl")(seed, data, length);
}

}  // extern "C"
