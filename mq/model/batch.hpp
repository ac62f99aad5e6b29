#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"

namespace mq {

// One message of a batch send; views into the batch's body. Topic, queue, sysFlag and birth are those of
// the request's header (rocketmq-wire.md 3.6).
struct BatchItem {
  std::int32_t flag = 0;
  base::BytesView body;
  std::string_view properties;
};

// Size of one encoded item without its body and properties.
inline constexpr std::size_t kBatchItemOverhead = 22;

// Appends the batch body to `out`. Pre: each body and properties within the limits of names.hpp.
void encode_batch(std::span<const BatchItem> items, base::Bytes& out);

// All items, at least one. Lengths that do not add up are an error; nothing is read outside `body`.
base::Result<std::vector<BatchItem>> decode_batch(base::BytesView body);

}  // namespace mq
