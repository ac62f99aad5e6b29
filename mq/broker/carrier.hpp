#pragma once
#include <chrono>

#include "mq/base/clock.hpp"
#include "mq/broker/recalls.hpp"
#include "mq/broker/timers.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// Carries forward what waits where retention wants to cut the log: timers and undecided half messages are
// appended again, timers that were taken back are dropped.
//
// Thread rule: the hot thread.
class Carrier {
 public:
  Carrier(storage::MessageStore& store, const base::Clock& clock, Timers& timers, Recalls& recalls)
      : store_(store), clock_(clock), timers_(timers), recalls_(recalls) {}

  // Works until `until`. True when there is more to carry.
  bool run(std::chrono::steady_clock::time_point until);

 private:
  // False: not now.
  bool carry(const storage::MessageStore::Held& held);

  storage::MessageStore& store_;
  const base::Clock& clock_;
  Timers& timers_;
  Recalls& recalls_;
  LogOffset complained_{-1};  // the last one that was complained about
};

}  // namespace mq::broker
