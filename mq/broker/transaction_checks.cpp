#include "mq/broker/transaction_checks.hpp"

#include <algorithm>
#include <charconv>

#include "mq/base/log.hpp"
#include "mq/broker/real_target.hpp"
#include "mq/model/properties.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_send.hpp"

namespace mq::broker {
namespace {

using std::chrono::steady_clock;

// The log is full for a moment, or the disk for longer.
constexpr std::chrono::seconds kParkAgain{1};
constexpr std::int64_t kImmunityMaxSec = std::int64_t{365} * 24 * 3600;

}  // namespace

std::chrono::milliseconds check_immunity(std::string_view properties, std::chrono::milliseconds standard) {
  const auto text = find_property(properties, property::kCheckImmunitySec).value_or("");
  std::int64_t seconds = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 0) return standard;
  return std::chrono::seconds{std::min(seconds, kImmunityMaxSec)};
}

void TransactionChecks::load(const std::vector<LogOffset>& halves) {
  for (const auto half : halves) add(half);
}

void TransactionChecks::add(LogOffset half) { young_.push_back({half, steady_clock::now()}); }

// Nearly all are decided at once, and leave here without having been looked up by time. One that is not holds
// back those behind it until its time has come: then many leave together.
bool TransactionChecks::grow_up(Now now, Now until) {
  constexpr int kBetweenLooks = 64;
  for (int seen = 1; !young_.empty(); ++seen) {
    if (seen % kBetweenLooks == 0 && steady_clock::now() >= until) return true;
    const auto first = young_.front();
    const bool decided = first.half < shared_.store.durable() && !shared_.store.is_undecided(first.half);
    if (!decided && now - first.since < options_.timeout) return false;
    young_.pop_front();
    if (!decided) again({first.half, first.since, 0}, now);
  }
  return false;
}

bool TransactionChecks::run(Now until) {
  const auto now = steady_clock::now();
  if (grow_up(now, until)) return true;
  while (!asked_.empty() && asked_.begin()->first <= now) {
    const auto due = asked_.extract(asked_.begin());
    check(due.mapped(), now);
    if (steady_clock::now() >= until) return true;
  }
  return false;
}

std::optional<TransactionChecks::Now> TransactionChecks::next() const {
  std::optional<Now> at;
  if (!asked_.empty()) at = asked_.begin()->first;
  if (!young_.empty()) {
    const auto first = young_.front().since + options_.timeout;
    at = at ? std::min(*at, first) : first;
  }
  return at;
}

std::vector<TransactionChecks::Waiting> TransactionChecks::waiting(std::size_t look_max) const {
  std::vector<Waiting> found;
  const auto look = [&](const Waiting& waiting) {
    if (look_max == 0) return false;
    --look_max;
    if (waiting.half < shared_.store.durable() && shared_.store.is_undecided(waiting.half)) {
      found.push_back(waiting);
    }
    return true;
  };
  for (const auto& [at, asked] : asked_) {
    if (!look({asked.half, asked.times, at})) break;
  }
  for (const auto& young : young_) {
    if (!look({young.half, 0, young.since + options_.timeout})) break;
  }
  std::ranges::sort(found, {}, &Waiting::half);
  return found;
}

void TransactionChecks::check(Asked asked, Now now) {
  if (asked.half >= shared_.store.durable()) return again(asked, now + kParkAgain);
  if (!shared_.store.is_undecided(asked.half)) return;
  record_.clear();
  const auto read = shared_.store.read_record(shared_.store.place_of(asked.half), record_);
  const auto decoded = read ? decode_record(record_) : base::Result<DecodedRecord>(read.error());
  if (!decoded) {
    base::log("transactions")
        ->error(
            "a half message cannot be read, nobody is asked about it until a restart log_offset={} error={}",
            asked.half.value(), decoded.error().message());
    return;
  }
  const auto& record = decoded->record;
  const auto immune_until = asked.since + check_immunity(record.properties, options_.timeout);
  if (asked.times == 0 && now < immune_until) return again(asked, immune_until);
  if (asked.times >= options_.times_max) {
    if (!park(asked.half, record)) again(asked, now + kParkAgain);
    return;
  }
  ++asked.times;
  ask(asked.half, record, asked.times);
  again(asked, now + options_.interval);
}

bool TransactionChecks::park(LogOffset half, Record record) {
  if (!shared_.topics.ensure(kParkedTopic, 1)) return false;
  const auto group = find_property(record.properties, property::kProducerGroup).value_or("");
  const auto topic = find_property(record.properties, property::kRealTopic).value_or("");
  record.topic = kParkedTopic;
  record.queue = 0;
  storage::MessageStore::AppendExtra extra;
  extra.half_origin = half;
  extra.body_at = shared_.store.place_of(half);
  const auto appended = shared_.store.append(record, base::to_millis(shared_.clock.now()), extra);
  if (appended.refused != storage::Refused::none) return false;
  ++parked_;
  base::log("transactions")
      ->warn("a half message was never decided and stands in {} now log_offset={} topic={} producer_group={}",
             kParkedTopic, appended.at.value(), base::log_quoted(topic), base::log_quoted(group));
  return true;
}

// The whole record as its consumers would see it; the offsets are those that END_TRANSACTION names.
void TransactionChecks::ask(LogOffset half, const Record& record, int times) {
  const auto target = real_target(record.properties);
  const auto group = find_property(record.properties, property::kProducerGroup);
  if (!target || !group) return;
  const auto producers = shared_.clients.producers_of(*group);
  if (producers.empty()) return;

  protocol::CheckTransactionStateRequest header;
  header.topic = kHalfTopic;  // as upstream says it; the record has the real one
  header.state_table_offset = record.queue_offset.value();
  header.log_offset = half.value();
  header.msg_id = find_property(record.properties, property::kUniqueKey).value_or("");
  header.transaction_id = find_property(record.properties, property::kTransactionId).value_or(header.msg_id);
  header.offset_msg_id = offset_message_id(record.store_host, half);
  header.broker = options_.broker;

  properties_.assign(record.properties);
  set_property(properties_, property::kCheckTimes, std::to_string(times));
  auto seen = record;
  seen.topic = target->topic;
  seen.queue = target->queue;
  if (properties_.size() <= kPropertiesSizeMax) seen.properties = properties_;
  base::Bytes bytes(encoded_size(seen));
  encode_record(seen, bytes.data());
  auto command = protocol::make_request(header, std::string(base::text_of(bytes)));
  command.flag = protocol::kOnewayFlag;
  send_(producers[turn_++ % producers.size()].connection, command);
  ++sent_;
}

}  // namespace mq::broker
