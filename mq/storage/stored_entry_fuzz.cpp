// Any bytes as a stored entry, its payload, an index header or a snapshot: never a crash, never a read
// outside. The first byte chooses the decoder; entries are sealed, so that the fuzzer gets past the
// checksum.
#include <algorithm>
#include <cstdint>

#include "mq/model/record.hpp"
#include "mq/storage/delivery.hpp"
#include "mq/storage/entry.hpp"
#include "mq/storage/index_format.hpp"
#include "mq/storage/keys.hpp"
#include "mq/storage/metadata_codec.hpp"
#include "mq/storage/snapshot.hpp"

namespace {

using namespace mq;           // NOLINT(google-build-using-namespace)
using namespace mq::storage;  // NOLINT(google-build-using-namespace)

const Checksum kChecksum(StoreId{1});

void decode_payload(const Entry& entry) {
  if (const auto decoded = decode_record(entry.payload)) {
    for_each_key(indexed_properties(decoded->record.properties), [](std::string_view) {});
  }
  base::Bytes scratch;
  if (const auto delivery = decode_delivery(entry.payload, scratch)) {
    if (whole_size(entry.payload) != delivery->size) __builtin_trap();
    static_cast<void>(is_body_of(entry.payload, entry.payload));
  }
  static_cast<void>(decode_metadata(entry.payload));
}

void sealed_entry(base::BytesView payload) {
  base::Bytes bytes(entry_size(payload.size()));
  std::ranges::copy(payload, bytes.begin() + kEntryHeaderSize);
  EntryHeader header;
  header.type = EntryType::message;
  header.length = static_cast<std::uint32_t>(payload.size());
  seal_entry(bytes.data(), header, kChecksum);
  const auto entry = decode_entry(bytes, LogOffset{0}, kChecksum);
  if (!entry || entry->payload.size() != payload.size()) __builtin_trap();
  decode_payload(*entry);
}

void raw_entry(base::BytesView bytes) {
  const auto at = claimed_offset(bytes);
  if (!at) return;
  if (const auto entry = decode_entry(bytes, *at, kChecksum)) decode_payload(*entry);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 4) {
    case 0:
      sealed_entry(bytes);
      break;
    case 1:
      raw_entry(bytes);
      break;
    case 2:
      static_cast<void>(decode_snapshot(bytes));
      break;
    default:
      static_cast<void>(decode_index_header(bytes, kChecksum));
  }
  return 0;
}
