#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mq/broker/front_door.hpp"
#include "mq/broker/histogram.hpp"
#include "mq/broker/stats.hpp"
#include "mq/net/server.hpp"
#include "mq/protocol/bodies_group.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// What a scrape shows, copied on the hot thread and printed on another. Rows are of different moments: they
// are copied in slices.
struct MetricsSnapshot {
  struct Topic {
    std::string name;
    TopicCounts counts;
    bool system = false;
  };
  struct Consumption {  // of one group on one topic
    std::string group, topic;
    GroupCounts counts;
    bool system = false;
    // Of queues whose offset is known: not yet consumed; of these, handed out; and not yet handed out.
    std::int64_t lag = 0, inflight = 0, ready = 0;
    // How long the oldest message waits that was not consumed, and that was not handed out; nothing: it was
    // not looked up.
    std::optional<std::int64_t> lag_ms = 0, queueing_ms = 0;
  };
  struct ClientKind {
    std::string group;  // of consumers alone
    std::string language;
    std::int32_t version = 0;
    protocol::ConsumeType mode = protocol::ConsumeType::passively;  // of consumers alone
    friend auto operator<=>(const ClientKind&, const ClientKind&) = default;
  };
  struct Processor {
    std::int32_t code = 0;
    std::string name;
    std::uint64_t calls = 0;
  };
  struct NameServer {
    std::string address;
    bool registered = false;
    std::uint64_t failures = 0;
  };
  // Labels must not grow without bound: so many topics, so many pairs of group and topic, and so many kinds
  // of clients are shown.
  static constexpr std::size_t kSeriesMax = 10'000;
  std::uint64_t left_out = 0;  // rows beyond that

  std::vector<Topic> topics;
  std::vector<Consumption> consumptions;
  std::map<ClientKind, std::uint64_t> producers, consumers;
  std::vector<Processor> processors;
  Totals totals;
  MessageSizes message_sizes;
  DelayTimes delays;
  DecisionTimes decisions;
  SyncTimes sync_times;
  net::Server::Stats net;
  storage::MessageStore::Stats store;
  FrontDoor::Refusals refusals;
  std::uint64_t group_number = 0, topic_number = 0;
  std::uint64_t held_pulls = 0, waiting_sends = 0, pending_timers = 0;
  std::uint64_t timers_added = 0, timers_delivered = 0, timers_damaged = 0;
  std::uint64_t half_messages = 0, checks_sent = 0, halves_parked = 0;
  std::uint64_t popped = 0, revived = 0, pops_damaged = 0;
  std::int64_t next_timer_due_ms = 0;  // on the business clock; 0: none
  std::int64_t next_pop_due_ms = 0;    // on the real one; 0: none
  std::int64_t now_ms = 0, real_now_ms = 0;
  std::uint64_t registered_brokers = 0;  // at the name server of this process
  std::vector<NameServer> name_servers;  // that this broker registers with
  std::int64_t undurable_bytes = 0;
  double disk_use = -1;           // a share of the file system; negative: not looked up yet
  double loop_stall_seconds = 0;  // longest pass since the last scrape
};

// The text format of Prometheus. `cluster` and `broker` label everything.
std::string format_metrics(const MetricsSnapshot& snapshot, const std::string& cluster,
                           const std::string& broker);

// What clients call themselves: "v5_3_3", as upstream labels them; the number itself where that has no
// name since 4.0.0.
std::string client_version_label(std::int32_t version);

}  // namespace mq::broker
