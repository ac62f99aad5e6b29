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
}

Ledger::~Ledger() { ::close(fd_); }

void Ledger::append(const boost::json::object& entry) {
  const auto line = boost::json::serialize(entry) + "\n";
  if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fdatasync(fd_) != 0) {
    throw std::system_error(errno, std::generic_category(), "ledger " + file_.string());
  }
}

}  // namespace sandbox
