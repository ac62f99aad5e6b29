#include "mq/base/clock_page.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>

#include "mq/base/assert.hpp"

namespace base {
namespace {
constexpr std::size_t kPageSize = 4096;
constexpr std::uint64_t kMagic = 0x534c55434c4b3031;  // "SLUCLK01"

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}
}  // namespace

// Native byte order: the page never leaves the machine it was made on.
struct ClockPage::Page {
  std::uint64_t magic;
  std::atomic<std::int64_t> durable_ms;  // written and synced first
  std::atomic<std::int64_t> offset_ms;   // what now() adds; never ahead of durable_ms
};

ClockPage::ClockPage(const std::filesystem::path& file) {
  const std::string what = "clock page " + file.string();
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) fail(what);
  try {
    map(file, what);
  } catch (...) {
    ::close(fd_);  // the destructor of an object that never was does not run
    throw;
  }
}

void ClockPage::map(const std::filesystem::path& file, const std::string& what) {
  if (::flock(fd_, LOCK_EX) != 0) fail(what);  // two processes may create it at once
  if (::lseek(fd_, 0, SEEK_END) == 0) {
    std::array<std::byte, kPageSize> fresh{};
    std::memcpy(fresh.data(), &kMagic, sizeof kMagic);
    if (::pwrite(fd_, fresh.data(), fresh.size(), 0) != static_cast<ssize_t>(fresh.size()) ||
        ::fsync(fd_) != 0) {
      fail(what);
    }
  }
  void* mapped = ::mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (mapped == MAP_FAILED) fail(what);
  page_ = static_cast<Page*>(mapped);
  if (page_->magic != kMagic) {
    ::munmap(mapped, kPageSize);
    throw std::runtime_error(file.string() + " is not a clock page; name another file or remove it");
  }
  // A crash between the two stores of advance() left a durable offset that nobody saw yet.
  if (page_->durable_ms.load() > page_->offset_ms.load()) page_->offset_ms.store(page_->durable_ms.load());
  ::flock(fd_, LOCK_UN);
}

ClockPage::~ClockPage() {
  ::munmap(page_, kPageSize);
  ::close(fd_);
}

Time ClockPage::now() const { return SystemClock{}.now() + offset(); }

std::chrono::milliseconds ClockPage::offset() const {
  return std::chrono::milliseconds{page_->offset_ms.load(std::memory_order_acquire)};
}

void ClockPage::advance(std::chrono::milliseconds by) {
  BASE_ASSERT(by.count() >= 0, "the clock only grows");
  ::flock(fd_, LOCK_EX);
  const std::int64_t next = page_->offset_ms.load() + by.count();
  page_->durable_ms.store(next);
  const bool durable = ::msync(page_, kPageSize, MS_SYNC) == 0;
  if (durable) page_->offset_ms.store(next, std::memory_order_release);
  ::flock(fd_, LOCK_UN);
  if (!durable) fail("clock page");
}

std::unique_ptr<Clock> open_clock(const std::filesystem::path& file) {
  if (file.empty()) return std::make_unique<SystemClock>();
  return std::make_unique<ClockPage>(file);
}

}  // namespace base
