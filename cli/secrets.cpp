#include "cli/secrets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "mq/base/ids.hpp"

namespace cli {
namespace {
constexpr std::size_t kPasswordLength = 40;
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static_assert(kLetters.size() == 64, "six random bits choose one, each as likely");

[[noreturn]] void refuse(const std::filesystem::path& file, const char* what) {
  throw std::runtime_error("cannot " + std::string(what) + " " + file.string() + ": " +
                           std::generic_category().message(errno));
}
}  // namespace

std::string random_password() {
  const auto random = base::system_random();
  std::string password;
  while (password.size() < kPasswordLength) {
    auto bits = random();
    for (int letter = 0; letter < 10; ++letter, bits >>= 6) password.push_back(kLetters[bits & 63]);
  }
  return password;
}

void write_private_file(const std::filesystem::path& file, const std::string& text) {
  const auto fresh = file.string() + ".new";
  ::unlink(fresh.c_str());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) refuse(fresh, "create");
  const auto count = ::write(fd, text.data(), text.size());
  const bool whole = count == static_cast<ssize_t>(text.size());
  const bool written = whole && ::fsync(fd) == 0;
  const int why = count >= 0 && !whole ? ENOSPC : errno;  // what fits is written without an error
  ::close(fd);
  errno = why;
  if (!written) refuse(fresh, "write");
  if (::rename(fresh.c_str(), file.c_str()) != 0) refuse(file, "replace");
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string password_in(const std::string& pgpass_line, const std::string& role) {
  const auto start = "*:*:*:" + role + ":";
  if (!pgpass_line.starts_with(start) || !pgpass_line.ends_with('\n')) return {};
  return pgpass_line.substr(start.size(), pgpass_line.size() - start.size() - 1);
}

std::string password_for(const std::string& role, const std::filesystem::path& file) {
  auto password = password_in(read_file(file), role);
  if (password.empty()) {
    password = random_password();
    write_private_file(file, "*:*:*:" + role + ":" + password + "\n");
  }
  return password;
}

std::string secret_in(const std::filesystem::path& file) {
  auto secret = read_file(file);
  if (secret.empty()) {
    secret = random_password();
    write_private_file(file, secret);
  }
  return secret;
}

}  // namespace cli
