#include "mq/apps/ephemeral.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "mq/apps/listeners.hpp"

namespace mq::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "sluice-mq-ephemeral.";
constexpr std::chrono::milliseconds kLook{100};
constexpr std::size_t kSegment = std::size_t{16} << 20;

// The run that a directory's name speaks of; 0: it is not exactly such a name, and not ours to remove.
pid_t owner_of(const std::string& name) {
  constexpr std::size_t kMadeUp = 7;  // ".XXXXXX"
  if (!name.starts_with(kPrefix) || name.size() <= kPrefix.size() + kMadeUp) return 0;
  pid_t pid = 0;
  const auto* const end = name.data() + name.size() - kMadeUp;
  const auto [read_to, error] = std::from_chars(name.data() + kPrefix.size(), end, pid);
  const bool made_up = *end == '.' && std::all_of(end + 1, name.data() + name.size(),
                                                  [](unsigned char c) { return std::isalnum(c) != 0; });
  return error == std::errc{} && read_to == end && made_up ? pid : 0;
}

bool is_gone(pid_t pid) { return ::kill(pid, 0) != 0 && errno == ESRCH; }

// A process of another container has a pid that nobody knows here; its store holds a lock.
bool is_unused(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return false;
  struct stat about{};
  const bool ours = ::fstat(fd, &about) == 0 && about.st_uid == ::geteuid();
  const bool unused = ours && ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  ::close(fd);
  return unused;
}

void sweep(const fs::path& folder) {
  std::error_code ignored;  // other people's directories, and those that another start removes right now
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const auto owner = owner_of(entry.path().filename().string());
    if (owner > 0 && is_gone(owner) && is_unused(entry.path())) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace

EphemeralData::EphemeralData() {
  std::error_code error;
  const auto folder = fs::temp_directory_path(error);
  if (error)
    throw CannotStart("there is no folder for temporary files (" + error.message() + "): set TMPDIR");
  sweep(folder);
  auto name = (folder / (std::string(kPrefix) + std::to_string(::getpid()) + ".XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw CannotStart("no directory can be made in " + folder.string() + " (" +
                      std::generic_category().message(errno) + "): set TMPDIR to another folder");
  }
  path_ = name;
}

void EphemeralData::serve(BrokerConfig& config) const {
  config.ephemeral = true;
  config.data = path_;
  config.segment_size = std::min(config.segment_size, kSegment);
  config.reserve_segments = 0;
}

EphemeralData::~EphemeralData() {
  std::error_code ignored;  // the next start sweeps
  fs::remove_all(path_, ignored);
}

ParentWatch::ParentWatch(boost::asio::io_context& context, std::function<void()> orphaned)
    : timer_(context), orphaned_(std::move(orphaned)), parent_(::getppid()) {
  look();
}

void ParentWatch::look() {
  if (::getppid() != parent_) return orphaned_();
  timer_.expires_after(kLook);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) look();
  });
}

}  // namespace mq::apps
