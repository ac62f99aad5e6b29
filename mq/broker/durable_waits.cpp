#include "mq/broker/durable_waits.hpp"

#include <algorithm>

namespace mq::broker {

void DurableWaits::when_durable(LogOffset end, std::function<void()> then) {
  if (end <= store_.durable()) return then();
  const auto place = std::ranges::upper_bound(waits_, end, {}, &Wait::end);
  waits_.insert(place, {end, std::move(then)});
}

void DurableWaits::release() {
  while (!waits_.empty() && waits_.front().end <= store_.durable()) {
    const auto then = std::move(waits_.front().then);
    waits_.pop_front();  // first, because `then` may wait for something else
    then();
  }
}

}  // namespace mq::broker
