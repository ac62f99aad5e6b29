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
  [[nodiscard]] std::unique_ptr<Traffic> receives(Arrivals& arrivals) const override;
  [[nodiscard]] std::string promise() const override;
  [[nodiscard]] std::vector<pid_t> pids() const override { return {namesrv_->pid(), broker_->pid()}; }
  [[nodiscard]] bool speaks_remoting() const override { return true; }
  // What clients ask first, for the Java load.
  [[nodiscard]] std::uint16_t name_server_port() const { return names_; }

 private:
  bool sync_;
  std::uint16_t port_, names_;
  std::unique_ptr<Process> namesrv_;
  std::unique_ptr<Process> broker_;
};

}  // namespace bench
