#include "mq/broker/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

namespace mq::broker {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Collects families of metrics; every sample carries the broker's own labels too.
class MetricsPage {
 public:
  using Type = prometheus::MetricType;

  MetricsPage(std::string cluster, std::string broker)
      : common_{{"cluster", std::move(cluster)}, {"node_type", "broker"}, {"node_id", std::move(broker)}} {}

  // The samples that follow are its own.
  void family(std::string name, std::string help, Type type) {
    prometheus::MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = type;
    families_.push_back(std::move(family));
  }
  template <class Number>
  void sample(Number number, const Labels& labels = {}) {
    auto metric = labelled(labels);
    const auto value = static_cast<double>(number);
    (families_.back().type == Type::Counter ? metric.counter.value : metric.gauge.value) = value;
    families_.back().metric.push_back(std::move(metric));
  }
  template <class Number>
  void counter(std::string name, std::string help, Number number) {
    family(std::move(name), std::move(help), Type::Counter);
    sample(number);
  }
  template <class Number>
  void gauge(std::string name, std::string help, Number number, const Labels& labels = {}) {
    family(std::move(name), std::move(help), Type::Gauge);
    sample(number, labels);
  }
  template <const auto& kBounds>
  void histogram(std::string name, std::string help, const Histogram<kBounds>& counts) {
    family(std::move(name), std::move(help), Type::Histogram);
    auto metric = labelled({});
    metric.histogram.sample_count = counts.count();
    metric.histogram.sample_sum = counts.sum();
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      metric.histogram.bucket.push_back({counts.at_most(i), kBounds[i]});
    }
    families_.back().metric.push_back(std::move(metric));
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  [[nodiscard]] prometheus::ClientMetric labelled(const Labels& labels) const {
    prometheus::ClientMetric metric;
    for (const auto& [key, value] : common_) metric.label.push_back({key, value});
    for (const auto& [key, value] : labels) metric.label.push_back({key, value});
    return metric;
  }

