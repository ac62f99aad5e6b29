#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/clock.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/delay.hpp"
#include "mq/broker/stats.hpp"
#include "mq/broker/timers.hpp"
#include "mq/model/record.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

struct WriterOptions {
  DelayLevels levels = *DelayLevels::parse(DelayLevels::kUpstream);
  std::int64_t timer_max_ms = std::int64_t{3} * 24 * 3600 * 1000;
};

// Puts one message into the log: at once, or, when it is to be delivered later, in the schedule or
// timer topic with a pending timer (rocketmq-wire.md 4.7, 4.8).
//
// Thread rule: the hot thread.
class MessageWriter {
 public:
  MessageWriter(storage::MessageStore& store, const base::Clock& clock, Timers& timers, Stats& stats,
                WriterOptions options)
      : store_(store), clock_(clock), timers_(timers), stats_(stats), options_(std::move(options)) {}

  struct Written {
    Verdict refused;  // code != 0: nothing was stored
    storage::Appended appended;
  };
  // `record.properties` is ignored: the message gets `properties`, which the writer may add to. `wish` must
  // not view into it.
  Written write(Record record, std::string& properties, const DelayWish& wish);
  // At once and as they are, all or none: the messages of a batch. `appended` gets one for each.
  [[nodiscard]] Verdict write_all(std::span<const Record> records, std::vector<storage::Appended>& appended);

  [[nodiscard]] const WriterOptions& options() const { return options_; }

 private:
  void count(const Record& record, std::string_view counted_topic);

  storage::MessageStore& store_;
  const base::Clock& clock_;
  Timers& timers_;
  Stats& stats_;
  WriterOptions options_;
};

}  // namespace mq::broker
