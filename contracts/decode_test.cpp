#include "contracts/decode.hpp"

#include <gtest/gtest.h>

#include "contracts/event.hpp"

namespace contracts {

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)
struct Part {
  std::string sku;
  int count{};
  std::optional<std::string> gift;
};
BOOST_DESCRIBE_STRUCT(Part, (), (sku, count, gift))
struct Whole {
  std::string id;
  std::int64_t amount_fen{};
  Colour colour{};
  std::vector<Part> parts;
  std::optional<Part> spare;
  std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(Whole, (), (id, amount_fen, colour, parts, spare, note))

namespace {
constexpr std::string_view kFull =
    R"({"id":"o-1","amount_fen":1999,"colour":"green","parts":[{"sku":"tea","count":2,"gift":"x"}],)"
    R"("spare":{"sku":"cup","count":1},"note":"n"})";
constexpr std::string_view kBare = R"({"id":"o-1","amount_fen":1999,"colour":"red","parts":[]})";

TEST(DecodeTest, EveryFieldIsRead) {
  const auto whole = decode<Whole>(kFull);
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole->id, "o-1");
  EXPECT_EQ(whole->amount_fen, 1999);
  EXPECT_EQ(whole->colour, Colour::green);
  ASSERT_EQ(whole->parts.size(), 1u);
  EXPECT_EQ(whole->parts[0].gift, "x");
  ASSERT_TRUE(whole->spare);
  EXPECT_EQ(whole->spare->gift, std::nullopt);
  EXPECT_EQ(whole->note, "n");
}

TEST(DecodeTest, AbsentOptionalsStayEmptyAndNullIsAbsent) {
  const auto bare = decode<Whole>(kBare);
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->spare || bare->note);
  std::string with_null(kBare);
  with_null.insert(with_null.size() - 1, R"(,"spare":null,"note":null)");
  ASSERT_TRUE(decode<Whole>(with_null));
}

TEST(DecodeTest, UnknownFieldsAreIgnoredAtEveryDepth) {
  const auto whole = decode<Whole>(R"({"later":{"a":1},"id":"o","amount_fen":1,"colour":"red",)"
                                   R"("parts":[{"new":[],"sku":"tea","count":2}]})");
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole->parts.at(0).count, 2);
}

// The reason decode.hpp exists: Boost.JSON's own conversion refuses what a newer sender adds.
TEST(DecodeTest, TheLibrarysOwnConversionWouldRefuseANewField) {
  auto document = boost::json::parse({kFull.data(), kFull.size()});
  document.as_object()["later"] = 1;
  EXPECT_FALSE(boost::json::try_value_to<Whole>(document));
  EXPECT_TRUE(read<Whole>(document));
}

TEST(DecodeTest, AMissingFieldIsAnErrorAtEveryDepth) {
  const auto document = boost::json::parse({kFull.data(), kFull.size()});
  for (const auto* name : {"id", "amount_fen", "colour", "parts"}) {
    auto without = document;
    without.as_object().erase(name);
    const auto whole = read<Whole>(without);
    ASSERT_FALSE(whole) << name;
    EXPECT_EQ(whole.error(), boost::json::error::not_found) << name;
  }
  auto without = document;
  without.at("parts").at(0).as_object().erase("count");
  EXPECT_FALSE(read<Whole>(without));
}

TEST(DecodeTest, AWrongTypeIsAnError) {
  const auto document = boost::json::parse({kBare.data(), kBare.size()});
  const auto with = [&](const char* name, boost::json::value value) {
    auto changed = document;
    changed.as_object()[name] = std::move(value);
    return static_cast<bool>(read<Whole>(changed));
  };
  EXPECT_FALSE(with("id", 1));
  EXPECT_FALSE(with("amount_fen", "1999"));
  EXPECT_FALSE(with("amount_fen", 19.99));
  EXPECT_FALSE(with("colour", "blue"));
  EXPECT_FALSE(with("colour", 0));
  EXPECT_FALSE(with("parts", boost::json::object{}));
  EXPECT_FALSE(with("parts", boost::json::array{1}));
  EXPECT_FALSE(with("spare", "text"));
}

TEST(DecodeTest, WhatIsEncodedIsDecoded) {
  const Whole whole{"o-2",        -5, Colour::green, {{"tea", 2, std::nullopt}, {"cup", 1, "ribbon"}},
                    std::nullopt, "n"};
  const auto text = boost::json::serialize(encode(whole));
  EXPECT_EQ(text,
            R"({"id":"o-2","amount_fen":-5,"colour":"green","parts":[{"sku":"tea","count":2,"gift":null},)"
            R"({"sku":"cup","count":1,"gift":"ribbon"}],"spare":null,"note":"n"})");
  const auto again = decode<Whole>(text);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(boost::json::serialize(encode(*again)), text);
}

}  // namespace
}  // namespace contracts
