#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mq/storage/file.hpp"

namespace mq::testing {

// A disk in memory that behaves as badly as a real one may: it forgets what was not synced, page by
// page and in any order, tears the write that a crash interrupts, runs full, and fails a sync.
//
// A process is a directory() and the files opened through it. It ends by kill() (the kernel keeps
// what was written) or by power_cut() (only what was synced is certain); either way its handles answer
// errors from then on, and the lock is free.
//
// Invariant: what was synced survives everything but damage done on purpose.
// Thread rule: any thread.
class FaultyDisk {
 public:
  static constexpr std::size_t kPageSize = 512;

  FaultyDisk();
  ~FaultyDisk();

  // A new process' view of the disk.
  std::unique_ptr<storage::Directory> directory();

  // --- how a process ends ---
  void kill();
  enum class Unsynced { lost, kept };
  void power_cut(Unsynced unsynced);
  // Every unsynced page and an arbitrary beginning of the unsynced name changes survive or not, by
  // `seed`; some pages survive in part.
  void power_cut_at_random(std::uint64_t seed);

  // --- faults to come ---
  // The process dies in the `count`-th changing call from now (write, sync, rename, create, remove,
  // truncate, allocate; 1 is the next one). A write leaves its first `torn` bytes. Nothing: never.
  void die_in_call(std::optional<std::uint64_t> count, std::size_t torn = 0);
  [[nodiscard]] bool died() const;
  [[nodiscard]] std::uint64_t calls() const;                // changing calls so far
  void set_free_space(std::optional<std::uint64_t> bytes);  // of what files allocate; nothing: endless
  void fail_next_sync();                                    // of a file: the data is lost from cache too
  void fail_next_write();
  void fail_reads(bool failing);  // every read answers an I/O error

  // --- damage and inspection, of what the next process will see ---
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] base::Bytes content(std::string_view name) const;
  void set_content(std::string_view name, base::Bytes bytes);
  void flip(std::string_view name, std::size_t position, int bit = 0);
  void erase(std::string_view name);

 private:
  friend class FaultyFile;  // faulty_directory.cpp
  friend class FaultyDirectory;
  struct Inode {
    base::Bytes cached;
    base::Bytes durable;
    std::set<std::size_t> dirty;  // pages
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>, std::less<>>;

  // What follows is called with the mutex held.
  [[nodiscard]] base::Result<> enter(std::uint64_t process) const;
  [[nodiscard]] base::Result<> enter_change(std::uint64_t process);
  void end_process();
  void forget_unsynced(Inode& inode, std::mt19937_64* random) const;
  [[nodiscard]] std::shared_ptr<Inode> find(std::string_view name) const;
  [[nodiscard]] std::uint64_t used() const;
  [[nodiscard]] base::Result<> grow(Inode& inode, std::size_t size);

  mutable std::mutex mutex_;
  Names names_;
  std::vector<Names> names_since_sync_;  // the first is durable; one more for each change
  std::uint64_t process_ = 0;
  std::uint64_t directories_ = 0;
  std::optional<std::uint64_t> lock_holder_;
  bool dead_ = false;
  std::uint64_t calls_ = 0;
  std::optional<std::uint64_t> dies_at_;
  std::size_t torn_ = 0;
  std::optional<std::uint64_t> space_;
  bool fail_sync_ = false;
  bool fail_write_ = false;
  bool fail_reads_ = false;
};

}  // namespace mq::testing
