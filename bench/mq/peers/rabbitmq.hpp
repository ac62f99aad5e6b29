#pragma once
#include "bench/mq/peers/peer.hpp"

namespace bench {

// RabbitMQ over AMQP 0-9-1 with publisher confirms: a quorum queue, whose log is synced before the confirm,
// or a stream.
class RabbitMq final : public Peer {
 public:
  explicit RabbitMq(const Setup& setup);
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
