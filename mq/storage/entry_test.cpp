#include "mq/storage/entry.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "mq/model/record.hpp"
#include "mq/storage/keys.hpp"
#include "mq/storage/metadata_codec.hpp"
#include "mq/storage/snapshot.hpp"

namespace mq::storage {
namespace {

const Checksum kChecksum(StoreId{42});

base::Bytes make_entry(std::string_view payload, LogOffset at) {
  base::Bytes bytes(entry_size(payload.size()), std::byte{0xEE});
  std::ranges::copy(base::bytes_of(payload), bytes.begin() + kEntryHeaderSize);
  EntryHeader header;
  header.type = EntryType::message;
  header.flags = entry_flag::kDelivers;
  header.length = static_cast<std::uint32_t>(payload.size());
  header.epoch = 7;
  header.at = at;
  header.origin = LogOffset{123};
  header.due_ms = -5;
  header.undurable = 48;
  seal_entry(bytes.data(), header, kChecksum);
  return bytes;
}

TEST(Entry, SaysWhatWasWritten) {
  const auto bytes = make_entry("payload", LogOffset{4096});
  const auto entry = decode_entry(bytes, LogOffset{4096}, kChecksum);
  ASSERT_TRUE(entry);
  EXPECT_EQ(base::text_of(entry->payload), "payload");
  EXPECT_EQ(entry->header.epoch, 7U);
  EXPECT_EQ(entry->header.origin, LogOffset{123});
  EXPECT_EQ(entry->header.due_ms, -5);
  EXPECT_EQ(entry->header.watermark(), LogOffset{4048});
  EXPECT_EQ(entry->end(), LogOffset{4096 + 56});
}

TEST(Entry, IsNothingAtAnotherPlaceInAnotherStoreOrCutShort) {
  const auto bytes = make_entry("payload", LogOffset{4096});
  EXPECT_FALSE(decode_entry(bytes, LogOffset{4104}, kChecksum));
  EXPECT_FALSE(decode_entry(bytes, LogOffset{4096}, Checksum(StoreId{43})));
  for (std::size_t size = 0; size < kEntryHeaderSize + 7; ++size) {
    EXPECT_FALSE(decode_entry(base::BytesView(bytes).first(size), LogOffset{4096}, kChecksum)) << size;
  }
}

TEST(Entry, EveryFlippedBitIsFound) {
  const auto whole = make_entry("payload", LogOffset{4096});
  for (std::size_t bit = 0; bit < (kEntryHeaderSize + 7) * 8; ++bit) {
    auto bytes = whole;
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_FALSE(decode_entry(bytes, LogOffset{4096}, kChecksum)) << bit;
  }
}

TEST(Entry, AFillerNeedsItsHeaderOnly) {
  base::Bytes bytes(kEntryHeaderSize);
  EntryHeader header;
  header.length = 1000;
  header.at = LogOffset{8};
  seal_entry(bytes.data(), header, kChecksum);
  const auto entry = decode_entry(bytes, LogOffset{8}, kChecksum);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->end(), LogOffset{8 + 1048});
}

TEST(MetadataCodec, RoundTripsAndRefusesEveryTruncation) {
  const std::vector<MetaChange> changes{{"a", "value"}, {"bb", std::nullopt}, {"", ""}};
  base::Bytes bytes(encoded_size(changes));
  encode_metadata(changes, bytes.data());
  const auto decoded = decode_metadata(bytes);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 3U);
  EXPECT_EQ((*decoded)[0].value, "value");
  EXPECT_FALSE((*decoded)[1].value);
  EXPECT_EQ((*decoded)[2].value, "");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_metadata(base::BytesView(bytes).first(size))) << size;
  }
}

