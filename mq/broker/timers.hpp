#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/clock.hpp"
#include "mq/broker/recalls.hpp"
#include "mq/broker/timer_queue.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// Messages that wait for their due time on the business clock: the 18 levels and timer properties alike.
// A due one is appended to its real topic by an entry that names the record it delivers; the log makes both
// one fact, so a crash neither loses nor doubles it.
//
// A jump of the clock takes everything overdue in order of due time; it never ticks through the gap.
//
// A message whose own bytes are damaged can be told to nobody: it is counted and named in the log, and the
// others go on. What fails for another reason (the disk answers an error, the log is full or too small) is
// kept and holds back later ones until it succeeds.
//
// Invariant: delivered strictly by (due time, origin), because after a restart the store takes what stands
// before the last delivered one for delivered. So a timer that is not durable yet holds back later ones.
// Thread rule: the hot thread.
class Timers {
 public:
  Timers(storage::MessageStore& store, const base::Clock& clock, Recalls& recalls)
      : store_(store), clock_(clock), recalls_(recalls) {}

  void load(std::vector<storage::PendingTimer> pending);
  // A waiting message was appended; `due_ms` as the store has set it.
  void add(std::int64_t due_ms, LogOffset origin);
  // One of them waits at another place from now on, or, when it was taken back, nowhere.
  void carried(std::int64_t due_ms, std::optional<LogOffset> to);

  // Delivers what is due until `until`. True when more is due.
  bool deliver(std::chrono::steady_clock::time_point until);

  [[nodiscard]] std::optional<std::int64_t> next_due_ms() const;
  // Those that are due next, in order: most of them, when many were carried forward.
  [[nodiscard]] std::vector<storage::PendingTimer> next(std::size_t max) const;
  [[nodiscard]] bool is_recalled(LogOffset timer) const { return recalls_.contains(timer); }
  [[nodiscard]] std::size_t pending() const { return due_.size(); }  // without those that moved
  [[nodiscard]] std::uint64_t delivered() const { return delivered_; }
  [[nodiscard]] std::uint64_t added() const { return added_; }
  // Due messages that nobody will see, because what the disk gave back is not what was written.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
  enum class Delivery { done, later };
  Delivery deliver_one(const storage::PendingTimer& timer);
  Delivery give_up(LogOffset origin, std::string_view why);
  Delivery hold(LogOffset origin, std::string_view why);

  storage::MessageStore& store_;
  const base::Clock& clock_;
  Recalls& recalls_;
  TimerQueue due_;
  std::uint64_t delivered_ = 0;
  std::uint64_t added_ = 0;
  std::uint64_t damaged_ = 0;
  LogOffset held_{-1};      // the last one that was complained about
  base::Bytes record_;      // scratch
  std::string properties_;  // scratch
};

}  // namespace mq::broker
