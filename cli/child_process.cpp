#include "cli/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <sstream>
#include <system_error>

#include "cli/secrets.hpp"
#include "mq/base/aio/with_deadline.hpp"
#include "mq/base/assert.hpp"

namespace cli {
namespace asio = boost::asio;
using namespace std::chrono_literals;

std::optional<boost::json::object> find_ready_line(const std::string& text) {
  std::istringstream in(text.substr(0, text.rfind('\n') + 1));
  for (std::string line; std::getline(in, line);) {
    boost::system::error_code error;
    const auto value = boost::json::parse(line, error);
    if (!error && value.is_object() && value.get_object().contains("ready")) return value.get_object();
  }
  return std::nullopt;
}

ChildProcess::ChildProcess(asio::any_io_executor executor, Spec spec)
    : executor_(std::move(executor)), spec_(std::move(spec)) {}

bool ChildProcess::reap() {
  if (!identity_) return true;
  int status = 0;
  if (::waitpid(identity_->pid, &status, WNOHANG) != identity_->pid) return false;
  ::kill(-identity_->pid, SIGKILL);  // what it started itself
  last_end_ = describe_end(status);
  identity_.reset();
  std::error_code none;
  std::filesystem::remove(spec_.pid_file, none);
  return true;
}

bool ChildProcess::look_ready() {
  if (spec_.ready) return spec_.ready();
  auto line = find_ready_line(read_file(spec_.output));
  if (line) ready_line_ = std::move(*line);
  return line.has_value();
}

asio::awaitable<ChildProcess::Started> ChildProcess::start() {
  BASE_ASSERT(!identity_, "a child has one life at a time");
  Command command = spec_.command();
  const int output = ::open(spec_.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) throw std::system_error(errno, std::generic_category(), spec_.output.string());
  command.output = output;
  try {
    const pid_t pid = spawn(command);
    identity_ = identify(pid).value_or(Identity{pid, 0});
  } catch (const std::runtime_error&) {
    ::close(output);
    throw;
  }
  ::close(output);
  write_pid_file(spec_.pid_file, *identity_);

  const auto deadline = base::deadline_in(spec_.ready_limit);
  while (!look_ready()) {
    if (reap()) co_return Started::died;
    if (std::chrono::steady_clock::now() >= deadline) {
      co_await stop(0ms);
      co_return Started::too_slow;
    }
    co_await base::sleep_for(5ms);
  }
  co_return Started::ready;
}

asio::awaitable<void> ChildProcess::ended() {
  if (reap()) co_return;
  // Our own child that nobody has waited for: its pid cannot mean another process.
  // (glibc 2.36 declares pidfd_open without C linkage.)
  const long pidfd = ::syscall(SYS_pidfd_open, identity_->pid, 0);
  if (pidfd < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
  asio::posix::stream_descriptor watch(executor_, static_cast<int>(pidfd));
  while (!reap()) co_await watch.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
}

asio::awaitable<bool> ChildProcess::stop(std::chrono::milliseconds grace) {
  if (reap()) co_return true;
  if (grace > 0ms) ::kill(identity_->pid, spec_.stop_signal);
  const auto deadline = base::deadline_in(grace);
  while (std::chrono::steady_clock::now() < deadline) {
    if (reap()) co_return true;
    co_await base::sleep_for(5ms);
  }
  ::kill(-identity_->pid, SIGKILL);
  while (!reap()) co_await base::sleep_for(5ms);
  co_return false;
}

}  // namespace cli
