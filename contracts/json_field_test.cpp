#include "contracts/json_field.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace contracts {
namespace {

TEST(JsonField, ATextIsReadAndAnythingElseIsEmpty) {
  const auto object = boost::json::parse(R"({"a":"x","b":1,"c":null,"d":""})").as_object();
  EXPECT_EQ(text(object, "a"), "x");
  for (const auto* field : {"b", "c", "d", "missing"}) EXPECT_EQ(text(object, field), "") << field;
}

}  // namespace
}  // namespace contracts
