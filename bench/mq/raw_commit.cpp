#include "bench/mq/raw_commit.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "mq/base/bytes.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kFileSize = std::size_t{512} << 20;
constexpr std::size_t kFillStep = std::size_t{1} << 20;
constexpr std::size_t kReadStep = std::size_t{256} << 10;

void check(bool good, const std::filesystem::path& file) {
  if (!good) throw std::system_error(errno, std::generic_category(), file.string());
}

void write_all(int fd, base::BytesView bytes, std::size_t at, const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const auto count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    check(count > 0, file);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    at += static_cast<std::size_t>(count);
  }
}

}  // namespace

RawCommit::RawCommit(const std::filesystem::path& folder) : file_(folder / "raw-commit.bin") {}

RawCommit::~RawCommit() {
  if (fd_ >= 0) ::close(fd_);
  std::error_code ignored;  // the whole folder goes anyway
  std::filesystem::remove(file_, ignored);
}

void RawCommit::prepare(Blocks blocks) {
  if (blocks == Blocks::written && has_written_) return;
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  check(fd_ >= 0, file_);
  check(::fallocate(fd_, 0, 0, kFileSize) == 0, file_);
  if (blocks == Blocks::written) {
    const base::Bytes zeros(kFillStep);
    for (std::size_t at = 0; at < kFileSize; at += kFillStep) write_all(fd_, zeros, at, file_);
  }
  check(::fdatasync(fd_) == 0, file_);
  has_written_ = blocks == Blocks::written;
}

RawCommit::Outcome RawCommit::run_for(std::chrono::nanoseconds time, Blocks blocks, int batch_messages,
                                      std::size_t message_size) {
  prepare(blocks);
  const base::Bytes batch(static_cast<std::size_t>(batch_messages) * message_size, std::byte{'x'});
  Outcome outcome;
  std::size_t at = 0;
  std::chrono::nanoseconds used{0};
  while (used < time) {
    if (at + batch.size() > kFileSize) {
      // Round again: written blocks stay so. Those that were only allocated are written now.
      at = 0;
      if (blocks == Blocks::allocated) prepare(blocks);
    }
    const auto began = Clock::now();
    write_all(fd_, batch, at, file_);
    check(::fdatasync(fd_) == 0, file_);
    const auto took = Clock::now() - began;
    outcome.commit.add(took.count());
    used += took;
    at += batch.size();
  }
  const auto messages = static_cast<double>(outcome.commit.count()) * batch_messages;
  outcome.messages_per_second = messages / std::chrono::duration<double>(used).count();
  return outcome;
}

double read_rate(const std::filesystem::path& folder) {
  base::Bytes part(kReadStep);
  std::size_t bytes = 0;
  const auto began = Clock::now();
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".log") continue;
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    check(fd >= 0, entry.path());
    ssize_t count = 0;
    while ((count = ::read(fd, part.data(), part.size())) > 0) bytes += static_cast<std::size_t>(count);
    ::close(fd);
  }
  return static_cast<double>(bytes) / std::chrono::duration<double>(Clock::now() - began).count();
}

}  // namespace bench