  Labels common_;
  std::vector<prometheus::MetricFamily> families_;
};

using Type = MetricsPage::Type;

std::string yes_no(bool yes) { return yes ? "true" : "false"; }

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// How late something is that is due at `due_ms`; 0: nothing is.
std::int64_t late_ms(std::int64_t due_ms, std::int64_t now_ms) {
  return due_ms > 0 ? std::max<std::int64_t>(now_ms - due_ms, 0) : 0;
}

void add_topics(MetricsPage& page, const MetricsSnapshot& at) {
  const auto labels = [](const MetricsSnapshot::Topic& topic) {
    return Labels{{"topic", topic.name}, {"is_system", yes_no(topic.system)}};
  };
  page.family("rocketmq_messages_in_total", "messages stored, by topic", Type::Counter);
  for (const auto& topic : at.topics) page.sample(topic.counts.messages_in, labels(topic));
  page.family("rocketmq_throughput_in_total", "bytes of bodies and properties stored, by topic",
              Type::Counter);
  for (const auto& topic : at.topics) page.sample(topic.counts.bytes_in, labels(topic));
  page.histogram("rocketmq_message_size", "bytes of body and properties of each message stored",
                 at.message_sizes);
  page.gauge("rocketmq_topic_number", "topics", at.topic_number);
}

void add_consumers(MetricsPage& page, const MetricsSnapshot& at) {
  using Row = MetricsSnapshot::Consumption;
  const auto rows = [&](const char* name, const char* help, Type type, auto value) {
    page.family(name, help, type);
    for (const auto& row : at.consumptions) {
      page.sample(value(row), {{"consumer_group", row.group},
                               {"topic", row.topic},
                               {"is_retry", yes_no(row.topic.starts_with(kRetryPrefix))},
                               {"is_system", yes_no(row.system)}});
    }
  };
  rows("rocketmq_messages_out_total", "messages handed out, by group and topic", Type::Counter,
       [](const Row& row) { return row.counts.messages_out; });
  rows("rocketmq_throughput_out_total", "bytes handed out, by group and topic", Type::Counter,
       [](const Row& row) { return row.counts.bytes_out; });
  rows("rocketmq_consumer_lag_messages", "messages a group has not consumed yet", Type::Gauge,
       [](const Row& row) { return row.lag; });
  rows("rocketmq_consumer_inflight_messages", "messages handed out and not yet consumed", Type::Gauge,
       [](const Row& row) { return row.inflight; });
  rows("rocketmq_consumer_ready_messages", "messages not yet handed out", Type::Gauge,
       [](const Row& row) { return row.ready; });
  page.gauge("rocketmq_consumer_group_number", "consumer groups", at.group_number);
}

// Their rows have gaps: not every time is looked up.
void add_waiting_times(MetricsPage& page, const MetricsSnapshot& at) {
  const auto rows = [&](const char* name, const char* help, auto value) {
    page.family(name, help, Type::Gauge);
    for (const auto& row : at.consumptions) {
      if (!value(row)) continue;
      page.sample(*value(row), {{"consumer_group", row.group},
                                {"topic", row.topic},
                                {"is_retry", yes_no(row.topic.starts_with(kRetryPrefix))},
                                {"is_system", yes_no(row.system)}});
    }
  };
  rows("rocketmq_consumer_lag_latency_milliseconds", "how long the oldest message waits to be consumed",
       [](const auto& row) { return row.lag_ms; });
  rows("rocketmq_consumer_queueing_latency_milliseconds",
       "how long the oldest message waits to be handed out", [](const auto& row) { return row.queueing_ms; });
}

void add_connections(MetricsPage& page, const MetricsSnapshot& at) {
  const auto labels = [](const MetricsSnapshot::ClientKind& kind) {
    return Labels{{"language", lower(kind.language)},
                  {"version", client_version_label(kind.version)},
                  {"protocol_type", "remoting"}};
  };
  page.family("rocketmq_producer_connections", "connected producers", Type::Gauge);
  for (const auto& [kind, count] : at.producers) page.sample(count, labels(kind));
  page.family("rocketmq_consumer_connections", "connected consumers", Type::Gauge);
  for (const auto& [kind, count] : at.consumers) {
    constexpr const char* kModes[] = {"pull", "push", "pop"};
    auto all = labels(kind);
    all.emplace_back("consumer_group", kind.group);
    all.emplace_back("consume_mode", kModes[static_cast<std::size_t>(kind.mode)]);
    all.emplace_back("is_system", yes_no(kind.group.starts_with("CID_RMQ_SYS_")));
    page.sample(count, all);
  }
  page.gauge("sluice_mq_connections", "open connections", at.net.connections);
  page.counter("sluice_mq_refused_connections_total", "connections closed because there were too many",
               at.net.refused);
  page.counter("sluice_mq_malformed_total", "connections closed for a malformed frame", at.net.malformed);
  page.counter("sluice_mq_tls_handshakes_total", "TLS handshakes that succeeded", at.net.handshakes);
  page.counter("sluice_mq_tls_handshakes_failed_total", "TLS handshakes that failed",
               at.net.handshakes_failed);
  page.counter("sluice_mq_bytes_in_total", "bytes received", at.net.bytes_in);
  page.counter("sluice_mq_bytes_out_total", "bytes sent", at.net.bytes_out);
}

void add_store(MetricsPage& page, const MetricsSnapshot& at) {
  const Labels disk{{"storage_type", "local"}, {"storage_medium", "disk"}};
  page.gauge("rocketmq_storage_size_bytes", "bytes of the log", at.store.log_bytes, disk);
  page.gauge("rocketmq_storage_flush_behind_bytes", "bytes not durable yet", at.undurable_bytes, disk);
  page.gauge("rocketmq_storage_dispatch_behind_bytes", "bytes consumers cannot see yet", at.undurable_bytes,
             disk);
  page.gauge("rocketmq_storage_message_reserve_time_milliseconds", "age of the oldest message",
             late_ms(at.store.earliest_store_ms, at.now_ms), disk);
  page.histogram("sluice_mq_sync_seconds", "how long syncs of the log took", at.sync_times);
  page.gauge("sluice_mq_segments", "files of the log", at.store.segments);
  page.gauge("sluice_mq_reserve_segments", "written segments ready for use", at.store.reserve_ready);
  page.counter("sluice_mq_reserve_used_up_total", "segments begun without a written one in reserve",
               at.store.reserve_used_up);
  page.counter("sluice_mq_shared_bodies_total", "messages stored with the body of an earlier one",
               at.store.shared_bodies);
  page.counter("sluice_mq_checksum_errors_total", "reads of the log or an index that met damaged bytes",
               at.store.checksum_errors);
  page.gauge("sluice_mq_truncated_bytes", "bytes cut off the log's end at the start",
             at.store.truncated_bytes);
  page.gauge("sluice_mq_indexes_rebuilt", "index files made anew at the start", at.store.indexes_rebuilt);
  page.gauge("sluice_mq_recovery_seconds", "how long opening the store took",
             static_cast<double>(at.store.recovery_us) / 1e6);
  page.family("sluice_mq_disk_used_ratio", "used part of the file system", Type::Gauge);
  if (at.disk_use >= 0) page.sample(at.disk_use);
}

void add_timers(MetricsPage& page, const MetricsSnapshot& at) {
  page.gauge("rocketmq_timing_messages", "messages waiting for their due time", at.pending_timers);
  page.counter("rocketmq_timer_enqueue_total", "messages stored for later delivery", at.timers_added);
  page.counter("rocketmq_timer_dequeue_total", "messages delivered at their due time", at.timers_delivered);
  page.gauge("rocketmq_timer_dequeue_latency_milliseconds", "by how much the next delivery is late",
             late_ms(at.next_timer_due_ms, at.now_ms));
  page.histogram("rocketmq_delay_message_latency_seconds", "delays that were asked for", at.delays);
  page.counter("sluice_mq_timers_damaged_total", "due messages that were unreadable on the disk",
               at.timers_damaged);
  page.gauge("sluice_mq_next_timer_due_seconds", "next due time on the business clock; 0: none",
             static_cast<double>(at.next_timer_due_ms) / 1000);
}

void add_transactions(MetricsPage& page, const MetricsSnapshot& at) {
  page.gauge("rocketmq_half_messages", "half messages that nobody has decided", at.half_messages);
  page.counter("rocketmq_commit_messages_total", "half messages committed", at.totals.committed);
  page.counter("rocketmq_rollback_messages_total", "half messages rolled back", at.totals.rolled_back);
  page.histogram("rocketmq_finish_message_latency_milliseconds",
                 "seconds (sic: the name is upstream's) from birth to commit", at.decisions);
  page.counter("sluice_mq_transaction_checks_total", "checks sent to producers", at.checks_sent);
  page.counter("sluice_mq_half_messages_parked_total", "half messages parked after their last check",
               at.halves_parked);
}

void add_pops(MetricsPage& page, const MetricsSnapshot& at) {
  page.gauge("rocketmq_pop_checkpoint_buffer_size", "popped messages that nobody has acknowledged",
             at.popped);
  page.counter("rocketmq_pop_revive_retry_messages_total", "popped messages stored again for another attempt",
               at.revived);
  page.gauge("rocketmq_pop_revive_latency_milliseconds", "by how much the next attempt is late",
             late_ms(at.next_pop_due_ms, at.real_now_ms));
  page.counter("sluice_mq_pops_damaged_total", "popped messages that were unreadable on the disk",
               at.pops_damaged);
}

void add_requests(MetricsPage& page, const MetricsSnapshot& at) {
  page.gauge("rocketmq_broker_permission", "what clients may do: 4 read, 2 write", 6);
  page.family("rocketmq_processor_watermark", "requests that wait for their answer", Type::Gauge);
  page.sample(at.waiting_sends, {{"processor", "send"}});
  page.sample(at.held_pulls, {{"processor", "pull"}});
  page.counter("rocketmq_send_to_dlq_messages_total", "messages that became dead letters",
               at.totals.dead_letters);
  page.counter("sluice_mq_send_back_total", "messages that came back for retry", at.totals.send_back);
  page.family("sluice_mq_refused_sends_total", "sends the log refused", Type::Counter);
  page.sample(at.totals.put_too_large, {{"reason", "too_large"}});
  page.sample(at.totals.put_disk_full, {{"reason", "disk_full"}});
  page.sample(at.totals.put_busy, {{"reason", "busy"}});
  page.sample(at.totals.put_shutting_down, {{"reason", "shutting_down"}});
  page.family("sluice_mq_refused_requests_total", "requests refused because of accounts", Type::Counter);
  page.sample(at.refusals.not_signed, {{"reason", "not_signed"}});
  page.sample(at.refusals.wrong_signature, {{"reason", "wrong_signature"}});
  page.sample(at.refusals.not_permitted, {{"reason", "not_permitted"}});
  page.family("sluice_mq_requests_total", "requests by code", Type::Counter);
  for (const auto& row : at.processors) {
    page.sample(row.calls, {{"code", std::to_string(row.code)}, {"name", row.name}});
  }
  page.gauge("sluice_mq_series_left_out", "rows that are not shown here, because there are too many",
             at.left_out);
  page.gauge("hot_loop_stall_seconds", "longest pass of the hot loop since the last scrape",
             at.loop_stall_seconds);
}

void add_name_servers(MetricsPage& page, const MetricsSnapshot& at) {
  page.gauge("sluice_mq_registered_brokers", "brokers of other processes at this name server",
             at.registered_brokers);
  page.family("sluice_mq_namesrv_registered", "1: this broker is registered at the name server", Type::Gauge);
  for (const auto& server : at.name_servers)
    page.sample(server.registered ? 1 : 0, {{"namesrv", server.address}});
  page.family("sluice_mq_namesrv_failures_total", "registrations that failed", Type::Counter);
  for (const auto& server : at.name_servers) page.sample(server.failures, {{"namesrv", server.address}});
}

}  // namespace

std::string client_version_label(std::int32_t version) {
  // Since 4.0.0 every version of three digits has two numbers, its snapshot's first.
  constexpr std::int32_t kFirst = 212, kLast = kFirst + 399;
  if (version < kFirst || version > kLast) return std::to_string(version);
  const auto number = 400 + (version - kFirst) / 2;
  return "v" + std::to_string(number / 100) + "_" + std::to_string(number / 10 % 10) + "_" +
         std::to_string(number % 10) + ((version - kFirst) % 2 == 0 ? "_snapshot" : "");
}

std::string format_metrics(const MetricsSnapshot& snapshot, const std::string& cluster,
                           const std::string& broker) {
  MetricsPage page(cluster, broker);
  add_topics(page, snapshot);
  add_consumers(page, snapshot);
  add_waiting_times(page, snapshot);
  add_connections(page, snapshot);
  add_store(page, snapshot);
  add_timers(page, snapshot);
  add_transactions(page, snapshot);
  add_pops(page, snapshot);
  add_requests(page, snapshot);
  add_name_servers(page, snapshot);
  return page.text();
}

}  // namespace mq::broker
