#include "mq/broker/pull_reader.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "mq/base/log.hpp"

namespace mq::broker {
namespace {
// A pull that meets cold pages gives the loop back after this long, with what it has.
constexpr std::chrono::microseconds kSlice{800};
}  // namespace

std::string_view name_of(PullStatus status) {
  switch (status) {
    case PullStatus::found:
      return "FOUND";
    case PullStatus::no_matched_message:
      return "NO_MATCHED_MESSAGE";
    case PullStatus::message_was_removing:
      return "MESSAGE_WAS_REMOVING";
    case PullStatus::no_message_in_queue:
      return "NO_MESSAGE_IN_QUEUE";
    case PullStatus::offset_overflow_one:
      return "OFFSET_OVERFLOW_ONE";
    case PullStatus::offset_overflow_badly:
      return "OFFSET_OVERFLOW_BADLY";
    case PullStatus::offset_reset:
      return "OFFSET_RESET";
    case PullStatus::offset_too_small:
      return "OFFSET_TOO_SMALL";
    case PullStatus::unreadable:
      return "MESSAGE_UNREADABLE";
  }
  return "UNKNOWN";
}

PullResult PullReader::read(const PullQuery& query, base::Bytes& out) const {
  PullResult result;
  result.min = store_.min_offset(query.queue);
  result.max = store_.max_offset(query.queue);
  result.next = query.from;
  if (result.max == QueueOffset{0}) {
    result.status = PullStatus::no_message_in_queue;
    result.next = QueueOffset{0};
  } else if (query.from > result.max) {
    result.status = PullStatus::offset_overflow_badly;
    result.next = result.max;
  } else if (query.from >= QueueOffset{0} && query.from < store_.first_offset(query.queue)) {
    // Somebody who was here before the store forgot everything: going on is no mistake, and told as one it
    // costs consumers of some clients ten seconds.
    result.status = PullStatus::no_matched_message;
    result.next = result.min;
  } else if (query.from < result.min) {
    result.status = PullStatus::offset_too_small;
    result.next = result.min;
  } else if (query.from == result.max) {
    result.status = PullStatus::offset_overflow_one;
  } else {
    result.status = PullStatus::no_matched_message;
    const bool filtered = query.filter && !query.filter->everything();
    const auto count_max = std::clamp<std::size_t>(query.count_max, 1, kCountMax);
    const auto entries = store_.entries(query.queue, query.from, filtered ? kScanMax : count_max);
    if (!entries) {
      say_index_unreadable(query.queue, query.from, entries.error(), result);
    } else if (entries->empty()) {
      // Retention took these entries between the two looks; the queue goes on at its new minimum.
      result.status = PullStatus::message_was_removing;
      result.next = std::max(next(query.from), result.min);
    } else if (filtered) {
      take_matching(query, *entries, result, out);
    } else {
      take_all(query, *entries, result, out);
    }
  }
  return result;
}

// The disk answered an error, or rot came after the start: nothing is gone, nothing is skipped.
void PullReader::say_index_unreadable(const QueueId& queue, QueueOffset from,
                                      const boost::system::error_code& why, PullResult& result) const {
  result.status = PullStatus::unreadable;
  if (std::exchange(last_unindexed_, from) == from) return;
  base::log("pull")->error(
      "the index of a queue cannot be read; its consumers wait, and the next start makes it anew from the "
      "log "
      "topic={} queue={} offset={} error={}",
      queue.topic, queue.queue, from.value(), why.message());
}

void PullReader::say_unreadable(const QueueId& queue, const storage::QueueEntry& entry,
                                PullResult& result) const {
  const bool gone = entry.at < store_.begin();
  result.status = gone ? PullStatus::message_was_removing : PullStatus::unreadable;
  if (gone) {
    result.next = next(entry.offset);
  } else if (std::exchange(last_unreadable_, entry.at) != entry.at) {
    base::log("pull")->error(
        "a message cannot be read: its bytes in the log are damaged or the disk fails; its consumers wait "
        "topic={} queue={} offset={} log_offset={}",
        queue.topic, queue.queue, entry.offset.value(), entry.at.value());
  }
}

void PullReader::take_all(const PullQuery& query, const Entries& entries, PullResult& result,
                          base::Bytes& out) const {
  const auto before = out.size();
  const auto count = store_.read_records(entries, std::min(query.bytes_max, kBytesMax), out);
  if (!count || *count == 0) {
    out.resize(before);
    return say_unreadable(query.queue, entries.front(), result);
  }
  result.count = *count;
  result.next = next(entries[*count - 1].offset);
  result.status = PullStatus::found;
}

void PullReader::take_matching(const PullQuery& query, const Entries& entries, PullResult& result,
                               base::Bytes& out) const {
  const auto count_max = std::clamp<std::size_t>(query.count_max, 1, kCountMax);
  const auto bytes_max = std::min(query.bytes_max, kBytesMax);
  const auto give_up = std::chrono::steady_clock::now() + kSlice;
  const auto start = out.size();
  for (const auto& entry : entries) {
    if (!query.filter->may_match(entry.tag_hash)) {
      result.next = next(entry.offset);
      continue;
    }
    if (result.count == count_max) break;
    if (result.count > 0 && out.size() - start + static_cast<std::size_t>(entry.size) > bytes_max) break;
    if (result.count > 0 && std::chrono::steady_clock::now() > give_up) break;
    const auto before = out.size();
    if (!store_.read_record(entry.at, out)) {
      out.resize(before);
      if (result.count == 0) say_unreadable(query.queue, entry, result);
      break;
    }
    result.next = next(entry.offset);
    if (query.filter->matches(properties_of(base::BytesView(out).subspan(before)))) {
      ++result.count;
    } else {
      out.resize(before);
    }
  }
  if (result.count > 0) result.status = PullStatus::found;
}

bool PullReader::skip_to_match(PullQuery& query) const {
  if (store_.max_offset(query.queue) <= query.from) return false;
  if (!query.filter || query.filter->everything()) return true;
  const auto entries = store_.entries(query.queue, query.from, kScanMax);
  if (!entries || entries->empty()) return true;  // let the pull itself say what is wrong
  for (const auto& entry : *entries) {
    if (query.filter->may_match(entry.tag_hash)) return true;
    query.from = next(entry.offset);
  }
  // Enough looked at for one pass. Nothing would wake the pull for what stands behind, so the client asks on.
  return query.from < store_.max_offset(query.queue);
}

}  // namespace mq::broker
