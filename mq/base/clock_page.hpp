#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "mq/base/clock.hpp"

namespace base {

// The test clock: system time plus an offset that all processes of one run share through a
// one-page file. advance() makes the new offset durable before anyone sees it, so a restart
// never takes time back.
//
// Invariant: the offset only grows. Deadlines may be tested against it without fear of a second
// "before".
// Thread rule: any thread, any process.
class ClockPage final : public Clock {
 public:
  // Opens the page, creating it with offset 0. Throws std::system_error when the file cannot be
  // made, and std::runtime_error when it is not a clock page.
  explicit ClockPage(const std::filesystem::path& file);
  ~ClockPage() override;
  ClockPage(const ClockPage&) = delete;
  ClockPage& operator=(const ClockPage&) = delete;

  [[nodiscard]] Time now() const override;
  [[nodiscard]] std::chrono::milliseconds offset() const;

  // Adds `by` (0 or more) to the offset, durable when it returns.
  void advance(std::chrono::milliseconds by);

 private:
  struct Page;
  void map(const std::filesystem::path& file, const std::string& what);
  int fd_ = -1;
  Page* page_ = nullptr;
};

// The clock a process runs on: the page when `file` is named, system time when it is empty.
std::unique_ptr<Clock> open_clock(const std::filesystem::path& file);

}  // namespace base
