#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/clock.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/delay.hpp"
#include "mq/broker/stats.hpp"
#include "mq/broker/timers.hpp"
#include "mq/broker/transaction_checks.hpp"
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
  MessageWriter(storage::MessageStore& store, const base::Clock& clock, Timers& timers,
                TransactionChecks& checks, Stats& stats, WriterOptions options)
      : store_(store),
        clock_(clock),
        timers_(timers),
        checks_(checks),
        stats_(stats),
        options_(std::move(options)) {}

  struct Written {
    Verdict refused;  // code != 0: nothing was stored
    storage::Appended appended;
    std::int64_t timer_out_ms = 0;  // > 0: waits for this time by a timer property
  };
  // The stored message that one is made from, with the same body.
  struct Source {
    LogOffset at;
    std::optional<LogOffset> decides =
        {};  // the name of that half message, when its commit delivers this one
  };
  // `record.properties` is ignored: the message gets `properties`, which the writer may add to. `wish` must
  // not view into it.
  Written write(Record record, std::string& properties, const DelayWish& wish,
                std::optional<Source> source = {});
  // As a half message, which nobody sees until it is decided; it will be asked about.
  Written write_half(Record record, std::string& properties);
  // At once and as they are, all or none: the messages of a batch. `appended` gets one for each.
  [[nodiscard]] Verdict write_all(std::span<const Record> records, std::vector<storage::Appended>& appended);

  [[nodiscard]] const WriterOptions& options() const { return options_; }

 private:
  Written append(Record& record, const std::string& properties, std::string_view counted_topic,
                 const storage::MessageStore::AppendExtra& extra);
  void count(const Record& record, std::string_view counted_topic);

  storage::MessageStore& store_;
  const base::Clock& clock_;
  Timers& timers_;
  TransactionChecks& checks_;
  Stats& stats_;
  WriterOptions options_;
};

}  // namespace mq::broker
