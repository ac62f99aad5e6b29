#include "chassis/idempotency.hpp"

#include <gtest/gtest.h>

namespace chassis {
namespace {

mq::net::HttpRequest with_key(std::string key) {
  mq::net::HttpRequest request;
  request.headers.emplace("idempotency-key", std::move(key));
  return request;
}

TEST(IdempotencyHeaderTest, AcceptsOneTo255PrintableCharacters) {
  for (const auto& key :
       {std::string("a"), std::string(255, 'x'), std::string("8e03978e-40d5-43dd-bc93-6894a57f9324")}) {
    const auto header = idempotency_header(with_key(key));
    EXPECT_FALSE(header.refusal);
    EXPECT_EQ(header.key, key);
  }
}

TEST(IdempotencyHeaderTest, RefusesEverythingElseWith400) {
  const auto refused = [](const mq::net::HttpRequest& request) {
    const auto header = idempotency_header(request);
    return header.refusal && header.refusal->status == 400;
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused(with_key("")));
  EXPECT_TRUE(refused(with_key(std::string(256, 'x'))));
  EXPECT_TRUE(refused(with_key("tab\there")));
  EXPECT_TRUE(refused(with_key("订单")));
  EXPECT_TRUE(refused(with_key(std::string("nul\0", 4))));
}

TEST(Sha256Test, MatchesTheStandardsVectors) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace chassis
