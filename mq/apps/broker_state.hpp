#pragma once
#include <memory>
#include <string>

#include "mq/apps/broker_config.hpp"
#include "mq/base/clock.hpp"
#include "mq/broker/awaits.hpp"
#include "mq/broker/carrier.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/long_polls.hpp"
#include "mq/broker/message_request_modes.hpp"
#include "mq/broker/message_writer.hpp"
#include "mq/broker/pop/ledger.hpp"
#include "mq/broker/pop/popper.hpp"
#include "mq/broker/pop/revival.hpp"
#include "mq/broker/pop/waiters.hpp"
#include "mq/broker/pull_reader.hpp"
#include "mq/broker/queue_locks.hpp"
#include "mq/broker/send_targets.hpp"
#include "mq/broker/slices.hpp"
#include "mq/broker/stats.hpp"
#include "mq/broker/timers.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/broker/transaction_checks.hpp"
#include "mq/broker/waiting_sends.hpp"
#include "mq/namesrv/kv_config.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::apps {

// Everything the broker knows, built bottom up on one store. No behaviour of its own: what happens is in
// the parts, and who may touch which of them is said by the processors' constructors.
//
// Thread rule: the hot thread.
struct BrokerState {
  BrokerState(const BrokerConfig& config, storage::MessageStore& message_store, const base::Clock& clock,
              broker::ClientRegistry::Notify notify, broker::TransactionChecks::Send send_check);

  // Fills the tables from what the store recovered. An error: the start-up topics cannot be stored.
  base::Result<> load();

  storage::MessageStore& store;
  broker::Stats stats;
  broker::TopicTable topics;
  broker::GroupTable groups;
  broker::ConsumerOffsets offsets;
  namesrv::KvConfig kv;
  broker::QueueLocks locks;
  broker::ClientRegistry clients;
  broker::Recalls recalls;
  broker::Timers timers;
  broker::Carrier carrier;
  broker::TransactionChecks checks;
  broker::MessageWriter writer;
  broker::SendTargets targets;
  broker::WaitingSends sends;
  broker::DurableWaits waits;
  broker::PullReader reader;
  broker::LongPolls polls;
  base::SystemClock real_time;  // what is popped stays invisible in real time
  broker::PopLedger pops;
  broker::Popper popper;
  broker::PopWaiters pop_waiters;
  broker::PopWaiters notifications;
  broker::Revival revival;
  broker::MessageRequestModes request_modes;
  broker::Awaits awaits;
  broker::Slices slices;

  // Counts one served pull; pulls and woken long polls both report here.
  void count_pull(const broker::PullQuery& query, const broker::PullResult& result, std::size_t bytes);
};

}  // namespace mq::apps
