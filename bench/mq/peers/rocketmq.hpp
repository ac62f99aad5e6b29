#pragma once
#include "bench/mq/peers/peer.hpp"

namespace bench {

// A genuine RocketMQ, name server and broker, from the jars that tests/compat gets of Maven. The load speaks
// the same protocol to it as to sluice-mq.
class RocketMq final : public Peer {
 public:
  explicit RocketMq(const Setup& setup);
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::unique_ptr<Traffic> sends() const override;
  [[nodiscard]] std::string promise() const override;
  [[nodiscard]] pid_t pid() const override { return broker_->pid(); }

 private:
  bool sync_;
  std::uint16_t port_;
  std::unique_ptr<Process> namesrv_;
  std::unique_ptr<Process> broker_;
};

}  // namespace bench
