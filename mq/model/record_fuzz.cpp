// Any bytes as a stored record: no read outside, and what decodes encodes to a record that says the same.
#include "mq/base/assert.hpp"
#include "mq/model/record.hpp"

namespace {

void check_texts(std::string_view text) {
  if (const auto host = mq::parse_host(text)) {
    BASE_ASSERT(mq::parse_host(mq::to_string(*host)) == host, "an address comes back");
  }
  if (const auto id = mq::parse_offset_message_id(text)) {
    const auto again = mq::parse_offset_message_id(mq::offset_message_id(id->host, id->at));
    BASE_ASSERT(again && again->at == id->at && again->host == id->host, "an id comes back");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_texts({reinterpret_cast<const char*>(data), size});
  const auto decoded = mq::decode_record(std::as_bytes(std::span(data, size)));
  if (decoded.has_error()) return 0;
  BASE_ASSERT(decoded->size <= size, "a record is part of its input");
  const mq::Record& record = decoded->record;
  base::Bytes again(mq::encoded_size(record));
  mq::encode_record(record, again.data());
  const auto second = mq::decode_record(again);
  BASE_ASSERT(second.has_value() && second->size == again.size(), "our own encoding decodes");
  BASE_ASSERT(second->record.topic == record.topic && second->record.properties == record.properties,
              "texts come back");
  BASE_ASSERT(base::text_of(second->record.body) == base::text_of(record.body), "the body comes back");
  BASE_ASSERT(second->record.born_host == record.born_host, "hosts come back");
  return 0;
}
