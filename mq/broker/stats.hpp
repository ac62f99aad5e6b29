#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/broker/durable_map.hpp"

namespace mq::broker {

// What the hot thread counts, in plain integers; a scrape copies it.
struct Totals {
  std::uint64_t put_messages = 0;
  std::uint64_t put_bytes = 0;
  std::uint64_t put_failed = 0;
  std::uint64_t get_found = 0;     // pulls that had messages
  std::uint64_t get_missed = 0;    // pulls that had none
  std::uint64_t get_messages = 0;  // messages handed out
  std::uint64_t get_bytes = 0;
  std::uint64_t send_back = 0;
  std::uint64_t dead_letters = 0;
  std::uint64_t committed = 0;    // half messages
  std::uint64_t rolled_back = 0;  // half messages
};

struct TopicCounts {
  std::uint64_t messages_in = 0, bytes_in = 0;
};
struct GroupCounts {  // of one group on one topic
  std::uint64_t messages_out = 0, bytes_out = 0;
};

// Messages per second over the last 10 s, minute and 10 minutes.
struct Rates {
  double ten_seconds = 0, minute = 0, ten_minutes = 0;
};

// Counters of the broker and their recent history.
//
// Thread rule: the hot thread.
class Stats {
 public:
  using Now = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kSampleEvery{10};

  explicit Stats(const base::Clock& clock) : clock_(clock) {}

  Totals totals;
  // References last until the topic or group is forgotten.
  TopicCounts& topic(std::string_view name);
  GroupCounts& consumed(std::string_view group, std::string_view topic);
  [[nodiscard]] const TextMap<TopicCounts>& topics() const { return topics_; }
  [[nodiscard]] const TextMap<TextMap<GroupCounts>>& groups() const { return groups_; }
  void forget_topic(std::string_view name);
  void forget_group(std::string_view name);

  // Call at least every kSampleEvery.
  void sample(Now now);

  [[nodiscard]] Rates rate(std::uint64_t Totals::* counter, Now now) const;

  // Totals as they stood at the last two midnights, local time of the business clock.
  struct Days {
    Totals yesterday_morning, today_morning;
  };
  [[nodiscard]] const Days& days() const { return days_; }

 private:
  struct Sample {
    Now at;
    Totals totals;
  };
  const base::Clock& clock_;
  TextMap<TopicCounts> topics_;
  TextMap<TextMap<GroupCounts>> groups_;
  std::deque<Sample> samples_;  // oldest first, 10 minutes of them
  Days days_;
  std::int64_t day_ = -1;
};

}  // namespace mq::broker
