#include "mq/broker/processors/runtime_info.hpp"

#include <array>
#include <cstdio>
#include <string>

#include "mq/base/version.hpp"
#include "mq/model/names.hpp"

namespace mq::broker {
namespace {

std::string decimal(double value) {
  std::array<char, 32> text{};
  const auto length = std::snprintf(text.data(), text.size(), "%.3f", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

// Tools split this at blanks and show the parts as decimals.
std::string triple(const Rates& rates) {
  return decimal(rates.ten_seconds) + " " + decimal(rates.minute) + " " + decimal(rates.ten_minutes);
}

std::string running_for(std::chrono::seconds time) {
  const auto s = time.count();
  return "[ " + std::to_string(s / 86400) + " days, " + std::to_string(s / 3600 % 24) + " hours, " +
         std::to_string(s / 60 % 60) + " minutes, " + std::to_string(s % 60) + " seconds ]";
}

}  // namespace

void RuntimeInfo::put_identity(protocol::KVTable& info) const {
  const auto up = std::chrono::steady_clock::now() - started_;
  info.table["bootTimestamp"] = std::to_string(start_ms_);
  info.table["startAcceptSendRequestTimeStamp"] = "0";
  info.table["runtime"] = running_for(std::chrono::duration_cast<std::chrono::seconds>(up));
  info.table["brokerVersion"] = std::to_string(protocol::kAnnouncedVersion);
  info.table["brokerVersionDesc"] = "SLUICE_" + std::string(base::kVersion);
  info.table["brokerActive"] = "true";
}

void RuntimeInfo::put_traffic(protocol::KVTable& info) const {
  const auto& totals = shared_.stats.totals;
  const auto& days = shared_.stats.days();
  const auto now = std::chrono::steady_clock::now();
  const auto rate = [&](std::uint64_t Totals::* counter) { return shared_.stats.rate(counter, now); };
  info.table["putTps"] = triple(rate(&Totals::put_messages));
  const auto found = rate(&Totals::get_found);
  const auto missed = rate(&Totals::get_missed);
  info.table["getFoundTps"] = triple(found);
  info.table["getMissTps"] = triple(missed);
  info.table["getTotalTps"] = triple({found.ten_seconds + missed.ten_seconds, found.minute + missed.minute,
                                      found.ten_minutes + missed.ten_minutes});
  info.table["getTransferredTps"] = triple(rate(&Totals::get_messages));
  info.table["msgPutTotalYesterdayMorning"] = std::to_string(days.yesterday_morning.put_messages);
  info.table["msgPutTotalTodayMorning"] = std::to_string(days.today_morning.put_messages);
  info.table["msgPutTotalTodayNow"] = std::to_string(totals.put_messages);
  info.table["msgGetTotalYesterdayMorning"] = std::to_string(days.yesterday_morning.get_messages);
  info.table["msgGetTotalTodayMorning"] = std::to_string(days.today_morning.get_messages);
  info.table["msgGetTotalTodayNow"] = std::to_string(totals.get_messages);
  info.table["putMessageTimesTotal"] = std::to_string(totals.put_messages);
  info.table["putMessageFailedTimes"] = std::to_string(totals.put_failed);
  info.table["putMessageSizeTotal"] = std::to_string(totals.put_bytes);
  const auto times = totals.put_messages == 0 ? 1 : totals.put_messages;
  info.table["putMessageAverageSize"] =
      decimal(static_cast<double>(totals.put_bytes) / static_cast<double>(times));
}

void RuntimeInfo::put_log(protocol::KVTable& info) const {
  const auto& store = shared_.store;
  const auto behind = store.end().value() - store.durable().value();
  const auto disk = decimal(disk_use_());
  info.table["commitLogMinOffset"] = std::to_string(store.begin().value());
  info.table["commitLogMaxOffset"] = std::to_string(store.durable().value());
  info.table["commitLogDiskRatio"] = disk;
  info.table["consumeQueueDiskRatio"] = disk;
  info.table["commitLogDirCapacity"] = std::to_string(store.stats().log_bytes) + " B";
  info.table["remainHowManyDataToFlush"] = std::to_string(behind) + " B";
  info.table["dispatchBehindBytes"] = "0";
  info.table["dispatchMaxBuffer"] = "0";
  info.table["earliestMessageTimeStamp"] = "-1";
}

// "delivered,max" of each level. A level is a queue whose messages all wait equally long, so those that are
// due stand before those that are not.
void RuntimeInfo::put_levels(protocol::KVTable& info) const {
  const auto now_ms = base::to_millis(shared_.clock.now());
  for (int level = 1; level <= levels_.count(); ++level) {
    const QueueId queue{std::string(kScheduleTopic), level - 1};
    const auto max = shared_.store.max_offset(queue);
    const auto due = shared_.store.offset_by_time(queue, now_ms - levels_.wait_ms(level) + 1,
                                                  storage::MessageStore::Boundary::lower);
    info.table["scheduleMessageOffset_" + std::to_string(level)] =
        std::to_string(due ? due->value() : max.value()) + "," + std::to_string(max.value());
  }
}

void RuntimeInfo::put_waiting(protocol::KVTable& info) const {
  const auto& timers = shared_.timers;
  info.table["timerReadBehind"] = "0";
  info.table["timerOffsetBehind"] = "0";
  info.table["timerCongestNum"] = std::to_string(timers.pending());
  info.table["timerEnqueueTps"] = "0.0";
  info.table["timerDequeueTps"] = "0.0";
  // Ours: the next due time, by which a test clock knows how far it may go in one step.
  if (const auto next = timers.next_due_ms()) info.table["nextTimerDueTimestamp"] = std::to_string(*next);
  for (const std::string_view pool : {"send", "pull", "litePull", "query", "ack"}) {
    const auto name = std::string(pool) + "ThreadPoolQueue";
    info.table[name + "Size"] = "0";
    info.table[name + "Capacity"] = "10000";
    info.table[name + "HeadWaitTimeMills"] = "0";
  }
  info.table["EndTransactionQueueSize"] = "0";
  info.table["EndTransactionThreadPoolQueueCapacity"] = "10000";
  for (const std::string_view name :
       {"pageCacheLockTimeMills", "putLatency99", "putLatency999", "putMessageEntireTimeMax",
        "getMessageEntireTimeMax", "remainTransientStoreBufferNumbs"}) {
    info.table[std::string(name)] = "0";
  }
}

Answer<> RuntimeInfo::operator()(const Request&, const Caller&) {
  protocol::KVTable info;
  put_identity(info);
  put_traffic(info);
  put_log(info);
  put_waiting(info);
  put_levels(info);
  return with_body(info);
}

}  // namespace mq::broker
