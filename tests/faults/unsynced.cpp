#include "tests/faults/unsynced.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace faults {
namespace {

// System calls and not functions: those of this program are the shim's.
void put(int fd, std::span<const std::byte> bytes, off_t at) {
  static_cast<void>(::syscall(SYS_pwrite64, fd, bytes.data(), bytes.size(), at));
}

off_t size_of(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 ? info.st_size : 0;
}

}  // namespace

Unsynced::File& Unsynced::file_of(int fd) {
  struct stat info{};
  static_cast<void>(::fstat(fd, &info));
  auto& file = files_[info.st_ino];
  if (file.fd < 0) {
    file.fd = ::fcntl(fd, F_DUPFD_CLOEXEC, 200);
    file.durable_size = info.st_size;
  }
  return file;
}

void Unsynced::writing(int fd, std::span<const std::byte> bytes, off_t at) {
  auto& file = file_of(fd);
  ++serial_;
  if (at + static_cast<off_t>(bytes.size()) > size_of(fd)) file.resized = serial_;
  while (!bytes.empty()) {
    const auto start = at / static_cast<off_t>(kPage) * static_cast<off_t>(kPage);
    const auto inside = static_cast<std::size_t>(at - start);
    const auto count = std::min(bytes.size(), kPage - inside);
    auto [found, fresh] = file.pages.try_emplace(start);
    if (fresh) {
      found->second.durable.fill(std::byte{0});
      static_cast<void>(::pread(fd, found->second.durable.data(), kPage, start));
    }
    const auto part = bytes.first(count);
    found->second.pieces.push_back({serial_, inside, {part.begin(), part.end()}});
    bytes = bytes.subspan(count);
    at += static_cast<off_t>(count);
  }
}

void Unsynced::resizing(int fd) { file_of(fd).resized = ++serial_; }

void Unsynced::creating(int directory, const std::string& name) {
  struct stat info{};
  if (::fstatat(directory, name.c_str(), &info, 0) == 0) return;  // emptied, and that stays
  names_.push_back({++serial_, Change::created, directory, name, {}, {}});
}

void Unsynced::renaming(int directory, const std::string& from, const std::string& to) {
  auto saved = save(directory, to);
  names_.push_back({++serial_, Change::renamed, directory, from, to, std::move(saved)});
}

void Unsynced::removing(int directory, const std::string& name) {
  auto saved = save(directory, name);
  if (saved.empty()) return;
  names_.push_back({++serial_, Change::removed, directory, name, {}, std::move(saved)});
}

std::string Unsynced::save(int directory, const std::string& name) {
  auto place = graveyard_ + "/" + std::to_string(::getpid()) + "-" + std::to_string(serial_);
  return ::linkat(directory, name.c_str(), AT_FDCWD, place.c_str(), 0) == 0 ? place : std::string();
}

void Unsynced::file_synced(int fd, Serial began) {
  auto& file = file_of(fd);
  if (file.resized <= began) {
    file.resized = 0;
    file.durable_size = size_of(fd);
  }
  for (auto at = file.pages.begin(); at != file.pages.end();) {
    auto& [durable, pieces] = at->second;
    const auto later = std::ranges::find_if(pieces, [began](const auto& p) { return p.serial > began; });
    std::for_each(pieces.begin(), later, [&content = durable](const auto& piece) { apply(content, piece); });
    pieces.erase(pieces.begin(), later);
    at = pieces.empty() ? file.pages.erase(at) : std::next(at);
  }
}

void Unsynced::names_synced(Serial began) {
  std::erase_if(names_, [began](const Name& name) { return name.serial <= began; });
}

void Unsynced::apply(Content& content, const Piece& piece) {
  std::ranges::copy(piece.bytes, content.begin() + static_cast<std::ptrdiff_t>(piece.at));
}

void Unsynced::cut_file(File& file, std::mt19937& random, bool everything) {
  for (const auto& [start, page] : file.pages) {
    const auto kept = everything ? 0 : random() % (page.pieces.size() + 1);
    Content after = page.durable;
    for (std::size_t i = 0; i < kept; ++i) apply(after, page.pieces[i]);
    const bool torn = !everything && random() % 10 < 3;
    for (std::size_t at = 0; torn && at < kPage; at += kSector) {
      if (random() % 2 == 0) std::memcpy(after.data() + at, page.durable.data() + at, kSector);
    }
    const auto inside = std::min<off_t>(static_cast<off_t>(kPage), size_of(file.fd) - start);
    if (inside > 0) put(file.fd, std::span(after).first(static_cast<std::size_t>(inside)), start);
  }
  if (file.resized != 0 && (everything || random() % 2 == 0)) {
    static_cast<void>(::syscall(SYS_ftruncate, file.fd, file.durable_size));
  }
}

void Unsynced::undo(const Name& name) const {
  const auto* const from = name.from.c_str();
  switch (name.change) {
    case Change::created:
      ::syscall(SYS_unlinkat, name.directory, from, 0);
      break;
    case Change::renamed:
      ::syscall(SYS_renameat, name.directory, name.to.c_str(), name.directory, from);
      if (!name.saved.empty()) {
        ::linkat(AT_FDCWD, name.saved.c_str(), name.directory, name.to.c_str(), 0);
      }
      break;
    case Change::removed:
      ::linkat(AT_FDCWD, name.saved.c_str(), name.directory, from, 0);
      break;
  }
}

void Unsynced::cut(std::uint32_t seed) {
  std::mt19937 random(seed);
  const bool everything = seed == 0;
  for (auto& [inode, file] : files_) cut_file(file, random, everything);
  const auto kept = everything ? 0 : random() % (names_.size() + 1);
  while (names_.size() > kept) {
    undo(names_.back());
    names_.pop_back();
  }
}

}  // namespace faults
