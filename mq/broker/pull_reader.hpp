#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/broker/message_filter.hpp"
#include "mq/model/names.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// What one pull asks for.
struct PullQuery {
  std::string group;
  QueueId queue;
  QueueOffset from;
  std::size_t count_max = 32;
  std::size_t bytes_max = std::size_t{256} << 10;
  std::shared_ptr<const MessageFilter> filter;  // shared with the group's subscription; nothing: everything
};

// Outcomes of a look into the queue, named as upstream's remarks are (rocketmq-wire.md 4.5).
enum class PullStatus {
  found,
  no_matched_message,
  message_was_removing,
  no_message_in_queue,
  offset_overflow_one,
  offset_overflow_badly,
  offset_too_small,
  offset_reset,  // by an administrator; not of the queue
  unreadable,    // the record or its entry is there and cannot be read: never skipped silently
};
std::string_view name_of(PullStatus status);

struct PullResult {
  PullStatus status = PullStatus::no_message_in_queue;
  QueueOffset next;
  QueueOffset min;
  QueueOffset max;
  std::size_t count = 0;  // records appended to the output
};

// Looks messages up, from the durable watermark only.
//
// Invariant: a found result has at least one record, however small the caller's limits are.
class PullReader {
 public:
  static constexpr std::size_t kCountMax = 1024;
  static constexpr std::size_t kBytesMax = std::size_t{256} << 10;
  static constexpr std::size_t kScanMax = 800;  // entries a filter may pass over in one pull

  explicit PullReader(const storage::MessageStore& store) : store_(store) {}

  // Appends the records found to `out`.
  [[nodiscard]] PullResult read(const PullQuery& query, base::Bytes& out) const;

  // True when a held pull has to be answered: an entry in [query.from, …) may match, or there are more than
  // could be looked at. Moves query.from over those that cannot match, at most kScanMax.
  [[nodiscard]] bool skip_to_match(PullQuery& query) const;

 private:
  using Entries = std::vector<storage::QueueEntry>;
  void take_all(const PullQuery& query, const Entries& entries, PullResult& result, base::Bytes& out) const;
  void take_matching(const PullQuery& query, const Entries& entries, PullResult& result,
                     base::Bytes& out) const;
  // What an entry that cannot be read means for the pull.
  void say_unreadable(const QueueId& queue, const storage::QueueEntry& entry, PullResult& result) const;

  void say_index_unreadable(const QueueId& queue, QueueOffset from, const boost::system::error_code& why,
                            PullResult& result) const;

  const storage::MessageStore& store_;
  mutable QueueOffset last_unindexed_{-1};
  mutable LogOffset last_unreadable_{-1};  // named in the log already; its consumer asks again and again
};

}  // namespace mq::broker
