#include "sandbox/ledger.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

namespace sandbox {

Ledger::Ledger(std::filesystem::path file, const Entry& replay) : file_(std::move(file)) {
  std::ifstream in(file_, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::size_t begin = 0;
  for (std::size_t line = 1;; ++line) {
    const auto end = text.find('\n', begin);
    if (end == std::string::npos) break;
    boost::system::error_code error;
    const auto entry = boost::json::parse({text.data() + begin, end - begin}, error);
    if (error || !entry.is_object()) {
      throw std::runtime_error(file_.string() + ":" + std::to_string(line) +
                               ": not a ledger entry; restore the file or move it away");
    }
    replay(entry.get_object());
    begin = end + 1;
  }
  fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0 || ::ftruncate(fd_, static_cast<off_t>(begin)) != 0) {
    throw std::system_error(errno, std::generic_category(), "ledger " + file_.string());
  }
  sync_folder();
}

Ledger::~Ledger() { ::close(fd_); }

// A new file is there after a crash only when its name is.
void Ledger::sync_folder() const {
  const auto folder = std::filesystem::absolute(file_).parent_path();
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int reason = errno;
  if (fd >= 0) ::close(fd);
  if (!synced) throw std::system_error(reason, std::generic_category(), "ledger folder " + folder.string());
}

void Ledger::append(const boost::json::object& entry) {
  // Behind half a line another one would make a line that no restart can read, and a sync that failed
  // once may say yes the next time without having written anything.
  if (failed_) throw std::system_error(EIO, std::generic_category(), "ledger " + file_.string());
  const auto line = boost::json::serialize(entry) + "\n";
  const auto written = ::write(fd_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size()) && ::fdatasync(fd_) == 0) return;
  failed_ = true;
  const int reason = written >= 0 && written < static_cast<ssize_t>(line.size()) ? ENOSPC : errno;
  throw std::system_error(reason, std::generic_category(), "ledger " + file_.string());
}

}  // namespace sandbox
