#pragma once
#include <deque>

#include "bench/mq/peers/peer.hpp"

namespace bench {

// A Redis stream with an append-only file: XADD, many in flight on a connection.
class Redis final : public Peer {
 public:
  explicit Redis(const Setup& setup);
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::unique_ptr<Traffic> sends() const override;
  [[nodiscard]] std::unique_ptr<Traffic> receives(Arrivals& arrivals) const override;
  [[nodiscard]] static std::string lacks(Feature feature);
  [[nodiscard]] std::string promise() const override;
  [[nodiscard]] std::vector<pid_t> pids() const override { return {process_->pid()}; }

 private:
  bool sync_;
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace bench
