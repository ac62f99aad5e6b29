#include "mq/protocol/command.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <stdexcept>

#include "mq/protocol/header_codec.hpp"
#include "mq/protocol/response_fields.hpp"

namespace mq::protocol {
namespace {

// A frame around any header.
base::Bytes frame(std::string_view header, std::string_view body = "",
                  Serialize serialize = Serialize::json) {
  base::Bytes bytes;
  base::ByteWriter to(bytes);
  to.number(static_cast<std::int32_t>(4 + header.size() + body.size()));
  to.number(static_cast<std::uint32_t>(static_cast<std::uint32_t>(serialize) << 24 | header.size()));
  to.text(header);
  to.text(body);
  return bytes;
}

base::Bytes encoded(const Command& command) {
  base::Bytes bytes;
  encode(command, bytes);
  return bytes;
}

std::string header_of(const base::Bytes& bytes) {
  return std::string(
      base::text_of(bytes).substr(8, base::load_big<std::uint32_t>(bytes.data() + 4) & 0xffffff));
}

Command sample(Serialize serialize) {
  return {.code = 310,
          .language = "GO",
          .version = 317,
          .opaque = -7,
          .flag = kOnewayFlag,
          .remark = "why \"not\"",
          .ext = {{"a", "PG"},
                  {"i", "KEYS\x01k1\x02TAGS\x01TagA\x02"},
                  {"b", "订单 and a text longer than a block"}},
          .body = std::string("\0\x01 body", 7),
          .serialize = serialize};
}

// --- rocketmq-wire.md, appendix B ---

Command route_request(Serialize serialize) {
  Command command;
  command.code = 105;
  command.opaque = 7;
  command.ext = {{"topic", "TopicTest"}};
  command.serialize = serialize;
  return command;
}

TEST(Frame, EncodesTheGoldenJsonRequest) {
  const auto bytes = encoded(route_request(Serialize::json));
  EXPECT_EQ(header_of(bytes),
            R"({"code":105,"extFields":{"topic":"TopicTest"},"flag":0,"language":"JAVA","opaque":7,)"
            R"("serializeTypeCurrentRPC":"JSON","version":479})");
  EXPECT_EQ(base::load_big<std::uint64_t>(bytes.data()), 0x0000008700000083U);
}

TEST(Frame, EncodesTheGoldenBinaryRequest) {
  const auto bytes = encoded(route_request(Serialize::binary));
  EXPECT_EQ(base::load_big<std::uint64_t>(bytes.data()), 0x0000002d01000029U);
  const std::string_view header(
      "\x00\x69\x00\x01\xdf\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x14\x00\x05topic\x00"
      "\x00\x00\x09TopicTest",
      41);
  EXPECT_EQ(header_of(bytes), header);
}

TEST(Frame, ComesBackInBothSerialisations) {
  for (const auto serialize : {Serialize::json, Serialize::binary}) {
    const auto decoded = decode(encoded(sample(serialize)));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, sample(serialize));
  }
}

TEST(Frame, ThatNoBinaryHeaderCanCarryGoesAsJson) {
  Command pop = route_request(Serialize::binary);
  pop.code = 200050;
  const auto decoded = decode(encoded(pop));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->code, 200050);
  EXPECT_EQ(decoded->serialize, Serialize::json);

  Command long_key = route_request(Serialize::binary);
  long_key.set(std::string(32768, 'k'), "v");
  EXPECT_EQ(decode(encoded(long_key))->serialize, Serialize::json);
}

TEST(FrameSize, WaitsForEightBytes) {
  const auto bytes = encoded(sample(Serialize::json));
  for (std::size_t size = 0; size < 8; ++size) {
    const auto found = frame_size(base::BytesView(bytes).first(size));
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(*found, std::nullopt);
  }
  EXPECT_EQ(*frame_size(base::BytesView(bytes).first(8)), bytes.size());
  EXPECT_EQ(*frame_size(bytes), bytes.size());
}

