#include "mq/broker/store_time.hpp"

#include "mq/base/bytes.hpp"
#include "mq/model/record.hpp"

namespace mq::broker {

std::optional<std::int64_t> store_time_of(const storage::MessageStore& store, const QueueId& queue,
                                          QueueOffset offset) {
  if (offset < store.min_offset(queue) || offset >= store.max_offset(queue)) return std::nullopt;
  const auto entries = store.entries(queue, offset, 1);
  if (!entries || entries->empty()) return std::nullopt;
  base::Bytes record;
  if (!store.read_record(entries->front().at, record)) return std::nullopt;
  if (record.size() < kRecordStoreTimeAt + sizeof(std::int64_t)) return std::nullopt;
  return base::load_big<std::int64_t>(record.data() + kRecordStoreTimeAt);
}

}  // namespace mq::broker
