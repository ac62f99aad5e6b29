#include "chassis/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>

#include "mq/base/assert.hpp"

// By hand and not through cpp-jwt: that one checks `exp` against system time, and this system has a
// clock of its own. One fixed algorithm is little code, and the tests hold it to RFC 7515's vector.
namespace chassis {
namespace {
namespace json = boost::json;

constexpr std::size_t kTokenMax = 4096;  // ours have under 300 bytes; nobody makes us parse more
constexpr std::size_t kSecretMin = 32;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// RFC 4648 5, without padding.
std::string base64url(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (held += 8; held >= 6;) text += kAlphabet[(bits >> (held -= 6)) & 0x3f];
  }
  if (held > 0) text += kAlphabet[(bits << (6 - held)) & 0x3f];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) bytes += static_cast<char>((bits >> (held -= 8)) & 0xff);
  }
  // Bits that mean nothing must be zero, or one signature would have several spellings.
  if ((bits & ((1u << held) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::string hmac_sha256(std::string_view secret, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned length = 0;
  const auto* done =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &length);
  BASE_ASSERT(done != nullptr && length == 32, "HMAC-SHA256 of memory cannot fail");
  return {reinterpret_cast<const char*>(mac.data()), length};
}

std::optional<json::object> parse_part(std::string_view part) {
  const auto text = from_base64url(part);
  if (!text) return std::nullopt;
  boost::system::error_code error;
  auto value = json::parse(*text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

bool signed_by(std::string_view secret, std::string_view text, std::string_view signature) {
  const auto given = from_base64url(signature);
  const auto expected = hmac_sha256(secret, text);
  return given && given->size() == expected.size() &&
         CRYPTO_memcmp(given->data(), expected.data(), expected.size()) == 0;
}

// The algorithm is ours to say, not the token's; one that names another is a forgery. So is one with
// extensions that it declares critical and we do not know (RFC 7515 4.1.11).
bool good_header(const json::object& header) {
  const auto* algorithm = header.if_contains("alg");
  return algorithm && algorithm->is_string() && algorithm->get_string() == "HS256" &&
         !header.contains("crit");
}

std::optional<double> number_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (!value || !value->is_number()) return std::nullopt;
  const double number = value->to_number<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string issue_token(std::string_view secret, std::string_view user_id, base::Time expires) {
  BASE_ASSERT(secret.size() >= kSecretMin, "settings refuse a short secret");
  const auto seconds = std::chrono::floor<std::chrono::seconds>(expires).time_since_epoch().count();
  const std::string header = json::serialize(json::object{{"alg", "HS256"}, {"typ", "JWT"}});
  const std::string claims = json::serialize(json::object{{"sub", user_id}, {"exp", seconds}});
  const std::string text = base64url(header) + "." + base64url(claims);
  return text + "." + base64url(hmac_sha256(secret, text));
}

std::optional<Principal> verify_token(std::string_view secret, std::string_view token, base::Time now) {
  if (token.size() > kTokenMax || secret.size() < kSecretMin) return std::nullopt;
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  // Signature first: nothing of a forged token is looked at.
  if (!signed_by(secret, token.substr(0, second), token.substr(second + 1))) return std::nullopt;

  const auto header = parse_part(token.substr(0, first));
  if (!header || !good_header(*header)) return std::nullopt;
  const auto claims = parse_part(token.substr(first + 1, second - first - 1));
  if (!claims) return std::nullopt;
  const auto expires = number_of(*claims, "exp");
  if (!expires || static_cast<double>(base::to_millis(now)) >= *expires * 1000) return std::nullopt;
  const auto* subject = claims->if_contains("sub");
  if (!subject || !subject->is_string() || subject->get_string().empty()) return std::nullopt;
  return Principal{std::string(subject->get_string())};
}

std::string_view bearer_token(const mq::net::HttpRequest& request) {
  constexpr std::string_view kScheme = "bearer ";
  const auto header = request.header("authorization");
  if (header.size() <= kScheme.size()) return {};
  const bool is_bearer = std::ranges::equal(header.substr(0, kScheme.size()), kScheme, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
  });
  if (!is_bearer) return {};
  const auto token = header.substr(kScheme.size());
  const auto begin = token.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view() : token.substr(begin);
}

std::string check_token_secret(std::string_view secret) {
  if (secret.size() >= kSecretMin) return {};
  return "the token secret has " + std::to_string(secret.size()) + " bytes and needs at least " +
         std::to_string(kSecretMin) + "; make one with: openssl rand -hex 32";
}

}  // namespace chassis
