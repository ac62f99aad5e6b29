#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace mq::broker {

// Messages and bytes of one thing (a topic, a group on a topic) over the last minute, hour and day, in a
// fixed 900 bytes. Time is counted in ticks of ten seconds, which the caller keeps: nothing has to be
// sampled, and what is idle costs nothing.
//
// A window is the slot of now and the full ones before it: a minute is 50 to 60 seconds.
class Traffic {
 public:
  using Tick = std::uint32_t;
  static constexpr double kTickSeconds = 10;

  struct Sum {
    std::uint64_t messages = 0, bytes = 0, calls = 0;
    double seconds = kTickSeconds;  // that it speaks of; never more than there was traffic to count
  };

  explicit Traffic(Tick now) : born_(now) {}
  // `calls` adds them together: one pull may bring many messages.
  void add(Tick now, std::uint64_t messages, std::uint64_t bytes);
  [[nodiscard]] Sum minute(Tick now) const { return sum(minute_, now); }
  [[nodiscard]] Sum hour(Tick now) const { return sum(hour_, now); }
  [[nodiscard]] Sum day(Tick now) const { return sum(day_, now); }

 private:
  struct Slot {
    std::uint32_t number = 0;  // ticks since the start / ticks of a slot
    std::uint32_t calls = 0;
    std::uint64_t messages = 0, bytes = 0;
  };
  template <std::size_t Slots, Tick Ticks>
  struct Ring {
    std::array<Slot, Slots> slots{};
    void add(Tick now, std::uint64_t messages, std::uint64_t bytes);
  };
  template <std::size_t Slots, Tick Ticks>
  [[nodiscard]] Sum sum(const Ring<Slots, Ticks>& ring, Tick now) const;

  Tick born_;
  Ring<6, 1> minute_;
  Ring<6, 60> hour_;
  Ring<24, 360> day_;
};

}  // namespace mq::broker
