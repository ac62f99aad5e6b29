#include <algorithm>
#include <limits>
#include <utility>

#include "mq/testing/faulty_disk.hpp"

namespace mq::testing {

namespace errc = boost::system::errc;

// One open file of one process.
class FaultyFile final : public storage::File {
 public:
  FaultyFile(FaultyDisk& disk, std::uint64_t process, std::shared_ptr<FaultyDisk::Inode> inode)
      : disk_(disk), process_(process), inode_(std::move(inode)) {}

  base::Result<> write_at(std::size_t position, base::BytesView bytes) override {
    const std::lock_guard hold(disk_.mutex_);
    auto entered = disk_.enter_change(process_);
    if (!entered && disk_.dead_ && disk_.dies_at_ && disk_.calls_ == *disk_.dies_at_) {
      bytes = bytes.first(std::min(std::exchange(disk_.torn_, 0), bytes.size()));
    } else if (!entered) {
      return entered;
    }
    if (std::exchange(disk_.fail_write_, false)) return make_error_code(errc::io_error);
    if (bytes.empty()) return entered;
    if (auto done = disk_.grow(*inode_, position + bytes.size()); !done) return done;
    std::ranges::copy(bytes, inode_->cached.begin() + static_cast<std::ptrdiff_t>(position));
    for (auto page = position / FaultyDisk::kPageSize; page * FaultyDisk::kPageSize < position + bytes.size();
         ++page) {
      inode_->dirty.insert(page);
    }
    return entered;
  }

  base::Result<std::size_t> read_at(std::size_t position, std::span<std::byte> into) const override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto alive = disk_.enter(process_); !alive) return alive.error();
    if (disk_.fail_reads_) return make_error_code(errc::io_error);
    const auto& bytes = inode_->cached;
    if (position >= bytes.size()) return std::size_t{0};
    const auto count = std::min(into.size(), bytes.size() - position);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(position), count, into.begin());
    return count;
  }

  base::Result<> truncate(std::size_t size) override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto done = disk_.enter_change(process_); !done) return done;
    if (size > inode_->cached.size()) return disk_.grow(*inode_, size);
    inode_->cached.resize(size);
    return {};
  }

  base::Result<> allocate(std::size_t size) override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto done = disk_.enter_change(process_); !done) return done;
    return disk_.grow(*inode_, size);
  }

  base::Result<> sync() override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto done = disk_.enter_change(process_); !done) return done;
    if (std::exchange(disk_.fail_sync_, false)) {
      // What Linux does: the error is told once, the pages count as clean, the disk has the old bytes.
      inode_->dirty.clear();
      return make_error_code(errc::io_error);
    }
    inode_->durable.resize(inode_->cached.size());
    for (const auto page : inode_->dirty) {
      const auto from = page * FaultyDisk::kPageSize;
      if (from >= inode_->cached.size()) continue;
      const auto count = std::min(FaultyDisk::kPageSize, inode_->cached.size() - from);
      std::copy_n(inode_->cached.begin() + static_cast<std::ptrdiff_t>(from), count,
                  inode_->durable.begin() + static_cast<std::ptrdiff_t>(from));
    }
    inode_->dirty.clear();
    return {};
  }

  base::Result<std::size_t> size() const override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto alive = disk_.enter(process_); !alive) return alive.error();
    return inode_->cached.size();
  }

 private:
  FaultyDisk& disk_;
  std::uint64_t process_;
  std::shared_ptr<FaultyDisk::Inode> inode_;
};

class FaultyDirectory final : public storage::Directory {
 public:
  FaultyDirectory(FaultyDisk& disk, std::uint64_t process, std::uint64_t serial)
      : disk_(disk), process_(process), serial_(serial) {}
  ~FaultyDirectory() override {
    const std::lock_guard hold(disk_.mutex_);
    if (disk_.lock_holder_ == serial_) disk_.lock_holder_.reset();
  }
  FaultyDirectory(const FaultyDirectory&) = delete;
  FaultyDirectory& operator=(const FaultyDirectory&) = delete;

  base::Result<std::unique_ptr<storage::File>> open(std::string_view name) override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto alive = disk_.enter(process_); !alive) return alive.error();
    auto inode = disk_.find(name);
    if (!inode) return make_error_code(errc::no_such_file_or_directory);
    return std::make_unique<FaultyFile>(disk_, process_, std::move(inode));
  }

  base::Result<std::unique_ptr<storage::File>> create(std::string_view name) override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto done = disk_.enter_change(process_); !done) return done.error();
    auto inode = std::make_shared<FaultyDisk::Inode>();
    disk_.names_[std::string(name)] = inode;
    changed();
    return std::make_unique<FaultyFile>(disk_, process_, std::move(inode));
  }

  base::Result<std::vector<std::string>> list() const override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto alive = disk_.enter(process_); !alive) return alive.error();
    std::vector<std::string> all;
    for (const auto& [name, inode] : disk_.names_) all.push_back(name);
    return all;
  }

  base::Result<> rename(std::string_view from, std::string_view to) override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto done = disk_.enter_change(process_); !done) return done;
    auto inode = disk_.find(from);
    if (!inode) return make_error_code(errc::no_such_file_or_directory);
    disk_.names_.erase(disk_.names_.find(from));
    disk_.names_[std::string(to)] = std::move(inode);
    changed();
    return {};
  }

  base::Result<> remove(std::string_view name) override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto done = disk_.enter_change(process_); !done) return done;
    const auto at = disk_.names_.find(name);
    if (at == disk_.names_.end()) return make_error_code(errc::no_such_file_or_directory);
    disk_.names_.erase(at);
    changed();
    return {};
  }

  base::Result<> sync() override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto done = disk_.enter_change(process_); !done) return done;
    disk_.names_since_sync_ = {disk_.names_};
    return {};
  }

  base::Result<> lock() override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto alive = disk_.enter(process_); !alive) return alive;
    if (disk_.lock_holder_ && disk_.lock_holder_ != serial_) {
      return make_error_code(errc::resource_unavailable_try_again);
    }
    disk_.lock_holder_ = serial_;
    return {};
  }

  base::Result<Space> space() const override {
    const std::lock_guard hold(disk_.mutex_);
    if (auto alive = disk_.enter(process_); !alive) return alive.error();
    if (!disk_.space_)
      return Space{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()};
    const auto used = disk_.used();
    return Space{*disk_.space_ > used ? *disk_.space_ - used : 0, *disk_.space_};
  }

 private:
  void changed() { disk_.names_since_sync_.push_back(disk_.names_); }

  FaultyDisk& disk_;
  std::uint64_t process_;
  std::uint64_t serial_;
};

std::unique_ptr<storage::Directory> FaultyDisk::directory() {
  const std::lock_guard hold(mutex_);
  return std::make_unique<FaultyDirectory>(*this, process_, ++directories_);
}

}  // namespace mq::testing
