#pragma once
#include <chrono>
#include <deque>
#include <functional>

namespace mq::broker {

// Work too long for one pass of the hot loop, done a slice at a time: statistics over many queues. Each
// piece of work runs until it is done or its time is up, and then the loop serves everybody else.
//
// Thread rule: the hot thread.
class Slices {
 public:
  using Now = std::chrono::steady_clock::time_point;
  // Works until `until`; true when it is done. Always gets at least one unit further.
  using Work = std::function<bool(Now until)>;

  void add(Work work) { works_.push_back(std::move(work)); }
  // True when work is left. One piece of work gets its turn even when it is too late already.
  bool run(Now until) {
    if (works_.empty()) return false;
    do {
      auto work = std::move(works_.front());
      works_.pop_front();
      if (!work(until)) works_.push_back(std::move(work));
    } while (!works_.empty() && std::chrono::steady_clock::now() < until);
    return !works_.empty();
  }

 private:
  std::deque<Work> works_;
};

}  // namespace mq::broker
