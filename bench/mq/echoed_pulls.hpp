#pragma once
#include <cstdint>

#include "bench/mq/load.hpp"

namespace bench {

// As many pulls as one likes, of an echo that answers with frames as large as those of a broker.
class EchoedPulls final : public FramedTraffic {
 public:
  EchoedPulls(const PullSpec& spec, std::uint64_t messages_per_answer)
      : pull_(pull_request(spec, 0, 1'000'000)), messages_per_answer_(messages_per_answer) {}
  bool request(const Ask& ask, base::Bytes& out) override {
    pull_.append_to(out, ask.opaque);
    return true;
  }

 private:
  void answer(std::size_t, const AnswerHead&, base::BytesView, Brought& brought) override {
    brought.messages += messages_per_answer_;
    brought.payload += messages_per_answer_ * kBodySize;
  }

  FrameTemplate pull_;
  std::uint64_t messages_per_answer_;
};

}  // namespace bench
