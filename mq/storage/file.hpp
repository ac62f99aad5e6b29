#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"

namespace mq::storage {

// What storage asks of a disk. PosixDirectory is the real one; FaultyDirectory in mq/testing can
// tear a write, lose what was not synced, run full or fail a sync.
//
// Thread rule: const functions and sync() may run beside each other and beside a write on any thread;
// the rest from one thread at a time.
class File {
 public:
  virtual ~File() = default;
  [[nodiscard]] virtual base::Result<> write_at(std::size_t position, base::BytesView bytes) = 0;
  // Fewer bytes than asked for means the file ends there.
  [[nodiscard]] virtual base::Result<std::size_t> read_at(std::size_t position,
                                                          std::span<std::byte> into) const = 0;
  [[nodiscard]] virtual base::Result<> truncate(std::size_t size) = 0;
  // Makes the file `size` bytes long and takes the blocks from the disk now, so that no later write
  // below `size` can meet a full disk.
  [[nodiscard]] virtual base::Result<> allocate(std::size_t size) = 0;
  [[nodiscard]] virtual base::Result<> sync() = 0;  // fdatasync; after a failure never try again
  [[nodiscard]] virtual base::Result<std::size_t> size() const = 0;
};

// The files of one store; there are no subdirectories.
//
// Thread rule: any function from any thread, as long as no two work on the same name.
class Directory {
 public:
  virtual ~Directory() = default;
  [[nodiscard]] virtual base::Result<std::unique_ptr<File>> open(std::string_view name) = 0;  // must exist
  [[nodiscard]] virtual base::Result<std::unique_ptr<File>> create(
      std::string_view name) = 0;                                                 // or empties it
  [[nodiscard]] virtual base::Result<std::vector<std::string>> list() const = 0;  // sorted
  [[nodiscard]] virtual base::Result<> rename(std::string_view from, std::string_view to) = 0;
  [[nodiscard]] virtual base::Result<> remove(std::string_view name) = 0;
  [[nodiscard]] virtual base::Result<> sync() = 0;  // makes names durable
  // Refuses when another process holds it; kept until the directory object dies.
  [[nodiscard]] virtual base::Result<> lock() = 0;
  // Bytes free and in all on the file system.
  struct Space {
    std::uint64_t free = 0;
    std::uint64_t total = 0;
  };
  [[nodiscard]] virtual base::Result<Space> space() const = 0;
};

// Makes it when it is missing. Throws std::runtime_error with a sentence that names it.
std::unique_ptr<Directory> open_posix_directory(const std::string& path);

}  // namespace mq::storage