TEST(FrameSize, RefusesImpossibleLengths) {
  const auto of = [](std::uint32_t total, std::uint32_t mark) {
    base::Bytes bytes(8);
    base::store_big(bytes.data(), total);
    base::store_big(bytes.data() + 4, mark);
    return frame_size(bytes);
  };
  EXPECT_TRUE(of(3, 0).has_error());
  EXPECT_TRUE(of(0, 0).has_error());
  EXPECT_TRUE(of(0xffffffff, 0).has_error());
  EXPECT_TRUE(of(0x80000000, 0).has_error());
  EXPECT_TRUE(of(14, 11).has_error());  // the header would be longer than the frame
  EXPECT_TRUE(of(14, 10).has_value());
  EXPECT_TRUE(of(kFrameSizeMax - 4, 0).has_value());
  EXPECT_TRUE(of(kFrameSizeMax - 3, 0).has_error());
  EXPECT_TRUE(of(0x7fffffff, 0).has_error());
}

TEST(Decode, RefusesAFrameCutAnywhere) {
  for (const auto serialize : {Serialize::json, Serialize::binary}) {
    const auto bytes = encoded(sample(serialize));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_TRUE(decode(base::BytesView(bytes).first(size)).has_error()) << size;
    }
  }
}

TEST(Decode, RefusesAHeaderCutAnywhere) {
  for (const auto serialize : {Serialize::json, Serialize::binary}) {
    const std::string header = header_of(encoded(sample(serialize)));
    for (std::size_t size = 0; size < header.size(); ++size) {
      EXPECT_TRUE(decode(frame(header.substr(0, size), "", serialize)).has_error()) << size;
    }
  }
}

TEST(Decode, RefusesAnUnknownSerialisation) {
  EXPECT_TRUE(decode(frame("{}", "", static_cast<Serialize>(2))).has_error());
}

TEST(DecodeJson, TakesNumbersAndBooleansAsTheirText) {
  const auto bytes =
      frame(R"({"code":11,"extFields":{"queueId":3,"big":-9007199254740993,"x":1.50,"t":true,"f":false}})");
  CommandView view;
  ASSERT_TRUE(decode(bytes, view).has_value());
  EXPECT_EQ(view.owned, nullptr);
  EXPECT_EQ(view.find("queueId")->value, "3");
  EXPECT_EQ(view.find("big")->value, "-9007199254740993");
  EXPECT_EQ(view.find("x")->value, "1.50");
  EXPECT_EQ(view.find("t")->value, "true");
  EXPECT_EQ(view.find("f")->value, "false");
}

TEST(DecodeJson, TakesNullForAbsent) {
  const auto bytes = frame(R"({"code":11,"extFields":{"a":null,"b":"1"},"remark":null,"language":null})");
  CommandView view;
  ASSERT_TRUE(decode(bytes, view).has_value());
  EXPECT_EQ(view.ext().size(), 1U);
  EXPECT_EQ(view.find("a"), nullptr);
  const auto none = frame(R"({"code":11,"extFields":null,"flag":1})");
  ASSERT_TRUE(decode(none, view).has_value());
  EXPECT_TRUE(view.ext().empty());
  EXPECT_TRUE(view.is_response());
}

TEST(DecodeJson, SkipsUnknownMembersAndBlanks) {
  const auto bytes = frame(
      "\n{ \"code\" : 34 ,\"new\":[1,{\"x\":[]}],\"other\":\"\\\"\", \"extFields\" :"
      " { \"a\" : \"1\" , \"b\":2 } , \"opaque\":5 }\n");
  CommandView view;
  ASSERT_TRUE(decode(bytes, view).has_value());
  EXPECT_EQ(view.code, 34);
  EXPECT_EQ(view.opaque, 5);
  EXPECT_EQ(view.find("a")->value, "1");
  EXPECT_EQ(view.find("b")->value, "2");
}

TEST(DecodeJson, TakesTheLastOfRepeatedFields) {
  const auto bytes = frame(R"({"extFields":{"x":"0"},"code":1,"extFields":{"a":"1","a":"2"}})");
  CommandView view;
  ASSERT_TRUE(decode(bytes, view).has_value());
  EXPECT_EQ(view.find("a")->value, "2");
  EXPECT_EQ(view.find("x"), nullptr);
}

