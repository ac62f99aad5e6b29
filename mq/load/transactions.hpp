#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "mq/load/sends.hpp"

namespace mq::load {

// Transactional messages: a half message, and when it is answered its commit, which is answered too. Counted
// and timed as one.
class Transactions final : public FramedTraffic {
 public:
  // `in_flight`: how many opaques the load uses.
  Transactions(SendSpec spec, std::size_t in_flight, std::uint64_t limit = kEndless);
  bool request(const Ask& ask, base::Bytes& out) override;
  [[nodiscard]] bool goes_on(std::int32_t opaque) const override;

 private:
  // Where a half message lies, as its answer said.
  struct Half {
    std::int64_t log_offset = 0, queue_offset = 0;
  };
  void answer(std::size_t connection, const AnswerHead& head, base::BytesView frame,
              Brought& brought) override;

  SendSpec spec_;
  Sends halves_;
  std::vector<std::optional<Half>> stored_;  // by opaque: what is to be committed next
  std::vector<bool> committing_;             // by opaque
};

}  // namespace mq::load
