#include "chassis/auth.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace chassis {
namespace {
using namespace std::chrono;

const std::string kSecret(32, 's');
const base::Time kNow = sys_days{year{2026} / 3 / 1} + hours{8};

// An encoder of its own, so that the code under test does not judge itself.
std::string encoded(std::string_view bytes) {
  std::string text(bytes.size() * 2 + 4, '\0');
  const int n =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(n));
  for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text.substr(0, text.find('='));
}
std::string token_of(std::string_view header, std::string_view claims, const std::string& secret = kSecret) {
  const std::string text = encoded(header) + "." + encoded(claims);
  unsigned char mac[32];
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, nullptr);
  return text + "." + encoded({reinterpret_cast<const char*>(mac), sizeof mac});
}
constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view kClaims = R"({"sub":"u-1","exp":1772355600})";  // 09:00

TEST(AuthTest, AnIssuedTokenIsVerifiedUntilItExpires) {
  const auto token = issue_token(kSecret, "u-1", kNow + hours{1});
  ASSERT_TRUE(verify_token(kSecret, token, kNow));
  EXPECT_EQ(verify_token(kSecret, token, kNow)->user_id, "u-1");
  EXPECT_TRUE(verify_token(kSecret, token, kNow + hours{1} - milliseconds{1}));
  EXPECT_FALSE(verify_token(kSecret, token, kNow + hours{1}));
}

// RFC 7515 A.1, the one token in the world whose bytes are standardised. Its claims have no "sub", so
// the signature is checked through a token with the same key.
TEST(AuthTest, TheSignatureIsTheOneOfRfc7515) {
  const std::string key_text =
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
  std::string padded = key_text + "==";
  for (auto& c : padded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  std::string key(66, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()),
                  reinterpret_cast<const unsigned char*>(padded.data()), static_cast<int>(padded.size()));
  key.resize(64);
  EXPECT_EQ(
      token_of("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
               "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}", key),
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  EXPECT_TRUE(verify_token(key, token_of(kHeader, kClaims, key), kNow));
}

TEST(AuthTest, IssuedTokensAreWhatTheIndependentEncoderMakes) {
  EXPECT_EQ(issue_token(kSecret, "u-1", kNow + hours{1}), token_of(kHeader, kClaims));
}

TEST(AuthTest, AnyChangedCharacterIsRefused) {
  const auto token = token_of(kHeader, kClaims);
  ASSERT_TRUE(verify_token(kSecret, token, kNow));
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'z', '.', '=', ' ', '\0'}) {
      if (token[i] == c) continue;
      std::string altered = token;
      altered[i] = c;
      EXPECT_FALSE(verify_token(kSecret, altered, kNow)) << i << c;
    }
  }
  for (std::size_t n = 0; n < token.size(); ++n)
    EXPECT_FALSE(verify_token(kSecret, token.substr(0, n), kNow)) << n;
  EXPECT_FALSE(verify_token(kSecret, token + "A", kNow));
  EXPECT_FALSE(verify_token(kSecret, token + ".x", kNow));
}

TEST(AuthTest, TheTokenDoesNotChooseItsAlgorithm) {
  EXPECT_FALSE(verify_token(kSecret, encoded(R"({"alg":"none"})") + "." + encoded(kClaims) + ".", kNow));
  for (const auto* header :
       {R"({"alg":"none"})", R"({"alg":"HS512"})", R"({"alg":"hs256"})", R"({"alg":["HS256"]})",
        R"({"typ":"JWT"})", R"({"alg":"HS256","crit":["b64"]})", "[]", "x"}) {
    EXPECT_FALSE(verify_token(kSecret, token_of(header, kClaims), kNow)) << header;
  }
}

TEST(AuthTest, ClaimsMustNameAUserAndAnEnd) {
  for (const auto* claims : {R"({"sub":"u-1"})", R"({"exp":1772355600})", R"({"sub":"","exp":1772355600})",
                             R"({"sub":7,"exp":1772355600})", R"({"sub":"u-1","exp":"1772355600"})",
                             R"({"sub":"u-1","exp":-1})", R"({"sub":"u-1","exp":null})", "[]", ""}) {
    EXPECT_FALSE(verify_token(kSecret, token_of(kHeader, claims), kNow)) << claims;
  }
  EXPECT_TRUE(verify_token(kSecret, token_of(kHeader, R"({"sub":"u","exp":1e30,"later":{}})"), kNow));
}

TEST(AuthTest, AnotherSecretAndAShortSecretAreRefused) {
  EXPECT_FALSE(verify_token(std::string(32, 'x'), token_of(kHeader, kClaims), kNow));
  EXPECT_FALSE(verify_token("", token_of(kHeader, kClaims, ""), kNow)) << "an unset secret opens nothing";
  EXPECT_NE(check_token_secret("short"), "");
  EXPECT_EQ(check_token_secret(kSecret), "");
}

TEST(AuthTest, AHugeTokenIsNotParsed) {
  const std::string claims = R"({"sub":"u-1","exp":1772355600,"x":")" + std::string(5000, 'x') + "\"}";
  EXPECT_FALSE(verify_token(kSecret, token_of(kHeader, claims), kNow));
}

TEST(AuthTest, TheBearerTokenIsFoundInItsHeader) {
  const auto of = [](const std::string& value) {
    mq::net::HttpRequest request;
    request.headers.emplace("authorization", value);
    return std::string(bearer_token(request));
  };
  EXPECT_EQ(of("Bearer abc.def.ghi"), "abc.def.ghi");
  EXPECT_EQ(of("bearer  abc"), "abc");
  EXPECT_EQ(of("Basic abc"), "");
  EXPECT_EQ(of("Bearer"), "");
  EXPECT_EQ(of("Bearer "), "");
  EXPECT_EQ(bearer_token(mq::net::HttpRequest{}), "");
}

}  // namespace
}  // namespace chassis
