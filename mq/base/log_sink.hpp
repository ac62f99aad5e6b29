#pragma once
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>

#include "mq/base/log_format.hpp"

namespace base {

// Writes lines to a file descriptor and survives everything that can go wrong with it. (spdlog's own
// rotating sink throws, sleeps on the caller's thread, and writes through a null FILE* after a
// rotation that failed.)
//
// A file is rotated: log, log.1, log.2 …; what cannot be written goes to standard error, and the
// file is tried again every second.
// Invariant: at most files_max files of about file_size_max bytes each.
// Thread rule: any thread; the base class holds the lock.
class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  struct Where {
    std::filesystem::path file;  // empty: standard error
    std::size_t file_size_max = std::size_t{16} << 20;
    std::size_t files_max = 4;
  };
  LogSink() = default;
  ~LogSink() override;
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  // Both at once, so that no line is written in one's form to the other's place.
  void become(Where where, std::unique_ptr<spdlog::formatter> formatter);
  // Lines that a file did not take.
  [[nodiscard]] std::uint64_t diverted();

 protected:
  void sink_it_(const spdlog::details::log_msg& msg) override;
  void flush_() override {}  // every line is handed to the kernel at once

 private:
  bool open();
  void close();
  void rotate();
  bool write_to_file(std::string_view line);

  Where where_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  bool rotates_ = false;  // a plain file; not a pipe, not a device
  std::uint64_t diverted_ = 0;
  std::chrono::steady_clock::time_point next_try_{};
};

}  // namespace base
