#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/layout.hpp"
#include "cli/processes.hpp"

namespace cli {

// Holds a system's directory against a second supervisor, until it dies. Its file names the holder.
class DirectoryLock {
 public:
  // Throws std::runtime_error with a sentence when another holds it.
  explicit DirectoryLock(const Layout& layout);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int fd_ = -1;
};

// Ends what an earlier run left behind, known by pid and start time. Call it under the lock.
void clear_leftovers(const Layout& layout, const std::function<void(const std::string& name)>& tell);

// Throws std::runtime_error with a sentence that names the port and the setting that moves it.
void check_ports(const std::string& ip, const std::vector<Listener>& listeners);

// Throws when fewer bytes are free than a start may need.
void check_disk(const Layout& layout);

// Programs run from copies, so that a build beside them changes nothing. Only what differs is copied.
// Throws std::runtime_error with a sentence when one is missing.
void copy_programs(const std::vector<std::string>& names, const std::filesystem::path& from,
                   const std::filesystem::path& to);

}  // namespace cli
