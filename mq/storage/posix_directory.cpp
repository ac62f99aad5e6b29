#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "mq/storage/file.hpp"
#include "mq/storage/read_only_view.hpp"

namespace mq::storage {
namespace {

constexpr mode_t kFileMode = 0640;  // messages are not for everyone on the machine

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

base::Result<> checked(int outcome) {
  if (outcome != 0) return last_error();
  return {};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

class PosixFile final : public File {
 public:
  explicit PosixFile(Descriptor fd) : fd_(std::move(fd)) {}

  base::Result<> write_at(std::size_t position, base::BytesView bytes) override {
    while (!bytes.empty()) {
      const auto count = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(position));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return last_error();
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      position += static_cast<std::size_t>(count);
    }
    return {};
  }

  base::Result<std::size_t> read_at(std::size_t position, std::span<std::byte> into) const override {
    std::size_t total = 0;
    while (total < into.size()) {
      const auto rest = into.subspan(total);
      const auto count = ::pread(fd_.get(), rest.data(), rest.size(), static_cast<off_t>(position + total));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return last_error();
      if (count == 0) break;
      total += static_cast<std::size_t>(count);
    }
    return total;
  }

  base::Result<> truncate(std::size_t size) override {
    return checked(::ftruncate(fd_.get(), static_cast<off_t>(size)));
  }

  base::Result<> allocate(std::size_t size) override {
    // Not posix_fallocate: where the file system cannot do it, that writes to every block.
    if (::fallocate(fd_.get(), 0, 0, static_cast<off_t>(size)) == 0) return {};
    if (errno == EOPNOTSUPP || errno == ENOSYS) return truncate(size);
    return last_error();
  }

  base::Result<> sync() override { return checked(::fdatasync(fd_.get())); }

  base::Result<std::size_t> size() const override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return last_error();
    return static_cast<std::size_t>(info.st_size);
  }

 private:
  Descriptor fd_;
};

class PosixDirectory final : public Directory {
 public:
  explicit PosixDirectory(Descriptor fd, int open_flags = O_RDWR)
      : fd_(std::move(fd)), open_flags_(open_flags) {}

  base::Result<std::unique_ptr<File>> open(std::string_view name) override {
    return open_with(name, open_flags_);
  }
  base::Result<std::unique_ptr<File>> create(std::string_view name) override {
    return open_with(name, O_RDWR | O_CREAT | O_TRUNC);
  }

  base::Result<std::vector<std::string>> list() const override {
    const int copy = ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return last_error();
    DIR* const stream = ::fdopendir(copy);
    if (stream == nullptr) {
      ::close(copy);
      return last_error();
    }
    std::vector<std::string> names;
    errno = 0;
    // readdir is safe here: no other thread has this stream.
    while (const auto* item = ::readdir(stream)) {  // NOLINT(concurrency-mt-unsafe)
      const std::string_view name = item->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    const auto error = last_error();
    ::closedir(stream);
    if (error) return error;
    std::ranges::sort(names);
    return names;
  }

  base::Result<> rename(std::string_view from, std::string_view to) override {
    return checked(::renameat(fd_.get(), std::string(from).c_str(), fd_.get(), std::string(to).c_str()));
  }
  base::Result<> remove(std::string_view name) override {
    return checked(::unlinkat(fd_.get(), std::string(name).c_str(), 0));
  }
  base::Result<> sync() override { return checked(::fsync(fd_.get())); }
  base::Result<> lock() override { return checked(::flock(fd_.get(), LOCK_EX | LOCK_NB)); }

  base::Result<Space> space() const override {
    struct statvfs info{};
    if (::fstatvfs(fd_.get(), &info) != 0) return last_error();
    return Space{info.f_bavail * info.f_frsize, info.f_blocks * info.f_frsize};
  }

 private:
  base::Result<std::unique_ptr<File>> open_with(std::string_view name, int flags) {
    Descriptor fd(::openat(fd_.get(), std::string(name).c_str(), flags | O_CLOEXEC, kFileMode));
    if (fd.get() < 0) return last_error();
    return std::make_unique<PosixFile>(std::move(fd));
  }

  Descriptor fd_;
  int open_flags_;
};

}  // namespace

std::unique_ptr<Directory> open_posix_directory_to_read(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) {
    throw std::runtime_error("the data directory " + path + " cannot be opened: " + last_error().message());
  }
  return std::make_unique<PosixDirectory>(std::move(fd), O_RDONLY);
}

std::unique_ptr<Directory> open_posix_directory(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) {
    throw std::runtime_error("the data directory " + path + " cannot be made: " + failed.message());
  }
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) {
    throw std::runtime_error("the data directory " + path + " cannot be opened: " + last_error().message());
  }
  return std::make_unique<PosixDirectory>(std::move(fd));
}

}  // namespace mq::storage
