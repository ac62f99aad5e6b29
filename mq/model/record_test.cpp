#include "mq/model/record.hpp"

#include <gtest/gtest.h>

#include <random>

#include "mq/base/checksum.hpp"

namespace mq {
namespace {

base::Bytes from_hex(std::string_view hex) {
  base::Bytes bytes;
  std::string digits;
  for (const char c : hex) {
    if (c != ' ' && c != '\n') digits.push_back(c);
  }
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// rocketmq-wire.md, appendix B.
const base::Bytes& golden_bytes() {
  static const base::Bytes bytes = from_hex(
      "000000a5daa320a777d189820000000300000000000000000000002a00000000075bcd15000000000000018bcfe56800"
      "0a0000090000d7530000018bcfe568050a00000500002a9f000000000000000000000000 00000005 48656c6c6f"
      "09 546f70696354657374 003c 4b455953016b3102 554e49515f4b455901"
      "3041303030303035303030313030303030303030303030303030303030303031 02 5441475301 5461674102");
  return bytes;
}

Record golden_record() {
  return {.queue = 3,
          .flag = 0,
          .queue_offset = QueueOffset{42},
          .log_offset = LogOffset{123456789},
          .sys_flag = 0,
          .born_ms = 1700000000000,
          .born_host = {.ip = {10, 0, 0, 9}, .port = 55123},
          .store_ms = 1700000000005,
          .store_host = {.ip = {10, 0, 0, 5}, .port = 10911},
          .reconsume_times = 0,
          .prepared_offset = 0,
          .body = base::bytes_of("Hello"),
          .topic = "TopicTest",
          .properties =
              "KEYS\x01k1\x02UNIQ_KEY\x01"
              "0A000005000100000000000000000001\x02TAGS\x01TagA\x02"};
}

base::Bytes encoded(const Record& record) {
  base::Bytes bytes(encoded_size(record));
  encode_record(record, bytes.data());
  return bytes;
}

void expect_equal(const Record& a, const Record& b) {
  EXPECT_EQ(a.queue, b.queue);
  EXPECT_EQ(a.flag, b.flag);
  EXPECT_EQ(a.queue_offset, b.queue_offset);
  EXPECT_EQ(a.log_offset, b.log_offset);
  EXPECT_EQ(a.sys_flag, b.sys_flag);
  EXPECT_EQ(a.born_ms, b.born_ms);
  EXPECT_EQ(a.born_host, b.born_host);
  EXPECT_EQ(a.store_ms, b.store_ms);
  EXPECT_EQ(a.store_host, b.store_host);
  EXPECT_EQ(a.reconsume_times, b.reconsume_times);
  EXPECT_EQ(a.prepared_offset, b.prepared_offset);
  EXPECT_EQ(base::text_of(a.body), base::text_of(b.body));
  EXPECT_EQ(a.topic, b.topic);
  EXPECT_EQ(a.properties, b.properties);
}

TEST(Record, EncodesTheGoldenVector) { EXPECT_EQ(encoded(golden_record()), golden_bytes()); }

TEST(Record, DecodesTheGoldenVector) {
  const auto decoded = decode_record(golden_bytes());
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->size, 165U);
  expect_equal(decoded->record, golden_record());
}

TEST(Record, HasNinetyOneBytesWhenEmpty) { EXPECT_EQ(encoded_size(Record{}), 91U); }

TEST(Record, StoresTheChecksumWithoutItsTopBit) {
  EXPECT_EQ(base::crc32(base::bytes_of("Hello")), 0xF7D18982U);
  EXPECT_EQ(base::load_big<std::uint32_t>(golden_bytes().data() + 8), 0x77D18982U);
}

TEST(Record, KeepsTheFieldsThatArePatchedAtTheirPlaces) {
  const auto bytes = golden_bytes();
  EXPECT_EQ(base::load_big<std::int64_t>(bytes.data() + kRecordQueueOffsetAt), 42);
  EXPECT_EQ(base::load_big<std::int64_t>(bytes.data() + kRecordLogOffsetAt), 123456789);
  EXPECT_EQ(base::load_big<std::int64_t>(bytes.data() + kRecordStoreTimeAt), 1700000000005);
}

TEST(Record, UsesTheSecondMagicOnlyForTopicsLongerThan127) {
  for (const std::size_t length : {127U, 128U, 255U}) {
    const std::string topic(length, 't');
    Record record = golden_record();
    record.topic = topic;
    const auto bytes = encoded(record);
    EXPECT_EQ(base::load_big<std::uint32_t>(bytes.data() + 4), length > 127 ? 0xDAA320ABU : 0xDAA320A7U);
    const auto decoded = decode_record(bytes);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->size, bytes.size());
    expect_equal(decoded->record, record);
  }
}

TEST(Record, DecodesTheFirstOfSeveral) {
  auto bytes = golden_bytes();
  bytes.insert(bytes.end(), golden_bytes().begin(), golden_bytes().end());
  const auto decoded = decode_record(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->size, golden_bytes().size());
}

TEST(Record, ReadsLongHostsAndNeverWritesThem) {
  const std::string_view address = "0123456789abcdef";
  auto bytes = golden_bytes();
  const auto long_host = base::bytes_of(address);
  bytes.erase(bytes.begin() + 64, bytes.begin() + 68);
  bytes.insert(bytes.begin() + 64, long_host.begin(), long_host.end());
  bytes.erase(bytes.begin() + 48, bytes.begin() + 52);
  bytes.insert(bytes.begin() + 48, long_host.begin(), long_host.end());
  base::store_big(bytes.data(), static_cast<std::int32_t>(bytes.size()));
  base::store_big(bytes.data() + 36, sys_flag::kBornHostV6 | sys_flag::kStoreHostV6 | sys_flag::kMultiTags);
  const auto decoded = decode_record(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->record.born_host, (Host{.ip = {}, .port = 55123}));
  EXPECT_EQ(decoded->record.store_host, (Host{.ip = {}, .port = 10911}));
  EXPECT_EQ(decoded->record.topic, "TopicTest");

  const auto again = decode_record(encoded(decoded->record));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->record.sys_flag, sys_flag::kMultiTags);
  EXPECT_EQ(again->record.born_host.port, 55123);
}

