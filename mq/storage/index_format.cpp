#include "mq/storage/index_format.hpp"

#include <array>

namespace mq::storage {

std::uint32_t chunk_checksum(const Checksum& checksum, LogOffset segment, std::uint64_t position,
                             base::BytesView rows) {
  std::array<std::byte, 16> place{};
  base::store_big(place.data(), segment.value());
  base::store_big(place.data() + 8, position);
  return checksum.of(place, rows);
}

void store_row(std::byte* at, const StoredEntry& row) {
  base::store_big(at, row.at);
  base::store_big(at + 8, row.size);
  base::store_big(at + 12, row.tag_hash);
}
void store_row(std::byte* at, const KeyRow& row) {
  base::store_big(at, row.hash);
  base::store_big(at + 8, row.at);
}
void store_row(std::byte* at, const TimerMark& row) {
  base::store_big(at, row.due_ms);
  base::store_big(at + 8, row.origin);
}
void load_row(const std::byte* at, StoredEntry& row) {
  row.at = base::load_big<std::int64_t>(at);
  row.size = base::load_big<std::int32_t>(at + 8);
  row.tag_hash = base::load_big<std::int64_t>(at + 12);
}
void load_row(const std::byte* at, KeyRow& row) {
  row.hash = base::load_big<std::uint64_t>(at);
  row.at = base::load_big<std::int64_t>(at + 8);
}
void load_row(const std::byte* at, TimerMark& row) {
  row.due_ms = base::load_big<std::int64_t>(at);
  row.origin = base::load_big<std::int64_t>(at + 8);
}

base::Bytes encode_index_header(const IndexHeader& header, const Checksum& checksum) {
  base::Bytes bytes;
  bytes.reserve(kIndexHeaderSize);
  base::ByteWriter out(bytes);
  const auto put_section = [&out](const Section& section) {
    out.number(section.position);
    out.number(section.size);
    out.number(section.checksum);
  };
  const auto put_table = [&out](const RowTable& table) {
    out.number(table.position);
    out.number(table.count);
  };
  out.number(kIndexMagic);
  out.number(header.version);
  out.number(header.flags);
  out.number(header.store.value());
  out.number(header.start.value());
  out.number(header.upto.value());
  out.number(header.last_epoch);
  out.number(header.writer_epoch);
  out.number(header.store_ms_min);
  out.number(header.store_ms_max);
  out.number(header.records);
  out.number(header.last_timer.due_ms);
  out.number(header.last_timer.origin);
  put_section(header.directory);
  out.number(header.runs);
  put_section(header.snapshot);
  out.number(std::uint32_t{0});
  put_table(header.keys);
  put_table(header.timers);
  out.number(checksum.of(bytes));
  out.number(std::uint32_t{0});
  return bytes;
}

std::optional<IndexHeader> decode_index_header(base::BytesView bytes, const Checksum& checksum) {
  constexpr std::size_t kCovered = kIndexHeaderSize - 8;
  if (bytes.size() < kIndexHeaderSize) return {};
  if (base::load_big<std::uint32_t>(bytes.data() + kCovered) != checksum.of(bytes.first(kCovered))) return {};
  base::ByteReader in(bytes.first(kCovered));
  const auto take_section = [&in](Section& section) {
    section.position = in.number<std::uint64_t>();
    section.size = in.number<std::uint64_t>();
    section.checksum = in.number<std::uint32_t>();
  };
  const auto take_table = [&in](RowTable& table) {
    table.position = in.number<std::uint64_t>();
    table.count = in.number<std::uint64_t>();
  };
  if (in.number<std::uint32_t>() != kIndexMagic) return {};
  IndexHeader header;
  header.version = in.number<std::uint16_t>();
  header.flags = in.number<std::uint16_t>();
  header.store = StoreId{in.number<std::uint64_t>()};
  header.start = LogOffset{in.number<std::int64_t>()};
  header.upto = LogOffset{in.number<std::int64_t>()};
  header.last_epoch = in.number<std::uint32_t>();
  header.writer_epoch = in.number<std::uint32_t>();
  header.store_ms_min = in.number<std::int64_t>();
  header.store_ms_max = in.number<std::int64_t>();
  header.records = in.number<std::uint64_t>();
  header.last_timer.due_ms = in.number<std::int64_t>();
  header.last_timer.origin = in.number<std::int64_t>();
  take_section(header.directory);
  header.runs = in.number<std::uint32_t>();
  take_section(header.snapshot);
  in.number<std::uint32_t>();
  take_table(header.keys);
  take_table(header.timers);
  return header;
}

}  // namespace mq::storage
