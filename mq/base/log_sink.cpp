#include "mq/base/log_sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace base {
namespace {

// How much of `text` the descriptor took. errno says why when it is not all.
std::size_t write_all(int fd, std::string_view text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace

LogSink::~LogSink() { close(); }

void LogSink::become(Where where, std::unique_ptr<spdlog::formatter> formatter) {
  const std::lock_guard lock(mutex_);
  close();
  where_ = std::move(where);
  next_try_ = {};
  set_formatter_(std::move(formatter));
}

std::uint64_t LogSink::diverted() {
  const std::lock_guard lock(mutex_);
  return diverted_;
}

void LogSink::sink_it_(const spdlog::details::log_msg& msg) {
  spdlog::memory_buf_t buffer;
  formatter_->format(msg, buffer);
  const std::string_view line{buffer.data(), buffer.size()};
  if (where_.file.empty()) {
    write_all(STDERR_FILENO, line);  // nobody is left to be told when this fails
    return;
  }
  if (write_to_file(line)) return;
  ++diverted_;
  write_all(STDERR_FILENO, line);
}

bool LogSink::write_to_file(std::string_view line) {
  const auto now = std::chrono::steady_clock::now();
  if (fd_ < 0) {
    if (now < next_try_) return false;
    if (!open()) {
      next_try_ = now + std::chrono::seconds{1};
      const std::string why = std::generic_category().message(errno);
      write_all(STDERR_FILENO,
                "log file " + where_.file.string() + " cannot be opened, lines come here: " + why + "\n");
      return false;
    }
  }
  if (rotates_ && size_ > 0 && size_ + line.size() > where_.file_size_max) rotate();
  if (fd_ < 0) return false;
  const std::size_t done = write_all(fd_, line);
  size_ += done;
  if (done == line.size()) return true;
  const std::string why = std::generic_category().message(errno);
  // A torn line would swallow the next one; a failed cut leaves it torn, which is all that can be done.
  if (rotates_ && done > 0 && ::ftruncate(fd_, static_cast<off_t>(size_ - done)) != 0) errno = 0;
  close();
  next_try_ = now + std::chrono::seconds{1};
  write_all(STDERR_FILENO,
            "log file " + where_.file.string() + " cannot be written, lines come here: " + why + "\n");
  return false;
}

bool LogSink::open() {
  std::error_code ignored;  // open() below says what is wrong
  if (where_.file.has_parent_path()) std::filesystem::create_directories(where_.file.parent_path(), ignored);
  fd_ = ::open(where_.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
  if (fd_ < 0) return false;
  struct stat facts{};
  const bool known = ::fstat(fd_, &facts) == 0;
  rotates_ = known && S_ISREG(facts.st_mode);
  size_ = known ? static_cast<std::uint64_t>(facts.st_size) : 0;
  return true;
}

void LogSink::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

// A rename that fails leaves the file where it is, growing: better a large log than none.
void LogSink::rotate() {
  close();
  std::error_code ignored;
  const auto numbered = [&](std::size_t n) {
    return n == 0 ? where_.file : std::filesystem::path(where_.file.string() + "." + std::to_string(n));
  };
  if (where_.files_max <= 1) std::filesystem::remove(where_.file, ignored);
  for (std::size_t n = where_.files_max; n-- > 1;) {
    std::filesystem::rename(numbered(n - 1), numbered(n), ignored);
  }
  if (!open()) next_try_ = std::chrono::steady_clock::now() + std::chrono::seconds{1};
}

}  // namespace base
