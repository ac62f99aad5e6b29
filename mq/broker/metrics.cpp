#include "mq/broker/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>

namespace mq::broker {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Collects families; every sample carries the broker's own labels too.
class Page {
 public:
  Page(std::string cluster, std::string broker)
      : common_{{"cluster", std::move(cluster)}, {"node_type", "broker"}, {"node_id", std::move(broker)}} {}

  void family(std::string name, std::string help, prometheus::MetricType type) {
    prometheus::MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = type;
    families_.push_back(std::move(family));
  }
  template <class Number>
  void sample(Number number, const Labels& labels = {}) {
    auto& family = families_.back();
    prometheus::ClientMetric metric;
    for (const auto& [key, value] : common_) metric.label.push_back({key, value});
    for (const auto& [key, value] : labels) metric.label.push_back({key, value});
    const auto value = static_cast<double>(number);
    if (family.type == prometheus::MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family.metric.push_back(std::move(metric));
  }
  template <class Number>
  void counter(std::string name, std::string help, Number number) {
    family(std::move(name), std::move(help), prometheus::MetricType::Counter);
    sample(number);
  }
  template <class Number>
  void gauge(std::string name, std::string help, Number number) {
    family(std::move(name), std::move(help), prometheus::MetricType::Gauge);
    sample(number);
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  Labels common_;
  std::vector<prometheus::MetricFamily> families_;
};

std::string yes_no(bool yes) { return yes ? "true" : "false"; }

void add_topics(Page& page, const MetricsSnapshot& at) {
  const auto counter = prometheus::MetricType::Counter;
  page.family("rocketmq_messages_in_total", "messages stored, by topic", counter);
  for (const auto& topic : at.topics) {
    page.sample(topic.counts.messages_in, {{"topic", topic.name}, {"is_system", yes_no(topic.system)}});
  }
  page.family("rocketmq_throughput_in_total", "bytes of bodies and properties stored, by topic", counter);
  for (const auto& topic : at.topics) {
    page.sample(topic.counts.bytes_in, {{"topic", topic.name}, {"is_system", yes_no(topic.system)}});
  }
}

void add_consumers(Page& page, const MetricsSnapshot& at) {
  const auto labels = [](const MetricsSnapshot::Consumption& consumption) {
    return Labels{{"consumer_group", consumption.group},
                  {"topic", consumption.topic},
                  {"is_retry", yes_no(consumption.topic.starts_with(kRetryPrefix))}};
  };
  const auto counter = prometheus::MetricType::Counter;
  page.family("rocketmq_messages_out_total", "messages handed out, by group and topic", counter);
  for (const auto& consumption : at.consumptions) {
    page.sample(consumption.counts.messages_out, labels(consumption));
  }
  page.family("rocketmq_throughput_out_total", "bytes handed out, by group and topic", counter);
  for (const auto& consumption : at.consumptions) {
    page.sample(consumption.counts.bytes_out, labels(consumption));
  }
  page.family("rocketmq_consumer_lag_messages", "messages a group has not consumed yet",
              prometheus::MetricType::Gauge);
  for (const auto& consumption : at.consumptions) page.sample(consumption.lag, labels(consumption));
}

void add_store(Page& page, const MetricsSnapshot& at) {
  page.gauge("rocketmq_storage_size", "bytes of the commit log", at.store.log_bytes);
  page.gauge("rocketmq_storage_flush_behind_bytes", "bytes not durable yet", at.undurable_bytes);
  page.counter("sluice_mq_syncs_total", "syncs of the log", at.store.syncs);
  page.gauge("sluice_mq_segments", "files of the log", at.store.segments);
  page.gauge("sluice_mq_reserve_segments", "written segments ready for use", at.store.reserve_ready);
  page.counter("sluice_mq_reserve_used_up_total", "segments begun without a written one in reserve",
               at.store.reserve_used_up);
  page.gauge("rocketmq_timing_messages", "messages waiting for their due time", at.pending_timers);
  page.counter("rocketmq_timer_enqueue_total", "messages stored for later delivery", at.timers_added);
  page.counter("rocketmq_timer_dequeue_total", "messages delivered at their due time", at.timers_delivered);
  page.counter("sluice_mq_timers_damaged_total", "due messages that were unreadable on the disk",
               at.timers_damaged);
  page.gauge("sluice_mq_next_timer_due_seconds", "next due time on the business clock; 0: none",
             static_cast<double>(at.next_timer_due_ms) / 1000);
}

void add_transactions(Page& page, const MetricsSnapshot& at) {
  page.gauge("rocketmq_half_messages", "half messages that nobody has decided", at.half_messages);
  page.counter("rocketmq_commit_messages_total", "half messages committed", at.totals.committed);
  page.counter("rocketmq_rollback_messages_total", "half messages rolled back", at.totals.rolled_back);
  page.counter("sluice_mq_transaction_checks_total", "checks sent to producers", at.checks_sent);
  page.counter("sluice_mq_half_messages_parked_total", "half messages parked after their last check",
               at.halves_parked);
}

void add_broker(Page& page, const MetricsSnapshot& at) {
  page.gauge("rocketmq_producer_connections", "connected producers", at.producers);
  page.gauge("rocketmq_consumer_connections", "connected consumers", at.consumers);
  page.gauge("rocketmq_consumer_group_number", "consumer groups with members", at.consumer_groups);
  page.gauge("rocketmq_topic_number", "topics", at.topic_number);
  page.counter("rocketmq_send_to_dlq_messages_total", "messages that became dead letters",
               at.totals.dead_letters);
  page.counter("sluice_mq_send_back_total", "messages that came back for retry", at.totals.send_back);
  page.counter("sluice_mq_refused_sends_total", "sends the log refused", at.totals.put_failed);
  page.gauge("sluice_mq_held_pulls", "pulls waiting for a message", at.held_pulls);
  page.gauge("sluice_mq_waiting_sends", "sends waiting to be durable", at.waiting_sends);
  page.gauge("sluice_mq_connections", "open connections", at.net.connections);
  page.counter("sluice_mq_refused_connections_total", "connections closed because there were too many",
               at.net.refused);
  page.counter("sluice_mq_malformed_total", "connections closed for a malformed frame", at.net.malformed);
  page.counter("sluice_mq_bytes_in_total", "bytes received", at.net.bytes_in);
  page.counter("sluice_mq_bytes_out_total", "bytes sent", at.net.bytes_out);
  page.gauge("hot_loop_stall_seconds", "longest pass of the hot loop since the last scrape",
             at.loop_stall_seconds);
  page.family("sluice_mq_requests_total", "requests by code", prometheus::MetricType::Counter);
  for (const auto& row : at.processors) {
    page.sample(row.calls, {{"code", std::to_string(row.code)}, {"name", row.name}});
  }
}

void add_name_servers(Page& page, const MetricsSnapshot& at) {
  page.gauge("sluice_mq_registered_brokers", "brokers of other processes at this name server",
             at.registered_brokers);
  if (at.name_servers.empty()) return;
  page.family("sluice_mq_namesrv_registered", "1: this broker is registered at the name server",
              prometheus::MetricType::Gauge);
  for (const auto& server : at.name_servers)
    page.sample(server.registered ? 1 : 0, {{"namesrv", server.address}});
  page.family("sluice_mq_namesrv_failures_total", "registrations that failed",
              prometheus::MetricType::Counter);
  for (const auto& server : at.name_servers) page.sample(server.failures, {{"namesrv", server.address}});
}

}  // namespace

std::string format_metrics(const MetricsSnapshot& snapshot, const std::string& cluster,
                           const std::string& broker) {
  Page page(cluster, broker);
  add_topics(page, snapshot);
  add_consumers(page, snapshot);
  add_store(page, snapshot);
  add_transactions(page, snapshot);
  add_broker(page, snapshot);
  add_name_servers(page, snapshot);
  return page.text();
}

}  // namespace mq::broker
