#include "mq/protocol/header_shapes.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "mq/protocol/recorded_frames.hpp"

namespace mq::protocol {
namespace {

base::Bytes frame_of(std::string_view header) {
  base::Bytes frame;
  base::ByteWriter to(frame);
  to.number(static_cast<std::int32_t>(4 + header.size()));
  to.number(static_cast<std::int32_t>(header.size()));
  to.text(header);
  return frame;
}

bool lies_in(std::string_view text, base::BytesView frame) {
  const auto whole = base::text_of(frame);
  return text.empty() ||
         (text.data() >= whole.data() && text.data() + text.size() <= whole.data() + whole.size());
}

void expect_same(const CommandView& by_shape, const CommandView& plain, base::BytesView frame) {
  EXPECT_EQ(by_shape.code, plain.code);
  EXPECT_EQ(by_shape.flag, plain.flag);
  EXPECT_EQ(by_shape.opaque, plain.opaque);
  EXPECT_EQ(by_shape.version, plain.version);
  EXPECT_EQ(by_shape.language, plain.language);
  EXPECT_EQ(by_shape.remark, plain.remark);
  EXPECT_EQ(by_shape.serialize, plain.serialize);
  ASSERT_EQ(by_shape.field_count, plain.field_count);
  for (std::size_t i = 0; i < plain.field_count; ++i) {
    EXPECT_EQ(by_shape.fields[i].key, plain.fields[i].key);
    EXPECT_EQ(by_shape.fields[i].value, plain.fields[i].value);
    EXPECT_EQ(by_shape.fields[i].escaped, plain.fields[i].escaped);
    if (plain.owned) continue;
    EXPECT_TRUE(lies_in(by_shape.fields[i].key, frame));
    EXPECT_TRUE(lies_in(by_shape.fields[i].value, frame));
  }
  const bool text = !plain.owned && plain.serialize == Serialize::json;
  if (text) EXPECT_TRUE(lies_in(by_shape.language, frame) && lies_in(by_shape.remark, frame));
}

// Decodes both ways and compares.
void check(HeaderShapes& shapes, CommandView& view, base::BytesView frame) {
  static CommandView plain;
  const auto expected = decode(frame, plain);
  const auto found = decode(frame, view, shapes);
  ASSERT_EQ(found.has_value(), expected.has_value()) << base::text_of(frame);
  if (expected.has_value()) expect_same(view, plain, frame);
}

// As a Java client writes a send.
constexpr std::string_view kSend =
    R"({"code":310,"extFields":{"a":"producers","b":"orders","c":"TBW102","d":"4","e":"3","f":"0",)"
    R"("g":"1700000000000","h":"0","i":"KEYS\u0001order-1\u0002","j":"0","k":"false","m":"false"},)"
    R"("flag":0,"language":"JAVA","opaque":17,"serializeTypeCurrentRPC":"JSON","version":493})";
// As a Go client does.
constexpr std::string_view kGo =
    R"({"code":310,"language":"GO","version":317,"opaque":5,"flag":0,"remark":"about",)"
    R"("extFields":{"a":"p","b":"t"}})";

std::string with(std::string_view header, std::string_view what, std::string_view by) {
  std::string text(header);
  text.replace(text.find(what), what.size(), by);
  return text;
}

class HeaderShapeTest : public testing::Test {
 protected:
  bool learn(std::string_view header) {
    static CommandView decoded;
    learned_ = frame_of(header);
    EXPECT_TRUE(decode(learned_, decoded).has_value());
    return shape_.learn(base::text_of(learned_).substr(8), decoded);
  }
  // Whether the shape takes this header. What it makes of it is compared.
  bool takes(std::string_view header) {
    static CommandView view;
    view = {};
    const auto frame = frame_of(header);
    if (!shape_.decode(base::text_of(frame).substr(8), view)) return false;
    static CommandView plain;
    EXPECT_TRUE(decode(frame, plain).has_value()) << header;
    expect_same(view, plain, frame);
    return true;
  }

  HeaderShape shape_;

