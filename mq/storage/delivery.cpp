#include "mq/storage/delivery.hpp"

#include <algorithm>
#include <array>

#include "mq/base/assert.hpp"
#include "mq/base/checksum.hpp"

namespace mq::storage {
namespace {

namespace errc = boost::system::errc;

// Places in a record whose hosts are IPv4, as stored ones are (mq/model/record.hpp).
constexpr std::size_t kSizeAt = 0;
constexpr std::size_t kBodyCrcAt = 8;
constexpr std::size_t kBodySizeAt = 84;
constexpr std::size_t kHeadSize = 88;
constexpr std::size_t kHolderSize = sizeof(std::int64_t);
constexpr std::uint32_t kCrcMask = 0x7fffffff;

Record without_body(Record record) {
  record.body = {};
  return record;
}

std::size_t number_at(base::BytesView record, std::size_t at) {
  return base::load_big<std::uint32_t>(record.data() + at);
}

}  // namespace

std::size_t delivery_size(const Record& record) { return kHolderSize + encoded_size(without_body(record)); }

void encode_delivery(const Record& record, LogOffset holder, std::byte* out) {
  base::store_big(out, holder.value());
  auto* const head = out + kHolderSize;
  encode_record(without_body(record), head);
  base::store_big(head + kSizeAt, static_cast<std::int32_t>(encoded_size(record)));
  base::store_big(head + kBodyCrcAt, base::crc32(record.body) & kCrcMask);
  base::store_big(head + kBodySizeAt, static_cast<std::int32_t>(record.body.size()));
}

base::Result<Delivery> decode_delivery(base::BytesView payload, base::Bytes& scratch) {
  if (payload.size() < kHolderSize + kHeadSize) return make_error_code(errc::bad_message);
  const auto cut = payload.subspan(kHolderSize);
  Delivery found;
  found.holder = holder_of(payload);
  found.size = number_at(cut, kSizeAt);
  found.body_size = number_at(cut, kBodySizeAt);
  if (found.body_size > kBodySizeMax || found.size != cut.size() + found.body_size) {
    return make_error_code(errc::bad_message);
  }
  // With an empty body it is a record like any other.
  scratch.assign(cut.begin(), cut.end());
  base::store_big(scratch.data() + kSizeAt, static_cast<std::int32_t>(cut.size()));
  base::store_big(scratch.data() + kBodyCrcAt, base::crc32({}) & kCrcMask);
  base::store_big(scratch.data() + kBodySizeAt, std::int32_t{0});
  const auto decoded = decode_record(scratch);
  if (!decoded) return decoded.error();
  if (decoded->size != cut.size()) return make_error_code(errc::bad_message);
  found.record = decoded->record;
  return found;
}

base::BytesView delivery_head(base::BytesView payload) { return payload.subspan(kHolderSize, kHeadSize); }

LogOffset holder_of(base::BytesView payload) {
  return LogOffset{base::load_big<std::int64_t>(payload.data())};
}

std::size_t whole_size(base::BytesView payload) { return number_at(delivery_head(payload), kSizeAt); }

bool is_body_of(base::BytesView holder, base::BytesView payload) {
  if (holder.size() < kHeadSize) return false;
  const auto head = delivery_head(payload);
  return std::ranges::equal(holder.subspan(kBodyCrcAt, sizeof kCrcMask),
                            head.subspan(kBodyCrcAt, sizeof kCrcMask)) &&
         number_at(holder, kBodySizeAt) == number_at(head, kBodySizeAt) &&
         number_at(head, kBodySizeAt) <= holder.size() - kHeadSize;
}

void append_whole(base::BytesView payload, base::BytesView holder, base::Bytes& out) {
  const auto head = delivery_head(payload);
  const auto body = body_of_record(holder);
  const auto tail = payload.subspan(kHolderSize + kHeadSize);
  out.insert(out.end(), head.begin(), head.end());
  out.insert(out.end(), body.begin(), body.end());
  out.insert(out.end(), tail.begin(), tail.end());
}

base::BytesView body_of_record(base::BytesView record) {
  if (record.size() < kHeadSize) return {};
  const auto size = number_at(record, kBodySizeAt);
  if (size > record.size() - kHeadSize) return {};
  return record.subspan(kHeadSize, size);
}

}  // namespace mq::storage