TEST(DecodeJson, DoesByParsingWhatItCannotDoInPlace) {
  const auto bytes =
      frame(R"({"code":11,"extFields":{"key\n":"a","n":{"b":[1]},"e":1e3,"ok":"\u0001"},"remark":"\"r\""})");
  CommandView view;
  ASSERT_TRUE(decode(bytes, view).has_value());
  ASSERT_NE(view.owned, nullptr);
  EXPECT_EQ(view.find("key\n")->value, "a");
  EXPECT_EQ(view.find("n")->value, R"({"b":[1]})");
  EXPECT_EQ(view.find("e")->value, "1000");
  EXPECT_EQ(view.find("ok")->value, "\x01");
  EXPECT_EQ(view.remark, "\"r\"");
  EXPECT_EQ(view.code, 11);
}

TEST(DecodeJson, RefusesWhatIsNoHeader) {
  for (const char* bad :
       {"", "[]", "7", "{", "nothing", R"({"code":"x"})", R"({"code":1.5})", R"({"code":3000000000})",
        R"({"extFields":7})", R"({"extFields":[]})", R"({"language":7})", R"({"code":1}x)", R"({"code":1,})",
        R"({"extFields":{"a":"1",}})", R"({"extFields":{"a" "1"}})", R"({"code":1)"}) {
    EXPECT_TRUE(decode(frame(bad)).has_error()) << bad;
  }
}

TEST(DecodeJson, RefusesABrokenEscapeWhenItIsRead) {
  const auto bytes = frame(R"({"code":1,"extFields":{"a":"\u00zz"}})");
  CommandView view;
  ASSERT_TRUE(decode(bytes, view).has_value());
  std::string text = "kept";
  EXPECT_FALSE(unescape_to(text, *view.find("a")));
  EXPECT_EQ(text, "kept");
  EXPECT_TRUE(decode(bytes).has_error());
}

std::string header_with_fields(std::size_t count) {
  std::string fields;
  for (std::size_t i = 0; i < count; ++i)
    fields += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":\"v\"";
  return R"({"code":1,"extFields":{)" + fields + "}}";
}

TEST(Decode, BoundsTheNumberOfFields) {
  EXPECT_EQ(decode(frame(header_with_fields(kFieldsMax)))->ext.size(), kFieldsMax);
  EXPECT_TRUE(decode(frame(header_with_fields(kFieldsMax + 1))).has_error());
  Command binary = route_request(Serialize::binary);
  for (std::size_t i = 1; i < kFieldsMax; ++i) binary.set("k" + std::to_string(i), "v");
  EXPECT_TRUE(decode(encoded(binary)).has_value());
  binary.set("one more", "v");
  EXPECT_TRUE(decode(encoded(binary)).has_error());
}

TEST(Decode, ForgetsTheFrameBefore) {
  CommandView view;
  const auto first = encoded(sample(Serialize::json));
  ASSERT_TRUE(decode(first, view).has_value());
  const auto second = frame(R"({"code":2})");
  ASSERT_TRUE(decode(second, view).has_value());
  EXPECT_EQ(view.code, 2);
  EXPECT_TRUE(view.ext().empty());
  EXPECT_TRUE(view.remark.empty() && view.language.empty() && view.body.empty());
  EXPECT_EQ(view.opaque, 0);
  EXPECT_FALSE(view.is_oneway());
}

TEST(DecodeBinary, TakesAnEmptyValueForAbsentAndAnUnknownLanguageForOther) {
  Command command = route_request(Serialize::binary);
  command.set("empty", "");
  command.language = "KLINGON";
  const auto decoded = decode(encoded(command));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->find("empty"), std::nullopt);
  EXPECT_EQ(decoded->find("topic"), "TopicTest");
  EXPECT_EQ(decoded->language, "OTHER");
}

TEST(DecodeBinary, RefusesWrongLengths) {
  const std::string good = header_of(encoded(route_request(Serialize::binary)));
  for (const std::size_t at : {13U, 17U, 21U, 28U}) {  // remark, ext, key, value
    for (const int bit : {7, 5, 0}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      EXPECT_TRUE(decode(frame(bad, "", Serialize::binary)).has_error()) << at << " bit " << bit;
    }
  }
}

