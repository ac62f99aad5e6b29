#pragma once
#include <boost/json/object.hpp>

#include <filesystem>
#include <functional>

namespace sandbox {

// One party's own book: JSON lines, appended and synced before anyone hears of them, never changed. It
// is an independent witness, so it lies in a file and not in the order system's database.
//
// Thread rule: one thread.
class Ledger {
 public:
  using Entry = std::function<void(const boost::json::object&)>;

  // Hands every entry of an existing file to `replay`, oldest first; cuts off a last line that a crash
  // left unfinished. Throws std::runtime_error that names the file and line when another line is broken.
  Ledger(std::filesystem::path file, const Entry& replay);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Durable when it returns. Throws std::system_error: the party must not answer then. After that every
  // further append throws too, until the file is opened again: nobody knows what its last line is.
  void append(const boost::json::object& entry);

 private:
  void sync_folder() const;

  std::filesystem::path file_;
  int fd_ = -1;
  bool failed_ = false;
};

}  // namespace sandbox
