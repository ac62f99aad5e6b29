#pragma once
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace faults {

// What a power cut can take from the files of one directory: written pages, sizes and names that no
// completed sync covers. Pages go one by one and fall back to an earlier state, sometimes in the middle of
// themselves; names go from the newest backwards, as a journal loses them.
//
// Stricter than most file systems: syncing a new file does not make its name durable.
// Thread rule: one thread at a time; the caller has a mutex.
class Unsynced {
 public:
  using Serial = std::uint64_t;

  // `graveyard` is a folder of the same file system, where removed files wait for their return.
  explicit Unsynced(std::string graveyard) : graveyard_(std::move(graveyard)) {}

  // Before the call does it.
  void writing(int fd, std::span<const std::byte> bytes, off_t at);
  void resizing(int fd);
  void creating(int directory, const std::string& name);
  void renaming(int directory, const std::string& from, const std::string& to);
  void removing(int directory, const std::string& name);

  // A sync covers what was there when it began.
  [[nodiscard]] Serial now() const { return serial_; }
  void file_synced(int fd, Serial began);
  void names_synced(Serial began);

  // Makes the directory what a disk would hold. Seed 0: everything unsynced is gone.
  void cut(std::uint32_t seed);

 private:
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kSector = 512;
  using Content = std::array<std::byte, kPage>;

  struct Piece {
    Serial serial;
    std::size_t at;  // in its page
    std::vector<std::byte> bytes;
  };
  struct Page {
    Content durable;
    std::vector<Piece> pieces;
  };
  struct File {
    int fd = -1;  // our own: the program may have closed its
    off_t durable_size = 0;
    Serial resized = 0;  // 0: its size is durable
    std::map<off_t, Page> pages;
  };
  enum class Change : std::uint8_t { created, renamed, removed };
  struct Name {
    Serial serial;
    Change change;
    int directory;
    std::string from, to;
    std::string saved;  // what the change took away, in the graveyard; may be empty
  };

  File& file_of(int fd);
  std::string save(int directory, const std::string& name);
  static void apply(Content& content, const Piece& piece);
  static void cut_file(File& file, std::mt19937& random, bool everything);
  void undo(const Name& name) const;

  std::string graveyard_;
  Serial serial_ = 1;
  std::map<ino_t, File> files_;
  std::vector<Name> names_;
};

}  // namespace faults
