#pragma once
#include <algorithm>
#include <chrono>

namespace mq::client {

// Growing pauses between attempts.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most) : first_(first), most_(most) {}

  std::chrono::milliseconds next() {
    const auto pause = pause_;
    pause_ = std::min(pause_ * 2, most_);
    return pause;
  }
  void reset() { pause_ = first_; }

 private:
  std::chrono::milliseconds first_, most_;
  std::chrono::milliseconds pause_ = first_;
};

}  // namespace mq::client
