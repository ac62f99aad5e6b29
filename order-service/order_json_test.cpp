#include "order-service/order_json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace order {
namespace {

const std::string kAddress =
    R"("ship_to":{"name":"王小明","phone":"13800000000","city":"杭州","street":"文三路 1 号 🏠"})";

std::string order_with(const std::string& lines) { return "{\"lines\":" + lines + "," + kAddress + "}"; }

TEST(OrderJsonTest, DoubledProductsAreMergedAndSorted) {
  const auto parsed = parse_place_order(
      order_with(R"([{"sku":"B","quantity":1},{"sku":"A","quantity":2},{"sku":"B","quantity":3}])"));
  ASSERT_FALSE(parsed.bad) << parsed.bad->what;
  ASSERT_EQ(parsed.value.lines.size(), 2U);
  EXPECT_EQ(parsed.value.lines[0].sku, "A");
  EXPECT_EQ(parsed.value.lines[1].quantity, 4);
  EXPECT_EQ(parsed.value.ship_to.street, "文三路 1 号 🏠");
}

// What a client may send by mistake or on purpose, and the field that is blamed.
TEST(OrderJsonTest, BadFieldsAreNamed) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"[]", ""},
      {"{", ""},
      {"\xff\xfe", ""},
      {R"({"lines":[[[[[[[[[[1]]]]]]]]]]})", ""},
      {R"({})", "/lines"},
      {order_with("[]"), "/lines"},
      {order_with(R"([{"sku":"","quantity":1}])"), "/lines/0/sku"},
      {order_with(R"([{"sku":"A\u0000","quantity":1}])"), "/lines/0/sku"},
      {order_with(R"([{"sku":"A"}])"), "/lines/0/quantity"},
      {order_with(R"([{"sku":"A","quantity":0}])"), "/lines/0/quantity"},
      {order_with(R"([{"sku":"A","quantity":-1}])"), "/lines/0/quantity"},
      {order_with(R"([{"sku":"A","quantity":1.5}])"), "/lines/0/quantity"},
      {order_with(R"([{"sku":"A","quantity":"1"}])"), "/lines/0/quantity"},
      {order_with(R"([{"sku":"A","quantity":99999999999999999999}])"), "/lines/0/quantity"},
      {order_with(R"([{"sku":"A","quantity":600},{"sku":"A","quantity":600}])"), "/lines/1/quantity"},
      {R"({"lines":[{"sku":"A","quantity":1}]})", "/ship_to"},
      {R"({"lines":[{"sku":"A","quantity":1}],"ship_to":{"name":"x"}})", "/ship_to/phone"},
      {R"({"lines":[{"sku":"A","quantity":1}],)" + kAddress + R"(,"expected_total_fen":-1})",
       "/expected_total_fen"},
      {R"({"lines":[{"sku":"A","quantity":1}],)" + kAddress + R"(,"note":7})", "/note"},
      {R"({"lines":[{"sku":"A","quantity":1}],)" + kAddress + R"(,"note":"\u0000"})", "/note"},
      {R"({"lines":[{"sku":"A","quantity":1}],)" + kAddress + R"(,"note":"\ud800"})", ""},
  };
  for (const auto& [body, pointer] : cases) {
    const auto parsed = parse_place_order(body);
    ASSERT_TRUE(parsed.bad) << body;
    EXPECT_EQ(parsed.bad->pointer, pointer) << body;
  }
}

TEST(OrderJsonTest, LengthsAreCountedInCharacters) {
  const auto noted = [](std::size_t count) {
    std::string note;
    for (std::size_t i = 0; i < count; ++i) note += "茶";
    return R"({"lines":[{"sku":"A","quantity":1}],)" + kAddress + R"(,"note":")" + note + "\"}";
  };
  EXPECT_FALSE(parse_place_order(noted(500)).bad);
  EXPECT_EQ(parse_place_order(noted(501)).bad->pointer, "/note");
}

TEST(OrderJsonTest, AThousandLinesAreTooMany) {
  std::string lines = "[";
  for (int i = 0; i < 1000; ++i) {
    lines += (i > 0 ? "," : "") + std::string(R"({"sku":"S)") + std::to_string(i) + R"(","quantity":1})";
  }
  EXPECT_EQ(parse_place_order(order_with(lines + "]")).bad->pointer, "/lines");
}

TEST(OrderJsonTest, AClientsPriceIsIgnored) {
  const auto parsed = parse_lines(R"({"lines":[{"sku":"A","quantity":1,"unit_price_fen":1}]})");
  EXPECT_FALSE(parsed.bad);
}

TEST(OrderJsonTest, OnlyKnownChannelsArePaidThrough) {
  EXPECT_FALSE(parse_start_payment(R"({"channel":"alipay"})").bad);
  EXPECT_TRUE(parse_start_payment(R"({"channel":"cash"})").bad);
  EXPECT_TRUE(parse_start_payment("{}").bad);
}

}  // namespace
}  // namespace order
