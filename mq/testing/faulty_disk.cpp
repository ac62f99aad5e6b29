#include "mq/testing/faulty_disk.hpp"

#include <algorithm>

#include "mq/base/assert.hpp"

namespace mq::testing {

namespace errc = boost::system::errc;

FaultyDisk::FaultyDisk() : names_since_sync_(1) {}
FaultyDisk::~FaultyDisk() = default;

void FaultyDisk::kill() {
  const std::lock_guard hold(mutex_);
  end_process();
}

void FaultyDisk::power_cut(Unsynced unsynced) {
  const std::lock_guard hold(mutex_);
  end_process();
  if (unsynced == Unsynced::kept) return;
  names_ = names_since_sync_.front();
  names_since_sync_ = {names_};
  for (auto& [name, inode] : names_) forget_unsynced(*inode, nullptr);
}

void FaultyDisk::power_cut_at_random(std::uint64_t seed) {
  const std::lock_guard hold(mutex_);
  end_process();
  std::mt19937_64 random(seed);
  names_ = names_since_sync_[random() % names_since_sync_.size()];
  names_since_sync_ = {names_};
  for (auto& [name, inode] : names_) forget_unsynced(*inode, &random);
}

void FaultyDisk::end_process() {
  ++process_;
  lock_holder_.reset();
  dead_ = false;
  dies_at_.reset();
}

// Without a random source every unsynced page is lost; with one each survives, in part or not at all.
void FaultyDisk::forget_unsynced(Inode& inode, std::mt19937_64* random) const {
  auto& disk = inode.durable;
  for (const auto page : inode.dirty) {
    if (random == nullptr || (*random)() % 2 == 0) continue;
    const auto from = page * kPageSize;
    if (from >= inode.cached.size()) continue;
    auto count = std::min(kPageSize, inode.cached.size() - from);
    if ((*random)() % 4 == 0) count = (*random)() % (count + 1);
    if (disk.size() < from + count) disk.resize(from + count);
    std::copy_n(inode.cached.begin() + static_cast<std::ptrdiff_t>(from), count,
                disk.begin() + static_cast<std::ptrdiff_t>(from));
  }
  inode.cached = disk;
  inode.dirty.clear();
}

void FaultyDisk::die_in_call(std::optional<std::uint64_t> count, std::size_t torn) {
  const std::lock_guard hold(mutex_);
  dies_at_ = count ? std::optional(calls_ + *count) : std::nullopt;
  torn_ = torn;
}
bool FaultyDisk::died() const {
  const std::lock_guard hold(mutex_);
  return dead_;
}
std::uint64_t FaultyDisk::calls() const {
  const std::lock_guard hold(mutex_);
  return calls_;
}
void FaultyDisk::set_free_space(std::optional<std::uint64_t> bytes) {
  const std::lock_guard hold(mutex_);
  space_ = bytes ? std::optional(used() + *bytes) : std::nullopt;
}
void FaultyDisk::fail_next_sync() {
  const std::lock_guard hold(mutex_);
  fail_sync_ = true;
}
void FaultyDisk::fail_next_write() {
  const std::lock_guard hold(mutex_);
  fail_write_ = true;
}
void FaultyDisk::fail_reads(bool failing) {
  const std::lock_guard hold(mutex_);
  fail_reads_ = failing;
}

std::vector<std::string> FaultyDisk::names() const {
  const std::lock_guard hold(mutex_);
  std::vector<std::string> all;
  for (const auto& [name, inode] : names_) all.push_back(name);
  return all;
}
base::Bytes FaultyDisk::content(std::string_view name) const {
  const std::lock_guard hold(mutex_);
  const auto inode = find(name);
  BASE_ASSERT(inode, "the test names a file that exists");
  return inode->cached;
}
void FaultyDisk::set_content(std::string_view name, base::Bytes bytes) {
  const std::lock_guard hold(mutex_);
  auto& inode = names_[std::string(name)];
  inode = std::make_shared<Inode>(Inode{bytes, bytes, {}});
  names_since_sync_ = {names_};
}
void FaultyDisk::flip(std::string_view name, std::size_t position, int bit) {
  const std::lock_guard hold(mutex_);
  const auto inode = find(name);
  BASE_ASSERT(inode && position < inode->cached.size(), "the test flips a byte that exists");
  const auto mask = static_cast<std::byte>(1 << bit);
  inode->cached[position] ^= mask;
  if (position < inode->durable.size()) inode->durable[position] ^= mask;
}
void FaultyDisk::erase(std::string_view name) {
  const std::lock_guard hold(mutex_);
  const auto at = names_.find(name);
  BASE_ASSERT(at != names_.end(), "the test names a file that exists");
  names_.erase(at);
  names_since_sync_ = {names_};
}

std::shared_ptr<FaultyDisk::Inode> FaultyDisk::find(std::string_view name) const {
  const auto at = names_.find(name);
  return at == names_.end() ? nullptr : at->second;
}

std::uint64_t FaultyDisk::used() const {
  std::uint64_t total = 0;
  for (const auto& [name, inode] : names_) total += inode->cached.size();
  return total;
}

base::Result<> FaultyDisk::enter(std::uint64_t process) const {
  if (dead_ || process != process_) return make_error_code(errc::io_error);
  return {};
}

base::Result<> FaultyDisk::enter_change(std::uint64_t process) {
  if (auto alive = enter(process); !alive) return alive;
  ++calls_;
  if (dies_at_ && calls_ >= *dies_at_) {
    dead_ = true;
    return make_error_code(errc::io_error);
  }
  return {};
}

base::Result<> FaultyDisk::grow(Inode& inode, std::size_t size) {
  if (size <= inode.cached.size()) return {};
  if (space_ && used() + (size - inode.cached.size()) > *space_)
    return make_error_code(errc::no_space_on_device);
  for (auto page = inode.cached.size() / kPageSize; page * kPageSize < size; ++page) inode.dirty.insert(page);
  inode.cached.resize(size);
  return {};
}

}  // namespace mq::testing
