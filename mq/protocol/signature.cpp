#include "mq/protocol/signature.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <deque>
#include <stdexcept>
#include <vector>

#include "mq/base/assert.hpp"

namespace mq::protocol {
namespace {

constexpr std::string_view kUniqueKeyQuery = "_UNIQUE_KEY_QUERY";
constexpr std::int32_t kLastWithoutUniqueKeyQuery = 399;  // MQVersion V4_9_3
constexpr std::size_t kDigestSize = 20;                   // SHA-1

struct Field {
  std::string_view key, value;
  std::size_t place = 0;  // in the frame
};

bool is_signed(std::string_view key, std::int32_t version) {
  return key != kSignatureField && (version > kLastWithoutUniqueKeyQuery || key != kUniqueKeyQuery);
}

// By key; of equal keys the one that came last.
void put_in_order(std::vector<Field>& fields) {
  std::ranges::sort(fields, [](const Field& a, const Field& b) {
    return a.key != b.key ? a.key < b.key : a.place > b.place;
  });
  const auto repeated = std::ranges::unique(fields, {}, &Field::key);
  fields.erase(repeated.begin(), repeated.end());
}

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  // One byte more is written: the end of a C string, for which std::string has room.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return text;
}

}  // namespace

struct SigningKey::State {
  EVP_MAC_CTX* mac = nullptr;  // keyed once: a request only starts it anew

  State() = default;
  ~State() { EVP_MAC_CTX_free(mac); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void add(std::string_view bytes) const {
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    BASE_ASSERT(EVP_MAC_update(mac, data, bytes.size()) == 1, "an HMAC takes bytes");
  }

  std::string sign(const std::vector<Field>& fields, std::string_view body) const {
    BASE_ASSERT(EVP_MAC_init(mac, nullptr, 0, nullptr) == 1, "a keyed HMAC starts anew");
    for (const auto& field : fields) add(field.value);
    add(body);
    std::array<unsigned char, kDigestSize> digest;
    std::size_t size = 0;
    BASE_ASSERT(EVP_MAC_final(mac, digest.data(), &size, digest.size()) == 1, "an HMAC ends");
    return base64({reinterpret_cast<const char*>(digest.data()), size});
  }
};

SigningKey::SigningKey(std::string_view secret) : state_(std::make_unique<State>()) {
  EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  state_->mac = EVP_MAC_CTX_new(hmac);
  EVP_MAC_free(hmac);  // the context holds it
  std::array<char, 5> digest{"SHA1"};
  const std::array params{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end(),
  };
  const auto* bytes = reinterpret_cast<const unsigned char*>(secret.data());
  if (state_->mac == nullptr || EVP_MAC_init(state_->mac, bytes, secret.size(), params.data()) != 1) {
    throw std::runtime_error("the cryptography library has no HMAC-SHA1: requests cannot be signed");
  }
}
SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&& other) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&& other) noexcept = default;

std::string SigningKey::signature_of(const Command& request) const {
  std::vector<Field> fields;
  fields.reserve(request.ext.size());
  for (const auto& [key, value] : request.ext) {
    if (is_signed(key, request.version)) fields.push_back({key, value, fields.size()});
  }
  put_in_order(fields);
  return state_->sign(fields, request.body);
}

std::string SigningKey::signature_of(const CommandView& request) const {
  std::vector<Field> fields;
  std::deque<std::string> unescaped;
  fields.reserve(request.field_count);
  for (const auto& field : request.ext()) {
    if (!is_signed(field.key, request.version)) continue;
    auto value = field.value;
    if (field.escaped) {
      auto& text = unescaped.emplace_back();
      if (!unescape_to(text, field)) return {};  // no client signed what nobody can read
      value = text;
    }
    fields.push_back({field.key, value, fields.size()});
  }
  put_in_order(fields);
  return state_->sign(fields, base::text_of(request.body));
}

bool SigningKey::has_signed(const CommandView& request) const {
  const auto* given = request.find(kSignatureField);
  if (given == nullptr) return false;
  std::string text;
  if (!unescape_to(text, *given)) return false;  // "/" may come as "\/"
  const auto wanted = signature_of(request);
  return !wanted.empty() && text.size() == wanted.size() &&
         CRYPTO_memcmp(text.data(), wanted.data(), wanted.size()) == 0;
}

void sign(Command& request, const std::string& access_key, const SigningKey& key) {
  request.set(kAccessKeyField, access_key);
  request.set(kSignatureField, key.signature_of(request));
}

}  // namespace mq::protocol
