#include "mq/broker/pop/revival.hpp"

#include <utility>

#include "mq/base/log.hpp"
#include "mq/broker/pop/receipt.hpp"
#include "mq/model/properties.hpp"

namespace mq::broker {

bool Revival::run(std::chrono::steady_clock::time_point until) {
  while (const auto due = shared_.ledger.take_due()) {
    if (!due->popped) {
      wake_(due->key.group, due->key.queue);
    } else if (revive(*due) == Outcome::later) {
      return false;  // the next pass tries again
    }
    if (std::chrono::steady_clock::now() >= until) return true;
  }
  return false;
}

Revival::Outcome Revival::revive(const PopLedger::Due& due) {
  const auto offset = due.popped->offset;
  if (offset < shared_.store.min_offset(due.key.queue)) {  // retention, or the topic was deleted
    shared_.ledger.drop(due.key, *due.popped);
    return Outcome::done;
  }
  const auto entries = shared_.store.entries(due.key.queue, offset, 1);
  if (!entries) return hold(due, entries.error().message());
  if (entries->empty() || entries->front().offset != offset) return give_up(due, "its queue entry is gone");
  record_.clear();
  if (const auto read = shared_.store.read_record(entries->front().at, record_); !read) {
    const bool rotten = read.error() == boost::system::errc::bad_message ||
                        read.error() == boost::system::errc::invalid_argument ||
                        read.error() == boost::system::errc::result_out_of_range;
    return rotten ? give_up(due, read.error().message()) : hold(due, read.error().message());
  }
  const auto decoded = decode_record(record_);
  if (!decoded) return give_up(due, decoded.error().message());
  return store_again(due, decoded->record);
}

Revival::Outcome Revival::store_again(const PopLedger::Due& due, const Record& original) {
  auto record = original;
  const bool retried = original.topic.starts_with(kRetryPrefix);
  const auto topic = retried ? std::string(original.topic) : pop_retry_topic(due.key.group, original.topic);
  if (const auto made = shared_.topics.ensure(topic, 1); !made) return hold(due, made.error().message());
  record.topic = topic;
  record.queue = 0;
  record.born_host = store_host_;
  record.store_host = store_host_;
  record.reconsume_times = original.reconsume_times + 1;
  properties_.assign(original.properties);
  if (original.reconsume_times == 0 || !find_property(properties_, property::kFirstPopTime)) {
    set_property(properties_, property::kFirstPopTime, std::to_string(due.popped->pop_ms));
    // Near the limit of the property string the bookkeeping is what gives way.
    if (properties_.size() > kPropertiesSizeMax) properties_.assign(original.properties);
  }
  const auto written =
      shared_.writer.write(record, properties_, {}, MessageWriter::Source{.at = original.log_offset});
  if (written.refused.code != response_code::kSuccess) return hold(due, written.refused.remark);
  shared_.ledger.drop(due.key, *due.popped);
  ++revived_;
  return Outcome::done;
}

Revival::Outcome Revival::give_up(const PopLedger::Due& due, std::string_view why) {
  base::log("pop")->error(
      "a popped message is damaged and cannot be given out again topic={} queue={} queue_offset={} group={} "
      "error={}",
      base::log_quoted(due.key.queue.topic), due.key.queue.queue, due.popped->offset.value(),
      base::log_quoted(due.key.group), base::log_quoted(why));
  shared_.ledger.drop(due.key, *due.popped);
  ++damaged_;
  return Outcome::done;
}

Revival::Outcome Revival::hold(const PopLedger::Due& due, std::string_view why) {
  if (std::exchange(held_, due.key) != due.key) {
    base::log("pop")->error(
        "a popped message cannot be stored for its next attempt now; it and all later ones wait topic={} "
        "queue={} queue_offset={} group={} error={}",
        base::log_quoted(due.key.queue.topic), due.key.queue.queue, due.popped->offset.value(),
        base::log_quoted(due.key.group), base::log_quoted(why));
  }
  return Outcome::later;
}

}  // namespace mq::broker
