#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "mq/apps/broker_state.hpp"
#include "mq/base/clock.hpp"
#include "mq/broker/metrics.hpp"
#include "mq/broker/slices.hpp"

namespace mq::apps {

// Copies the rows of a scrape: topics, groups with their queues and members, producers, one after the other,
// in slices of the hot loop. What comes or goes meanwhile is in it or not.
//
// Thread rule: the hot thread. The state outlives it.
class MetricsWalk {
 public:
  // Gets the rows; the numbers that are no rows are the receiver's to fill in.
  using Done = std::function<void(broker::MetricsSnapshot)>;
  MetricsWalk(const BrokerState& state, const base::Clock& clock, Done done)
      : state_(state), clock_(clock), done_(std::move(done)) {}

  // Works until `until`, at least one row; true when it has called done().
  bool run(broker::Slices::Now until);

 private:
  enum class Stage { topics, group, queues, members, producers, done };
  // A waiting message's store time costs a read; so many are looked up in one walk.
  static constexpr int kTimesMax = 1000;

  void step();
  void next_topic();
  void next_group();
  void next_queue();
  void add_queue(const broker::ConsumerOffsets::Standing& queue);
  void next_member();
  void next_producer();
  void begin_row(const std::string& topic);
  void end_row();
  void wait_since(std::optional<std::int64_t>& longest_ms, const QueueId& queue, QueueOffset offset);
  void count(std::map<broker::MetricsSnapshot::ClientKind, std::uint64_t>& kinds,
             broker::MetricsSnapshot::ClientKind kind);

  const BrokerState& state_;
  const base::Clock& clock_;
  Done done_;
  broker::MetricsSnapshot snapshot_;
  Stage stage_ = Stage::topics;
  std::string topic_, group_, producers_;                    // where the walk is
  QueueId queue_;                                            // of group_
  net::ConnectionKey member_{0};                             // of group_, or of producers_
  std::optional<broker::MetricsSnapshot::Consumption> row_;  // of group_, being added up
  int times_left_ = kTimesMax;
};

// The numbers that are no rows.
void copy_totals(const BrokerState& state, const base::Clock& clock, broker::MetricsSnapshot& into);

}  // namespace mq::apps
