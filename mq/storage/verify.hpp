#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mq/storage/file.hpp"
#include "mq/storage/message_store.hpp"
#include "mq/storage/recovery.hpp"

namespace mq::storage {

// Something on the disk that is not what was written.
struct Damage {
  std::string file;
  std::string what;  // a sentence with the offset in the log and the position in the file
};

struct VerifyReport {
  LogOffset begin, end;  // of the log as the next start will find it
  std::size_t segments = 0, indexes = 0;
  std::uint64_t entries = 0, messages = 0;
  std::vector<Damage> damages;
  std::vector<std::string> notes;  // what is no damage and worth knowing
};

// Reads a whole store and says what is wrong with it, which a start does not: it trusts what lies below the
// last checkpoint. Two ways through the same code that opens a store:
//
// - a recovery on a view that takes no writes says what the next start would say: files, snapshots, the tail;
// - every entry of every segment is read and verified as if its index were to be made anew, and what comes
// out is
//   compared with the index or checkpoint that is there, row by row.
//
// Behind the first damaged entry of a segment the rest of that segment is not read.
//
// Invariant: nothing is written. Thread rule: one thread; blocks for as long as reading takes.
class StoreVerification {
 public:
  using Progress = std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_all)>;

  StoreVerification(Directory& directory, Progress progress)
      : directory_(directory), progress_(std::move(progress)) {}

  // An error when it cannot be told: another process holds the store, there is none, its version is unknown,
  // or the disk does not answer. `problem` says it in a sentence.
  base::Result<VerifyReport> run(std::string& problem);

 private:
  base::Result<> recover(std::string& problem);
  void walk(Recovery& recovery, std::string& problem);
  void check_segment(Recovery& recovery, const Segment& segment, LogOffset until, std::string& problem);
  // The file, if there is one, against what the log says.
  void check_index(Recovery& recovery, const Segment& segment, std::string_view suffix,
                   const IndexContent& content, std::string& problem);
  void check_checkpoint(Recovery& recovery, const Segment& segment, const IndexContent& content,
                        std::string& problem);
  void compare(const SegmentIndex& index, const IndexContent& content, const std::string& file);
  void damaged(std::string file, std::string what);

  Directory& directory_;
  Progress progress_;
  VerifyReport report_;
  bool recovered_ = false;  // the next start will take this store
};

}  // namespace mq::storage
