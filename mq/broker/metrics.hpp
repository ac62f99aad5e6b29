#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "mq/broker/stats.hpp"
#include "mq/net/server.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// All numbers of one moment, copied on the hot thread and printed on another.
struct MetricsSnapshot {
  struct Topic {
    std::string name;
    TopicCounts counts;
    bool system = false;
  };
  struct Consumption {
    std::string group, topic;
    GroupCounts counts;
    std::int64_t lag = 0;  // messages not yet consumed, of queues with a stored offset
  };
  struct Processor {
    std::int32_t code = 0;
    std::string name;
    std::uint64_t calls = 0;
  };
  std::vector<Topic> topics;
  std::vector<Consumption> consumptions;
  std::vector<Processor> processors;
  Totals totals;
  net::Server::Stats net;
  storage::MessageStore::Stats store;
  std::uint64_t producers = 0, consumers = 0, consumer_groups = 0, topic_number = 0;
  std::uint64_t held_pulls = 0, waiting_sends = 0, pending_timers = 0;
  std::uint64_t timers_added = 0, timers_delivered = 0, timers_damaged = 0;
  std::uint64_t half_messages = 0, checks_sent = 0, halves_parked = 0;
  std::int64_t next_timer_due_ms = 0;    // 0: none
  std::uint64_t registered_brokers = 0;  // at the name server of this process
  struct NameServer {
    std::string address;
    bool registered = false;
    std::uint64_t failures = 0;
  };
  std::vector<NameServer> name_servers;  // that this broker registers with
  std::int64_t undurable_bytes = 0;
  double loop_stall_seconds = 0;  // longest pass since the last scrape
};

// The text format of Prometheus. `cluster` and `broker` label everything.
std::string format_metrics(const MetricsSnapshot& snapshot, const std::string& cluster,
                           const std::string& broker);

}  // namespace mq::broker
