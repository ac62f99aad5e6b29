#pragma once
#include "bench/mq/peers/peer.hpp"

namespace bench {

// A JetStream stream of NATS on files: published with a reply subject, which the server's acknowledgement
// comes back on. It knows no sync before the answer.
class Nats final : public Peer {
 public:
  explicit Nats(const Setup& setup);
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::unique_ptr<Traffic> sends() const override;
  [[nodiscard]] std::unique_ptr<Traffic> receives(Arrivals& arrivals) const override;
  [[nodiscard]] static std::string lacks(Feature feature);
  [[nodiscard]] std::string promise() const override {
    return "NATS JetStream on files, synced every 2 minutes";
  }
  [[nodiscard]] std::vector<pid_t> pids() const override { return {process_->pid()}; }

 private:
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace bench
