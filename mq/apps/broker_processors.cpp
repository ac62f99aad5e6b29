#include "mq/apps/broker_processors.hpp"

#include <unistd.h>

#include <utility>

#include "mq/apps/tool_processors.hpp"

namespace mq::apps {

BrokerProcessors::BrokerProcessors(const BrokerConfig& config, BrokerState& s, const base::Clock& clock,
                                   const Host& store_host, broker::DiskUse disk_use,
                                   const broker::AskClient& ask)
    : unique_ids_({store_host.ip, static_cast<std::uint16_t>(::getpid()), 0}, clock),
      send_message_(s.targets, s.writer, s.sends, unique_ids_,
                    {store_host, config.cluster, config.broker, config.recall}),
      send_reply_({s.targets, s.clients, send_message_, clock}, ask, store_host),
      recall_message_({s.store, s.topics, s.recalls, s.waits, clock}, config.recall, config.broker),
      end_transaction_({s.store, s.writer, s.waits, s.stats, clock}, config.transaction_timeout),
      send_back_({s.store, s.groups, s.targets, s.writer, s.waits, s.stats}, store_host),
      pull_message_({s.topics, s.groups, s.clients, s.offsets, s.store, s.reader, s.polls, config.selectors},
                    [&s](const auto& query, const auto& result, std::size_t bytes) {
                      s.count_pull(query, result, bytes);
                    }),
      pop_message_({s.topics, s.groups, s.pops, s.popper, s.pop_waiters, s.notifications}),
      peek_message_({s.topics, s.groups, s.pops, s.popper, s.pop_waiters, s.notifications}),
      notification_({s.topics, s.groups, s.pops, s.popper, s.pop_waiters, s.notifications}),
      polling_info_({s.topics, s.groups, s.pops, s.popper, s.pop_waiters, s.notifications}),
      ack_message_({s.topics, s.store, s.pops, s.pop_waiters}),
      batch_ack_message_({s.topics, s.store, s.pops, s.pop_waiters}),
      change_invisible_time_({s.topics, s.store, s.pops, s.pop_waiters}),
      query_offset_(s.offsets, s.store),
      update_offset_(s.offsets, s.groups, s.topics),
      max_offset_(s.store),
      min_offset_(s.store),
      search_offset_(s.store),
      earliest_(s.store),
      view_message_(s.store),
      query_message_(s.store),
      heartbeat_(s.clients, s.groups, s.topics, s.waits),
      unregister_(s.clients, s.groups),
      consumer_list_(s.clients),
      check_client_(config.selectors),
      lock_(s.locks, config.broker),
      unlock_(s.locks),
      assignment_(s.clients, s.topics, s.request_modes, config.broker),
      set_request_mode_(s.topics, s.groups, s.request_modes, s.waits),
      create_topic_(s.topics, s.waits),
      delete_topic_({s.topics, s.offsets, s.pops, s.stats, s.waits}),
      topic_config_(s.topics),
      all_topics_(s.topics, s.slices),
      create_group_(s.groups, s.waits),
      delete_group_({s.groups, s.offsets, s.pops, s.locks, s.stats, s.waits}),
      group_config_(s.groups),
      all_groups_(s.groups, s.slices),
      topic_stats_(s.topics, s.store, s.stats, s.slices, config.broker),
      consume_stats_({s.topics, s.clients, s.offsets, s.store, s.stats, s.slices}, config.broker),
      broker_consume_stats_(consume_stats_, s.groups, to_string(store_host)),
      broker_stats_(s.stats, config.cluster),
      consume_queue_(s.store, s.clients),
      list_delayed_({s.store, s.slices, clock}, s.timers),
      list_half_({s.store, s.slices, clock}, s.checks),
      ha_status_(s.store),
      consumer_connections_(s.clients),
      producer_connections_(s.clients),
      all_producers_(s.clients, clock),
      subscription_of_group_(s.clients),
      system_topics_(s.topics),
      consume_time_span_({s.topics, s.offsets, s.store, s.slices, clock}, config.broker),
      groups_of_topic_(s.clients, s.offsets),
      topics_of_group_(s.clients, s.offsets),
      reset_offset_({s.topics, s.groups, s.store, s.offsets, s.polls, s.waits}, config.broker),
      clone_offsets_({s.topics, s.clients, s.offsets, s.waits}),
      running_info_(s.clients, ask),
      consume_directly_(s.clients, s.store, ask, config.broker),
      consumer_status_(s.clients, ask),
      runtime_info_({s.stats, s.store, s.timers, clock}, std::move(disk_use), s.writer.options().levels),
      runtime_config_(upstream_lines(config), base::to_millis(clock.now())),
      broker_config_(runtime_config_),
      update_config_(runtime_config_),
      tools_(std::make_unique<ToolProcessors>(s)) {
  allow_changes(config, s);
  register_all();
}

BrokerProcessors::~BrokerProcessors() = default;

// What a tool may change while the broker runs. Nothing that loses data, and no path, command or address.
void BrokerProcessors::allow_changes(const BrokerConfig& config, BrokerState& state) {
  if (config.auto_create_topics) {
    runtime_config_.may_switch("autoCreateTopicEnable", [&state](bool on) { state.topics.auto_create(on); });
  }
  runtime_config_.may_switch("autoCreateSubscriptionGroup",
                             [&state](bool on) { state.groups.auto_create(on); });
  runtime_config_.may_set("transactionCheckInterval", 10, std::int64_t{24} * 3600 * 1000,
                          [&state](std::int64_t ms) { state.checks.every(std::chrono::milliseconds{ms}); });
  runtime_config_.may_set("transactionCheckMax", 0, 1000,
                          [&state](std::int64_t times) { state.checks.at_most(static_cast<int>(times)); });
}

// The list of what this broker can do; anything else is answered with code 3.
void BrokerProcessors::register_all() {
  router_.add(send_message_);
  router_.add(send_reply_);
  router_.add(recall_message_);
  router_.add(end_transaction_);
  router_.add(send_back_);
  router_.add(pull_message_);
  router_.add(pop_message_);
  router_.add(peek_message_);
  router_.add(notification_);
  router_.add(polling_info_);
  router_.add(ack_message_);
  router_.add(batch_ack_message_);
  router_.add(change_invisible_time_);
  router_.add(query_offset_);
  router_.add(update_offset_);
  router_.add(max_offset_);
  router_.add(min_offset_);
  router_.add(search_offset_);
  router_.add(earliest_);
  router_.add(view_message_);
  router_.add(query_message_);
  router_.add(heartbeat_);
  router_.add(unregister_);
  router_.add(consumer_list_);
  router_.add(check_client_);
  router_.add(lock_);
  router_.add(unlock_);
  router_.add(assignment_);
  router_.add(set_request_mode_);
  router_.add(create_topic_);
  router_.add(delete_topic_);
  router_.add(topic_config_);
  router_.add(all_topics_);
  router_.add(create_group_);
  router_.add(delete_group_);
  router_.add(group_config_);
  router_.add(all_groups_);
  router_.add(topic_stats_);
  router_.add(consume_stats_);
  router_.add(broker_consume_stats_);
  router_.add(broker_stats_);
  router_.add(consume_queue_);
  router_.add(list_delayed_);
  router_.add(list_half_);
  router_.add(clean_up_);
  router_.add(ha_status_);
  router_.add(consumer_connections_);
  router_.add(producer_connections_);
  router_.add(all_producers_);
  router_.add(subscription_of_group_);
  router_.add(system_topics_);
  router_.add(consume_time_span_);
  router_.add(groups_of_topic_);
  router_.add(topics_of_group_);
  router_.add(reset_offset_);
  router_.add(clone_offsets_);
  router_.add(running_info_);
  router_.add(consume_directly_);
  router_.add(consumer_status_);
  router_.add(runtime_info_);
  router_.add(broker_config_);
  router_.add(update_config_);
  tools_->add_to(router_);
}

}  // namespace mq::apps
