#include "mq/broker/traffic.hpp"

#include <algorithm>

namespace mq::broker {

template <std::size_t Slots, Traffic::Tick Ticks>
void Traffic::Ring<Slots, Ticks>::add(Tick now, std::uint64_t messages, std::uint64_t bytes) {
  const auto number = now / Ticks;
  auto& slot = slots[number % Slots];
  if (slot.number != number) slot = Slot{.number = number};
  ++slot.calls;
  slot.messages += messages;
  slot.bytes += bytes;
}

template <std::size_t Slots, Traffic::Tick Ticks>
Traffic::Sum Traffic::sum(const Ring<Slots, Ticks>& ring, Tick now) const {
  Sum sum;
  const auto number = now / Ticks;
  for (const auto& slot : ring.slots) {
    if (slot.number > number || number - slot.number >= Slots) continue;
    sum.messages += slot.messages;
    sum.bytes += slot.bytes;
    sum.calls += slot.calls;
  }
  const auto window = static_cast<Tick>(Slots - 1) * Ticks + now % Ticks + 1;
  sum.seconds = std::min(window, now - born_ + 1) * kTickSeconds;
  return sum;
}

void Traffic::add(Tick now, std::uint64_t messages, std::uint64_t bytes) {
  minute_.add(now, messages, bytes);
  hour_.add(now, messages, bytes);
  day_.add(now, messages, bytes);
}

template Traffic::Sum Traffic::sum(const Ring<6, 1>&, Tick) const;
template Traffic::Sum Traffic::sum(const Ring<6, 60>&, Tick) const;
template Traffic::Sum Traffic::sum(const Ring<24, 360>&, Tick) const;

}  // namespace mq::broker