TEST(SnapshotCodec, RoundTripsAndRefusesEveryTruncation) {
  Snapshot snapshot;
  snapshot.metadata = {{"k", "v"}, {"empty", ""}};
  snapshot.next_offsets[{"topic", 3}] = 77;
  snapshot.removals["gone"] = LogOffset{9};
  snapshot.delivered = {5, 6};
  snapshot.newest_store_ms = 12;
  constexpr auto version_4_size = 3 * sizeof(std::int64_t) + sizeof(std::uint32_t);
  const auto version_1_size = encode_snapshot(snapshot).size() - 2 * sizeof(std::uint32_t) - version_4_size;
  for (const auto half : {48, 1000}) snapshot.halves.add(LogOffset{half});
  const auto version_2_size = encode_snapshot(snapshot).size() - sizeof(std::uint32_t) - version_4_size;
  snapshot.shared[{"topic", 3}] = {{LogOffset{0}, 7, LogOffset{900}, 11, {5, 900}},
                                   {LogOffset{512}, 8, LogOffset{990}, 12, {}}};
  const auto version_3_size = encode_snapshot(snapshot).size() - version_4_size;
  snapshot.carried = {LogOffset{512}, {9, 600}};
  snapshot.halves.carry(LogOffset{48}, LogOffset{2000});
  const auto bytes = encode_snapshot(snapshot);
  const auto decoded = decode_snapshot(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->metadata, snapshot.metadata);
  EXPECT_EQ(decoded->next_offsets, snapshot.next_offsets);
  EXPECT_EQ(decoded->removals, snapshot.removals);
  EXPECT_EQ(decoded->delivered, snapshot.delivered);
  EXPECT_EQ(decoded->newest_store_ms, 12);
  EXPECT_EQ(decoded->carried, snapshot.carried);
  EXPECT_EQ(decoded->halves.all(), snapshot.halves.all());
  EXPECT_EQ(decoded->halves.place_of(LogOffset{48}).now, LogOffset{2000});
  EXPECT_EQ(decoded->halves.place_of(LogOffset{1000}).now, LogOffset{1000});
  EXPECT_EQ(decoded->shared, snapshot.shared);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode_snapshot(base::BytesView(bytes).first(size)).has_value(),
              size == version_1_size || size == version_2_size || size == version_3_size)
        << size;
  }
}

TEST(Keys, ThreePropertiesAreFoundInOnePass) {
  const auto found = indexed_properties("WAIT\x01true\x02KEYS\x01k1 k2\x02TAGS\x01paid\x02UNIQ_KEY\x01U1");
  EXPECT_EQ(found.tag, "paid");
  EXPECT_EQ(found.keys, "k1 k2");
  EXPECT_EQ(found.unique_key, "U1");
  const auto none = indexed_properties("KEYS\x01\x02TAGS\x02UNIQ_KEYS\x01x\x02");
  EXPECT_EQ(none.tag, "");
  EXPECT_EQ(none.keys, "");
  EXPECT_EQ(none.unique_key, "");
}

TEST(Keys, BlanksSeparateKeys) {
  std::vector<std::string> keys;
  for_each_key({.tag = {}, .keys = "  a  bc d ", .unique_key = "u"},
               [&](std::string_view key) { keys.emplace_back(key); });
  EXPECT_EQ(keys, (std::vector<std::string>{"a", "bc", "d", "u"}));
}

// The hash is part of the format: FORMAT.md names this value.
TEST(Keys, TheHashIsTheOneInTheSpecification) {
  EXPECT_EQ(key_hash(topic_key_state("TopicTest"), "order-1"), 0xBB0C84B3CE0B83FCU);
}

// The annotated dump in FORMAT.md: lines of `offset  hex bytes  meaning` between two markers.
base::Bytes example_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  base::Bytes bytes;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line == "```hex") inside = true;
    if (line == "```") inside = false;
    if (!inside || line == "```hex") continue;
    std::istringstream words(line.substr(6, 48));
    for (std::string word; words >> word;)
      bytes.push_back(static_cast<std::byte>(std::stoi(word, nullptr, 16)));
  }
  return bytes;
}

TEST(FormatPage, ItsExampleIsARealEntry) {
  const auto bytes = example_of(SLUICE_FORMAT_PAGE);
  const auto entry = decode_entry(bytes, LogOffset{0}, Checksum(StoreId{0x00C0FFEE00C0FFEE}));
  ASSERT_TRUE(entry);
  EXPECT_EQ(bytes.size(), entry_size(entry->header.length));
  EXPECT_EQ(entry->header.type, EntryType::message);
  EXPECT_EQ(entry->header.epoch, 1U);
  const auto record = decode_record(entry->payload);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->record.topic, "TopicTest");
  EXPECT_EQ(record->record.log_offset, LogOffset{48});
  EXPECT_EQ(base::text_of(record->record.body), "hello");
}

}  // namespace
}  // namespace mq::storage
