#include "mq/model/batch.hpp"

#include <boost/system/errc.hpp>

#include "mq/base/assert.hpp"
#include "mq/model/names.hpp"

namespace mq {

void encode_batch(std::span<const BatchItem> items, base::Bytes& out) {
  base::ByteWriter to(out);
  for (const BatchItem& item : items) {
    BASE_ASSERT(item.body.size() <= kBodySizeMax && item.properties.size() <= kPropertiesSizeMax,
                "the sender's limits were not checked");
    to.number(static_cast<std::int32_t>(kBatchItemOverhead + item.body.size() + item.properties.size()));
    to.number(std::int32_t{0});  // magic and checksum: the broker makes its own
    to.number(std::int32_t{0});
    to.number(item.flag);
    to.number(static_cast<std::int32_t>(item.body.size()));
    to.put(item.body);
    to.number(static_cast<std::int16_t>(item.properties.size()));
    to.text(item.properties);
  }
}

base::Result<std::vector<BatchItem>> decode_batch(base::BytesView body) {
  const auto broken = make_error_code(boost::system::errc::bad_message);
  std::vector<BatchItem> items;
  while (!body.empty()) {
    base::ByteReader head(body);
    const auto size = head.number<std::int32_t>();
    if (size < static_cast<std::int32_t>(kBatchItemOverhead) ||
        static_cast<std::size_t>(size) > body.size()) {
      return broken;
    }
    base::ByteReader reader(body.first(static_cast<std::size_t>(size)));
    reader.take(12);
    BatchItem item;
    item.flag = reader.number<std::int32_t>();
    const auto body_size = reader.number<std::int32_t>();
    if (body_size < 0) return broken;
    item.body = reader.take(static_cast<std::size_t>(body_size));
    const auto properties_size = reader.number<std::int16_t>();
    if (properties_size < 0) return broken;
    item.properties = reader.text(static_cast<std::size_t>(properties_size));
    if (!reader.ok() || reader.left() != 0) return broken;
    items.push_back(item);
    body = body.subspan(static_cast<std::size_t>(size));
  }
  if (items.empty()) return broken;
  return items;
}

}  // namespace mq
