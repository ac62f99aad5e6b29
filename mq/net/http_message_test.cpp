#include <gmock/gmock.h>

#include "mq/net/http.hpp"

namespace mq::net {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Url, EncodingAndDecodingAreInverseForEveryByte) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(url_decode(url_encode(all)), all);
}

TEST(Url, EncodesEverythingButTheUnreserved) {
  EXPECT_EQ(url_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(url_encode("a b+c/d?e&f=g%"), "a%20b%2Bc%2Fd%3Fe%26f%3Dg%25");
  EXPECT_EQ(url_encode("\xE4\xB8\xAD"), "%E4%B8%AD");
}

TEST(Url, DecodesPlusAsSpaceAndKeepsBrokenEscapes) {
  EXPECT_EQ(url_decode("a+b%2Bc"), "a b+c");
  for (const char* broken : {"%", "%4", "%zz", "100%", "%4g"}) EXPECT_EQ(url_decode(broken), broken);
}

TEST(Form, FieldsAreDecodedAndSorted) {
  EXPECT_THAT(parse_form("subject=a+b&sign=x%2By%3D&empty=&flag"),
              ElementsAre(Pair("empty", ""), Pair("flag", ""), Pair("sign", "x+y="), Pair("subject", "a b")));
}

TEST(Form, OfARepeatedNameTheFirstCounts) {
  EXPECT_THAT(parse_form("amount=1&amount=9"), ElementsAre(Pair("amount", "1")));
}

TEST(Form, EmptyPiecesAreSkipped) {
  EXPECT_THAT(parse_form("&&a=1&&"), ElementsAre(Pair("a", "1")));
  EXPECT_TRUE(parse_form("").empty());
}

TEST(Problem, HasTitleStatusAndDetailAsJson) {
  const auto plain = problem(404, "Not Found");
  EXPECT_EQ(plain.status, 404);
  EXPECT_THAT(plain.headers, ElementsAre(Pair("content-type", "application/problem+json")));
  EXPECT_EQ(plain.body, R"({"title":"Not Found","status":404})");
  EXPECT_EQ(problem(400, "Bad \"quote\"", "line\nbreak").body,
            R"({"title":"Bad \"quote\"","status":400,"detail":"line\nbreak"})");
}

TEST(Request, AnAbsentHeaderIsEmpty) {
  HttpRequest request;
  request.headers.emplace("x-one", "1");
  EXPECT_EQ(request.header("x-one"), "1");
  EXPECT_EQ(request.header("x-two"), "");
}

}  // namespace
}  // namespace mq::net
