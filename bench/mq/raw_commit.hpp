#pragma once
#include <chrono>
#include <cstddef>
#include <filesystem>

#include "bench/mq/load.hpp"

namespace bench {

// What the blocks of a file were before they are written: it decides what a sync costs.
enum class Blocks {
  written,    // as a segment of the reserve: every block was written once
  allocated,  // as a segment that was begun without a reserve: blocks are taken, but never written
};

// Group commit with nothing around it: the bytes of all messages in flight are written at the end of a file,
// the file is synced, and at once the next. No queue on this disk can be faster.
class RawCommit {
 public:
  explicit RawCommit(const std::filesystem::path& folder);
  ~RawCommit();
  RawCommit(const RawCommit&) = delete;
  RawCommit& operator=(const RawCommit&) = delete;

  struct Outcome {
    double messages_per_second = 0;
    Histogram commit;  // of one write with its sync
  };
  Outcome run_for(std::chrono::nanoseconds time, Blocks blocks, int batch_messages, std::size_t message_size);

 private:
  void prepare(Blocks blocks);

  std::filesystem::path file_;
  int fd_ = -1;
  bool has_written_ = false;
};

// Reads the log's files once from front to back, as large pulls would; bytes a second.
double read_rate(const std::filesystem::path& folder);

}  // namespace bench
