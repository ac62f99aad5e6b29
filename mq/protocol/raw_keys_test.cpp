#include "mq/protocol/raw_keys.hpp"

#include <gtest/gtest.h>

namespace mq::protocol {
namespace {

TEST(QuoteRawKeys, QuotesNumbersAndWords) {
  EXPECT_EQ(quote_raw_keys(R"({0:"a",-1 : "b",name:{12:[]}})"), R"({"0":"a","-1" : "b","name":{"12":[]}})");
}

TEST(QuoteRawKeys, QuotesObjects) {
  EXPECT_EQ(quote_raw_keys(R"({{"a":1}:2,{"b":{"c":"}"}}:[{}]})"),
            R"({"{\"a\":1}":2,"{\"b\":{\"c\":\"}\"}}":[{}]})");
}

TEST(QuoteRawKeys, LeavesPlainJsonAsItIs) {
  for (const char* plain :
       {R"({"a":[1,2,{"b":null}],"c":"{0:1}","d":"\"{"})", "[1,{}]", "17", "", R"("{0:")"}) {
    EXPECT_EQ(quote_raw_keys(plain), plain);
  }
}

TEST(QuoteRawKeys, DoesNotTakeAnArraysItemsForKeys) {
  EXPECT_EQ(quote_raw_keys(R"({"a":[1,2,{3:4},5],6:7})"), R"({"a":[1,2,{"3":4},5],"6":7})");
}

TEST(QuoteRawKeys, RefusesBracketsThatDoNotMatch) {
  for (const char* bad : {"{", "}", "[}", "{]", R"({"a)", R"({{"a":1:2})", "{0", R"({{"a":"})", "{{{{"}) {
    EXPECT_EQ(quote_raw_keys(bad), std::nullopt) << bad;
  }
}

TEST(QuoteRawKeys, RefusesEndlessNesting) {
  EXPECT_EQ(quote_raw_keys(std::string(100'000, '[')), std::nullopt);
}

}  // namespace
}  // namespace mq::protocol