TEST(Record, IsRefusedWhenCutAnywhere) {
  const auto& bytes = golden_bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const base::Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(decode_record(cut).has_error()) << size;
  }
}

TEST(Record, IsRefusedWhenALengthIsWrong) {
  struct Field {
    std::size_t at, width;
  };
  for (const auto [at, width] : {Field{0, 4}, Field{84, 4}, Field{93, 1}, Field{103, 2}}) {
    for (int bit = 0; bit < static_cast<int>(width) * 8; ++bit) {
      auto bytes = golden_bytes();
      bytes[at + static_cast<std::size_t>(bit) / 8] ^= static_cast<std::byte>(1 << (bit % 8));
      EXPECT_TRUE(decode_record(bytes).has_error()) << at << " bit " << bit;
    }
  }
}

TEST(Record, IsRefusedWithAnotherMagicOrADamagedBody) {
  auto wrong_magic = golden_bytes();
  base::store_big(wrong_magic.data() + 4, std::uint32_t{0xCBD43194});  // the log's end-of-file mark
  EXPECT_TRUE(decode_record(wrong_magic).has_error());
  for (std::size_t i = 88; i < 93; ++i) {
    auto damaged = golden_bytes();
    damaged[i] ^= std::byte{1};
    EXPECT_TRUE(decode_record(damaged).has_error()) << i;
  }
}

TEST(Record, SurvivesEveryFlippedByte) {
  for (std::size_t i = 0; i < golden_bytes().size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      auto bytes = golden_bytes();
      bytes[i] = static_cast<std::byte>(value);
      const auto decoded = decode_record(bytes);
      if (decoded.has_value()) EXPECT_EQ(decoded->size, bytes.size());
    }
  }
}

TEST(Record, ComesBackWhateverItHolds) {
  std::mt19937_64 random(7);
  const auto text = [&](std::size_t max) {
    std::string made(random() % (max + 1), '\0');
    for (char& c : made) c = static_cast<char>(random());
    return made;
  };
  for (int round = 0; round < 2000; ++round) {
    const std::string body = text(2000);
    const std::string topic = text(255);
    const std::string properties = text(500);
    Record record = golden_record();
    record.queue = static_cast<std::int32_t>(random());
    record.queue_offset = QueueOffset{static_cast<std::int64_t>(random())};
    record.sys_flag = static_cast<std::int32_t>(random() & ~0x30ULL);
    record.store_ms = static_cast<std::int64_t>(random());
    record.born_host.port = static_cast<std::int32_t>(random());
    record.body = base::bytes_of(body);
    record.topic = topic;
    record.properties = properties;
    const auto bytes = encoded(record);
    const auto decoded = decode_record(bytes);
    ASSERT_TRUE(decoded.has_value());
    expect_equal(decoded->record, record);
  }
}

TEST(Host, PrintsAndParses) {
  const Host host{.ip = {10, 0, 0, 5}, .port = 10911};
  EXPECT_EQ(to_string(host), "10.0.0.5:10911");
  EXPECT_EQ(parse_host("10.0.0.5:10911"), host);
  EXPECT_EQ(parse_host("255.255.255.255:65535"), (Host{.ip = {255, 255, 255, 255}, .port = 65535}));
}

TEST(Host, RefusesWhatIsNoNumericAddress) {
  for (const char* bad :
       {"", "localhost:1", "10.0.0:1", "10.0.0.256:1", "10.0.0.5", "10.0.0.5:", "10.0.0.5:65536",
        "10.0.0.5:1x", "10.0.0.5.6:1", "-1.0.0.5:1", "::1:80", " 10.0.0.5:1", "10..0.5:1"}) {
    EXPECT_EQ(parse_host(bad), std::nullopt) << bad;
  }
}

TEST(OffsetMessageId, EqualsTheGoldenVector) {
  const Host host{.ip = {10, 0, 0, 5}, .port = 10911};
  const std::string id = "0A00000500002A9F00000000075BCD15";
  EXPECT_EQ(offset_message_id(host, LogOffset{123456789}), id);
  const auto parsed = parse_offset_message_id(id);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->host, host);
  EXPECT_EQ(parsed->at, LogOffset{123456789});
}

TEST(OffsetMessageId, RefusesWhatItDidNotMake) {
  EXPECT_FALSE(parse_offset_message_id(""));
  EXPECT_FALSE(parse_offset_message_id("0A00000500002A9F00000000075BCD1"));
  EXPECT_FALSE(parse_offset_message_id("0A00000500002A9F00000000075BCD1G"));
  EXPECT_FALSE(parse_offset_message_id("0A00000500012A9F00000000075BCD15"));  // port beyond 65535
  EXPECT_FALSE(parse_offset_message_id("0A00000500002A9F80000000075BCD15"));  // negative offset
}

}  // namespace
}  // namespace mq
