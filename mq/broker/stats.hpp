#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/broker/durable_map.hpp"
#include "mq/broker/histogram.hpp"
#include "mq/broker/traffic.hpp"

namespace mq::broker {

// What the hot thread counts, in plain integers; a scrape copies it.
struct Totals {
  std::uint64_t put_messages = 0;
  std::uint64_t put_bytes = 0;
  std::uint64_t put_failed = 0;  // sends the log refused, of which:
  std::uint64_t put_too_large = 0, put_disk_full = 0, put_busy = 0, put_shutting_down = 0;
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

  // How many topics, and how many pairs of group and topic, have a recent history; more of them have none.
  static constexpr std::size_t kHistoriesMax = 10'000;

  explicit Stats(const base::Clock& clock) : clock_(clock) {}

  Totals totals;
  MessageSizes message_sizes;  // body and properties
  DelayTimes delays;           // of delayed messages, from their birth to their due time
  DecisionTimes decisions;     // of half messages, from their birth to their commit

  // One message was stored for the topic.
  void put(std::string_view topic, std::size_t bytes);
  // One pull gave the group messages of the topic.
  void got(std::string_view group, std::string_view topic, std::uint64_t messages, std::uint64_t bytes);
  // A consumer of the group gave back a message of the topic.
  void sent_back(std::string_view group, std::string_view topic);

  struct Topic {
    TopicCounts counts;
    std::unique_ptr<Traffic> traffic;  // nothing: more than kHistoriesMax
  };
  struct Group {
    GroupCounts counts;
    std::unique_ptr<Traffic> traffic, sent_back;  // nothing: none, or more than kHistoriesMax
  };
  [[nodiscard]] const TextMap<Topic>& topics() const { return topics_; }
  [[nodiscard]] const TextMap<TextMap<Group>>& groups() const { return groups_; }
  // Nothing when there was no traffic.
  [[nodiscard]] const Topic* find_topic(std::string_view name) const;
  [[nodiscard]] const Group* find_group(std::string_view group, std::string_view topic) const;
  [[nodiscard]] const Traffic& all_put() const { return all_put_; }
  [[nodiscard]] const Traffic& all_got() const { return all_got_; }
  // The time of recent histories; moves with sample().
  [[nodiscard]] Traffic::Tick tick() const { return tick_; }
  // Messages per second of the last minute.
  [[nodiscard]] double topic_put_tps(std::string_view topic) const;
  [[nodiscard]] double group_get_tps(std::string_view group, std::string_view topic) const;
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
  Group& group(std::string_view name, std::string_view topic);
  void add(std::unique_ptr<Traffic>& traffic, std::size_t& histories, std::uint64_t messages,
           std::uint64_t bytes) const;

  const base::Clock& clock_;
  TextMap<Topic> topics_;
  TextMap<Topic>::value_type* recent_ = nullptr;  // the topic of the last put: mostly the next one's too
  TextMap<TextMap<Group>> groups_;
  std::size_t topic_histories_ = 0, group_histories_ = 0;
  Traffic all_put_{0}, all_got_{0};
  Traffic::Tick tick_ = 0;
  std::optional<Now> first_sample_;
  std::deque<Sample> samples_;  // oldest first, 10 minutes of them
  Days days_;
  std::int64_t day_ = -1;
};

}  // namespace mq::broker
