#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "bench/measure/process.hpp"

namespace bench {

// The real sluice-mq on a directory of its own.
class Broker {
 public:
  struct Setup {
    std::filesystem::path program;
    std::filesystem::path data;
    std::string flush = "sync";
    int reserve = 2;               // segments
    std::string retention_size{};  // empty: no limit
    int core = -1;                 // negative: any
  };
  // Returns when it has said that it is ready.
  explicit Broker(const Setup& setup);

  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::uint16_t name_server_port() const { return name_server_port_; }
  [[nodiscard]] double seconds_to_ready() const { return seconds_to_ready_; }

  struct Counters {
    double syncs = 0, segments = 0, reserve_ready = 0, reserve_used_up = 0, longest_pass_seconds = 0;
  };
  [[nodiscard]] Counters counters() const;
  // Until the reserve is full again, or it has taken too long.
  void wait_for_reserve() const;

  void kill();
  void stop();

 private:
  Setup setup_;
  std::unique_ptr<Process> process_;
  std::string metrics_url_;
  std::uint16_t port_ = 0, name_server_port_ = 0;
  double seconds_to_ready_ = 0;
};

}  // namespace bench
