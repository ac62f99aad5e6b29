#include "mq/apps/broker_state.hpp"

#include <utility>

#include "mq/broker/delay.hpp"

namespace mq::apps {
namespace {

broker::DelayLevels levels_of(const BrokerConfig& config) {
  return *broker::DelayLevels::parse(config.delay_levels);  // checked by read_config
}

broker::TopicOptions topic_options(const BrokerConfig& config) {
  return {config.cluster, config.broker, config.auto_create_topics, config.default_queues,
          levels_of(config).count()};
}

}  // namespace

BrokerState::BrokerState(const BrokerConfig& config, storage::MessageStore& message_store,
                         const base::Clock& clock, broker::ClientRegistry::Notify notify,
                         broker::TransactionChecks::Send send_check)
    : store(message_store),
      stats(clock),
      topics(store, topic_options(config), base::to_millis(clock.now())),
      groups(store, config.auto_create_groups, base::to_millis(clock.now())),
      offsets(store),
      kv(store),
      clients(std::move(notify)),
      recalls(store),
      timers(store, clock, recalls),
      carrier(store, clock, timers, recalls),
      checks({store, clock, clients, topics}, std::move(send_check),
             {config.transaction_timeout, config.transaction_interval, config.transaction_checks,
              config.broker}),
      writer(store, clock, timers, checks, stats, {levels_of(config), config.timer_max_delay.count()}),
      targets(topics, groups, locks),
      waits(store),
      reader(store),
      polls(reader, [this](const auto& query, const auto& result,
                           std::size_t bytes) { count_pull(query, result, bytes); }),
      pops(store, offsets, real_time),
      popper({topics, offsets, store, reader, pops}, config.broker,
             [this](const auto& query, const auto& result, std::size_t bytes) {
               count_pull(query, result, bytes);
             }),
      revival({store, topics, writer, pops},
              [this](std::string_view group, const QueueId& queue) { pop_waiters.wake(group, queue); }),
      request_modes(store),
      awaits({store, topics, offsets, polls}) {}

base::Result<> BrokerState::load() {
  const auto metadata = store.metadata();
  offsets.load(metadata);
  pops.load(metadata);
  request_modes.load(metadata);
  kv.load(metadata);
  recalls.load(metadata);
  timers.load(store.take_pending_timers());
  checks.load(store.undecided_halves());
  if (const auto made = groups.load(metadata); !made) return made.error();
  if (const auto made = topics.load(metadata); !made) return made.error();
  return {};
}

void BrokerState::count_pull(const broker::PullQuery& query, const broker::PullResult& result,
                             std::size_t bytes) {
  if (result.status != broker::PullStatus::found) {
    ++stats.totals.get_missed;
    return;
  }
  ++stats.totals.get_found;
  stats.totals.get_messages += result.count;
  stats.totals.get_bytes += bytes;
  stats.got(query.group, query.queue.topic, result.count, bytes);
  offsets.pulled(query.group, query.queue, result.next);
}

}  // namespace mq::apps
