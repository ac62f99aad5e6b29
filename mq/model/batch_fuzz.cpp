// Any bytes as a batch body: no read outside, and a batch that decodes encodes to the same items.
#include "mq/base/assert.hpp"
#include "mq/model/batch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto items = mq::decode_batch(std::as_bytes(std::span(data, size)));
  if (items.has_error()) return 0;
  base::Bytes again;
  mq::encode_batch(*items, again);
  BASE_ASSERT(again.size() == size, "sizes are fixed by what the items hold");
  const auto second = mq::decode_batch(again);
  BASE_ASSERT(second.has_value() && second->size() == items->size(), "our own encoding decodes");
  for (std::size_t i = 0; i < items->size(); ++i) {
    BASE_ASSERT((*items)[i].properties == (*second)[i].properties, "texts come back");
    BASE_ASSERT(base::text_of((*items)[i].body) == base::text_of((*second)[i].body), "bodies come back");
  }
  return 0;
}