TEST(Response, IsWhatACommandWouldBe) {
  ResponseFields fields;
  fields.text("msgId", "7F00000100002A9F");
  fields.number("queueOffset", -42);
  fields.text("odd", "a\"b");
  const std::string body = "body";
  base::Bytes out(3);  // appended behind what is there
  encode(ResponseView{.code = 17,
                      .opaque = 5,
                      .remark = "no \\ topic",
                      .ext = fields.view(),
                      .body = base::bytes_of(body)},
         out);
  out.erase(out.begin(), out.begin() + 3);
  const Command expected{.code = 17,
                         .language = "JAVA",
                         .version = kAnnouncedVersion,
                         .opaque = 5,
                         .flag = kResponseFlag,
                         .remark = "no \\ topic",
                         .ext = {{"msgId", "7F00000100002A9F"}, {"queueOffset", "-42"}, {"odd", "a\"b"}},
                         .body = body};
  EXPECT_EQ(out, encoded(expected));
  EXPECT_EQ(*decode(out), expected);
}

TEST(Response, MayBeLargerThanTheRoomOnTheStack) {
  const std::string remark(5000, '\x01');
  base::Bytes out;
  encode(ResponseView{.code = 1, .opaque = 1, .remark = remark, .ext = {}, .body = {}}, out);
  EXPECT_EQ(decode(out)->remark, remark);
}

TEST(Frame, ThatIsTooLargeIsNotMade) {
  for (const auto serialize : {Serialize::json, Serialize::binary}) {
    Command command = route_request(serialize);
    command.body.assign(kFrameSizeMax - 8 - header_of(encoded(command)).size(), 'x');
    EXPECT_EQ(encoded(command).size(), kFrameSizeMax);
    command.body.push_back('x');
    base::Bytes out(3);
    EXPECT_THROW(encode(command, out), std::length_error);
    EXPECT_EQ(out.size(), 3U);
  }
}

TEST(Command, SetsAndFindsFields) {
  Command command;
  command.set("a", "1");
  command.set("b", "2");
  command.set("a", "3");
  EXPECT_EQ(command.ext.size(), 2U);
  EXPECT_EQ(command.find("a"), "3");
  EXPECT_EQ(command.find("c"), std::nullopt);
}

std::string random_text(std::mt19937_64& random, std::size_t min) {
  std::string text(min + random() % 40, '\0');
  for (char& c : text) c = static_cast<char>(random() % 128);
  return text;
}

TEST(Command, ComesBackWhateverItHolds) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 3000; ++round) {
    Command command = sample(round % 2 == 0 ? Serialize::json : Serialize::binary);
    command.code = static_cast<std::int16_t>(random());
    command.opaque = static_cast<std::int32_t>(random());
    command.remark = random_text(random, 0);
    command.ext.clear();
    for (std::size_t i = random() % 20; i-- > 0;) command.set(random_text(random, 1), random_text(random, 1));
    command.body = random_text(random, 0);
    auto decoded = decode(encoded(command));
    ASSERT_TRUE(decoded.has_value());
    // Parsed headers may give their fields in another order.
    std::ranges::sort(command.ext);
    std::ranges::sort(decoded->ext);
    ASSERT_EQ(*decoded, command);
  }
}

// The two JSON decoders must agree wherever the fast one claims to understand.
TEST(DecodeJson, SaysTheSameInPlaceAndParsed) {
  std::mt19937_64 random(9);
  Command plain = sample(Serialize::json);
  plain.remark.clear();
  const std::string good = header_of(encoded(plain));
  int understood = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string header = good;
    for (int edits = 0; edits < round % 3; ++edits)
      header[random() % header.size()] = " \",:{}x0\\tn"[random() % 11];
    CommandView fast;
    CommandView full;
    if (!decode_json_in_place(header, fast)) continue;
    if (decode_json_owned(header, full).has_error()) continue;
    ++understood;
    ASSERT_EQ(fast.code, full.code) << header;
    ASSERT_EQ(fast.opaque, full.opaque) << header;
    ASSERT_EQ(fast.language, full.language) << header;
    for (const FieldView& field : full.ext()) {
      const FieldView* const same = fast.find(field.key);
      ASSERT_NE(same, nullptr) << header;
      std::string text;
      ASSERT_TRUE(unescape_to(text, *same)) << header;
      ASSERT_EQ(text, field.value) << header;
    }
  }
  EXPECT_GT(understood, 1000);
}

}  // namespace
}  // namespace mq::protocol
