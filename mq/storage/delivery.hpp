#pragma once
#include <cstddef>
#include <cstdint>

#include "mq/base/bytes.hpp"
#include "mq/base/result.hpp"
#include "mq/model/names.hpp"
#include "mq/model/record.hpp"

namespace mq::storage {

// The payload of a delivery entry: a record without its body, and where the record lies that holds the same
// body (FORMAT.md, "Entries"). Everything but the body stands here, so that a scan of the log needs no second
// place to know topic, queue, offset, tag, keys and times; only who reads the body goes there.
//
// Invariant: the holder is a message entry before this one, never another delivery.

// Bytes of the payload. `record.body` is the body that stands elsewhere.
std::size_t delivery_size(const Record& record);

// Writes exactly delivery_size(record) bytes to `out`.
void encode_delivery(const Record& record, LogOffset holder, std::byte* out);

struct Delivery {
  LogOffset holder;           // offset of the record with the body
  std::size_t body_size = 0;  // of that body
  std::size_t size = 0;       // of the whole record, as readers get it
  Record record;              // its body is empty; topic and properties view into `scratch`
};
// bad_message when the payload is no delivery. Nothing is read outside it.
base::Result<Delivery> decode_delivery(base::BytesView payload, base::Bytes& scratch);

// The fields in front of a body, of a delivery's payload or of a whole record. Pre: what decode_delivery() or
// decode_record() accepts.
base::BytesView delivery_head(base::BytesView payload);
// What the payload says of its holder and of its whole size, without decoding it. Pre: the same.
LogOffset holder_of(base::BytesView payload);
std::size_t whole_size(base::BytesView payload);

// Whether `holder` is the record of this very body: same size, same CRC-32.
bool is_body_of(base::BytesView holder, base::BytesView payload);
// Appends the whole record, byte for byte what encode_record() would have written. Pre: is_body_of().
void append_whole(base::BytesView payload, base::BytesView holder, base::Bytes& out);

// The body of an encoded record; empty when the bytes are too short to have the one they claim.
base::BytesView body_of_record(base::BytesView record);

}  // namespace mq::storage
