#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mq/load/stamps.hpp"
#include "mq/load/traffic.hpp"

namespace mq::load {

// What is pulled, and how much at once.
struct PullSpec {
  std::string topic = "bench";
  std::string group = "bench-consumer";
  int queues = 8;
  int count_max = 32;
  std::size_t body_size = 1024;
  bool follows = false;  // long polls: waits for what comes, for ever
};

// Pulls each queue from its beginning. A connection has every `connections`-th queue for its own, which it
// asks in turn; without long polls until the last of them is at its end. With long polls there have to be as
// many connections as queues: a poll that is held would keep the connection from its other queues.
class Pulls final : public FramedTraffic {
 public:
  // Every message's stamp is looked at when `arrivals` is given.
  Pulls(const PullSpec& spec, std::size_t connections, Arrivals* arrivals = nullptr);
  bool request(const Ask& ask, base::Bytes& out) override;
  [[nodiscard]] std::uint64_t answered() const { return answered_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  void answer(std::size_t connection, const AnswerHead& head, base::BytesView frame,
              Brought& brought) override;
  struct Queue {
    std::int32_t number = 0;
    std::int64_t offset = 0;
    bool at_end = false;
  };
  struct Share {
    std::vector<Queue> queues;
    std::size_t asked = 0;  // the one whose answer comes next
  };
  PullSpec spec_;
  Arrivals* arrivals_;
  std::vector<Share> shares_;
  std::uint64_t answered_ = 0, bytes_ = 0;
};

// One pull, from an offset.
protocol::Command pull_request(const PullSpec& spec, std::int32_t queue, std::int64_t offset);

}  // namespace mq::load