 private:
  base::Bytes learned_;
};

TEST_F(HeaderShapeTest, TakesWhatDiffersInValuesAndOpaqueOnly) {
  for (const auto header : {kSend, kGo}) {
    ASSERT_TRUE(learn(header));
    EXPECT_TRUE(takes(header));
    EXPECT_TRUE(takes(with(header, "\"b\":\"", "\"b\":\"a topic with a far longer name than it had")));
    EXPECT_TRUE(takes(with(header, "\"b\":\"", R"("b":"\"quoted\",\"c\":\"and escaped\\)")));
    EXPECT_TRUE(takes(with(header, "\"opaque\":", "\"opaque\":1234")));
    EXPECT_TRUE(takes(with(header, "\"opaque\":", "\"opaque\":-")));
  }
}

TEST_F(HeaderShapeTest, AnEmptyValueIsAValue) {
  ASSERT_TRUE(learn(kSend));
  EXPECT_TRUE(takes(with(kSend, "TBW102", "")));
  EXPECT_TRUE(takes(with(kSend, R"("e":"3")", R"("e":"")")));
}

TEST_F(HeaderShapeTest, LeavesEverythingElseToTheParser) {
  ASSERT_TRUE(learn(kSend));
  EXPECT_FALSE(takes(kGo));
  EXPECT_FALSE(takes(with(kSend, "310", "320")));
  EXPECT_FALSE(takes(with(kSend, "\"flag\":0", "\"flag\":2")));
  EXPECT_FALSE(takes(with(kSend, "JAVA", "RUST")));
  EXPECT_FALSE(takes(with(kSend, "493", "494")));
  EXPECT_FALSE(takes(with(kSend, "\"e\":\"3\"", "\"e\":3")));
  EXPECT_FALSE(takes(with(kSend, "\"e\":\"3\",", "")));
  EXPECT_FALSE(takes(with(kSend, "\"m\":\"false\"", R"("m":"false","n":"broker-a")")));
  EXPECT_FALSE(takes(with(kSend, "\"opaque\":17", "\"opaque\":12345678901")));
  EXPECT_FALSE(takes(with(kSend, "\"opaque\":17", "\"opaque\":2147483648")));
  EXPECT_FALSE(takes(with(kSend, "\"opaque\":17", "\"opaque\":")));
  EXPECT_FALSE(takes(std::string(kSend) + " "));
  for (std::size_t size = 0; size < kSend.size(); ++size) EXPECT_FALSE(takes(kSend.substr(0, size)));
}

TEST_F(HeaderShapeTest, LearnsNoHeaderWithoutExactlyOneOpaqueOrWithBareValues) {
  EXPECT_FALSE(learn(with(kSend, "\"e\":\"3\"", "\"e\":3")));
  EXPECT_FALSE(learn(with(kSend, "\"opaque\":17,", "")));
  EXPECT_FALSE(learn(with(kSend, "\"opaque\":17", R"("opaque":17,"opaque":18)")));
  EXPECT_FALSE(learn(with(kSend, "JAVA", std::string(2000, 'J'))));
  EXPECT_FALSE(takes(kSend)) << "nothing of the last one is left";
  EXPECT_TRUE(learn(with(kSend, "\"e\":\"3\"", "\"e\":null")));
  EXPECT_FALSE(learn(with(kSend, "\"a\":\"producers\"", R"("opaque":"text")")));
  EXPECT_TRUE(learn(R"({"code":105,"flag":0,"opaque":1})"));
  EXPECT_TRUE(takes(R"({"code":105,"flag":0,"opaque":2})"));
}

TEST(HeaderShapesTest, RecordedFramesMeanTheSameThroughShapes) {
  HeaderShapes shapes;
  CommandView view;
  for (int round = 0; round < 2; ++round) {
    for (const auto& one : recorded()) {
      SCOPED_TRACE(one.where);
      check(shapes, view, one.frame);
    }
  }
}

TEST(HeaderShapesTest, DamagedHeadersMeanTheSameThroughShapes) {
  std::mt19937 random(20'240'517);
  const auto any = [&random](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  constexpr std::string_view kBytes = "\"\\,:{}0189-nu \x01";
  HeaderShapes shapes;
  CommandView view;
  for (int i = 0; i < 50'000; ++i) {
    std::string header(any(2) == 0 ? kSend : kGo);
    check(shapes, view, frame_of(header));
    for (auto changes = any(3) + 1; changes > 0; --changes) {
      const auto at = any(header.size());
      switch (any(3)) {
        case 0:
          header[at] = kBytes[any(kBytes.size())];
          break;
        case 1:
          header.insert(at, 1, kBytes[any(kBytes.size())]);
          break;
        default:
          header.erase(at, 1 + any(4));
      }
    }
    check(shapes, view, frame_of(header));
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace mq::protocol
