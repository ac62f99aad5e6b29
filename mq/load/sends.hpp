#pragma once
#include <cstdint>
#include <random>
#include <vector>

#include "mq/load/traffic.hpp"

namespace mq::load {

inline constexpr std::uint64_t kEndless = ~std::uint64_t{0};
inline constexpr std::int32_t kTaken = 0;               // the code of an answer that says yes
inline constexpr std::uint64_t kSerials = 100'000'000;  // as many as eight digits can say

// Due times of delayed messages, spread evenly over [first_ms, last_ms], in no order.
struct DueTimes {
  std::int64_t first_ms = 0, last_ms = 0;
};

// Messages, spread over the queues of one topic.
class Sends final : public FramedTraffic {
 public:
  // An echo answers with the code of the request. `limit` counts requests.
  Sends(const SendSpec& spec, std::int32_t good_code, std::uint64_t limit = kEndless, DueTimes due = {});
  bool request(const Ask& ask, base::Bytes& out) override;

 private:
  void answer(std::size_t connection, const AnswerHead& head, base::BytesView frame,
              Brought& brought) override;

  SendSpec spec_;
  std::vector<FrameTemplate> by_queue_;
  std::int32_t good_code_;
  std::uint64_t left_;
  std::uint64_t next_ = 0;
  std::mt19937_64 random_{20'240'517};
  std::uniform_int_distribution<std::int64_t> due_ms_;
};

}  // namespace mq::load
