#include "mq/net/http_router.hpp"

#include <gmock/gmock.h>

namespace mq::net {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

HttpServer::Handler nothing() {
  return [](HttpRequest) -> boost::asio::awaitable<HttpResponse> { co_return HttpResponse{}; };
}

class HttpRouterTest : public ::testing::Test {
 protected:
  void add(std::string_view method, std::string_view pattern) { router_.add(method, pattern, nothing()); }
  HttpRouter::Match find(std::string_view method, std::string_view target) {
    return router_.find(method, parse_target(target).value());
  }
  HttpRouter router_;
};

TEST(HttpTarget, SegmentsAreDecodedOneByOne) {
  const auto target = parse_target("/orders/a%2Fb%20c+d?full=1&name=x%20y+z").value();
  EXPECT_THAT(target.segments, ElementsAre("orders", "a/b c+d"));
  EXPECT_EQ(target.path, "/orders/a/b c+d");
  EXPECT_THAT(target.query, ElementsAre(Pair("full", "1"), Pair("name", "x y z")));
}

TEST(HttpTarget, AbsoluteFormAndFragmentsAreTaken) {
  EXPECT_EQ(parse_target("http://shop:80/orders?a=1#x").value().path, "/orders");
  EXPECT_EQ(parse_target("http://shop").value().path, "/");
  EXPECT_EQ(parse_target("http://shop?a=1").value().query.at("a"), "1");
  EXPECT_EQ(parse_target("/?u=http://x/y").value().query.at("u"), "http://x/y");
}

TEST(HttpTarget, WhatNoDatabaseTakesIsMalformed) {
  for (const char* bad :
       {"", "orders", "*", "/%", "/%4", "/%zz", "/%00", "/a%00b", "/%ff", "/%C0%80", "/%ED%A0%80", "/%E4%B8",
        "/%F4%90%80%80", "/%80", "/a?x=%00", "/a?x=%ff", "/a?%ff=1"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(HttpTarget, EveryLengthOfUtf8IsFine) {
  EXPECT_EQ(parse_target("/%C3%A9%E4%B8%AD%F0%9F%98%80").value().path,
            "/\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80");
}

TEST_F(HttpRouterTest, NamesAreFilledIn) {
  add("GET", "/orders/{order_no}/items/{item}");
  const auto match = find("GET", "/orders/42/items/7");
  ASSERT_NE(match.handler, nullptr);
  EXPECT_EQ(match.pattern, "/orders/{order_no}/items/{item}");
  EXPECT_THAT(match.params, ElementsAre(Pair("item", "7"), Pair("order_no", "42")));
}

TEST_F(HttpRouterTest, TheMostLiteralPatternWinsWhateverTheOrder) {
  add("GET", "/orders/{order_no}");
  add("GET", "/orders/search");
  add("GET", "/{any}/search");
  EXPECT_EQ(find("GET", "/orders/search").pattern, "/orders/search");
  EXPECT_EQ(find("GET", "/orders/7").pattern, "/orders/{order_no}");
  EXPECT_EQ(find("GET", "/users/search").pattern, "/{any}/search");
}

TEST_F(HttpRouterTest, ALiteralOfAnotherMethodDoesNotHideAName) {
  add("POST", "/orders/search");
  add("GET", "/orders/{order_no}");
  EXPECT_EQ(find("GET", "/orders/search").pattern, "/orders/{order_no}");
}

TEST_F(HttpRouterTest, AnUnknownPathMatchesNothing) {
  add("GET", "/orders/{order_no}");
  for (const char* path : {"/", "/orders", "/orders/", "/orders/1/", "/orders/1/2", "//1", "/Orders/1"}) {
    const auto match = find("GET", path);
    EXPECT_EQ(match.handler, nullptr) << path;
    EXPECT_THAT(match.allow, IsEmpty()) << path;
  }
}

TEST_F(HttpRouterTest, AnotherMethodNamesTheAllowedOnes) {
  add("GET", "/orders/{order_no}");
  add("DELETE", "/orders/{id}");
  const auto match = find("PUT", "/orders/1");
  EXPECT_EQ(match.handler, nullptr);
  EXPECT_EQ(match.allow, "DELETE, GET, HEAD");
}

TEST_F(HttpRouterTest, HeadFallsBackToGet) {
  add("GET", "/a");
  add("POST", "/b");
  EXPECT_EQ(find("HEAD", "/a").pattern, "/a");
  EXPECT_EQ(find("HEAD", "/b").handler, nullptr);
}

TEST_F(HttpRouterTest, TheRootIsAPath) {
  add("GET", "/");
  EXPECT_NE(find("GET", "/").handler, nullptr);
  EXPECT_NE(find("GET", "http://shop").handler, nullptr);
}

TEST_F(HttpRouterTest, TwoHandlersForOneRequestAreABug) {
  add("GET", "/orders/{order_no}");
  EXPECT_DEATH(add("GET", "/orders/{id}"), "one handler per method and path");
}

}  // namespace
}  // namespace mq::net
