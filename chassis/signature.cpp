#include "chassis/signature.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <stdexcept>
#include <vector>

namespace chassis {
namespace {

constexpr int kRsaBitsMin = 2048;

using FileHandle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>;

DigestContext digest_context() { return {EVP_MD_CTX_new(), EVP_MD_CTX_free}; }
EVP_PKEY* pkey(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }
const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

using PemReader = EVP_PKEY* (*)(std::FILE*, EVP_PKEY**, pem_password_cb*, void*);
std::shared_ptr<void> read_key(const std::filesystem::path& path, PemReader reader) {
  const FileHandle file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) throw std::runtime_error("key file " + path.string() + " cannot be opened; does it exist?");
  EVP_PKEY* key = reader(file.get(), nullptr, nullptr, nullptr);
  if (key == nullptr) throw std::runtime_error("key file " + path.string() + " holds no PEM key");
  std::shared_ptr<void> owned(key, [](void* k) { EVP_PKEY_free(static_cast<EVP_PKEY*>(k)); });
  if (EVP_PKEY_get_bits(key) < kRsaBitsMin) {
    throw std::runtime_error("key file " + path.string() + " holds a key below 2048 bits");
  }
  return owned;
}

FileHandle create(const std::filesystem::path& path, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  FileHandle file(fd < 0 ? nullptr : ::fdopen(fd, "w"), std::fclose);
  if (!file) throw std::runtime_error("key file " + path.string() + " cannot be written");
  return file;
}

}  // namespace

RsaPrivateKey::RsaPrivateKey(const std::filesystem::path& pem) : key_(read_key(pem, PEM_read_PrivateKey)) {}

std::string RsaPrivateKey::sign(std::string_view text) const {
  const auto context = digest_context();
  std::size_t size = 0;
  std::string signature;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pkey(key_)) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, raw(text), text.size()) != 1) {
    throw std::runtime_error("RSA signing failed");
  }
  signature.resize(size);
  if (EVP_DigestSign(context.get(), raw(signature), &size, raw(text), text.size()) != 1) {
    throw std::runtime_error("RSA signing failed");
  }
  signature.resize(size);
  return base64_encode(signature);
}

RsaPublicKey::RsaPublicKey(const std::filesystem::path& pem) : key_(read_key(pem, PEM_read_PUBKEY)) {}

bool RsaPublicKey::verify(std::string_view text, std::string_view base64_signature) const {
  const auto signature = base64_decode(base64_signature);
  if (!signature) return false;
  const auto context = digest_context();
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, pkey(key_)) == 1 &&
         EVP_DigestVerify(context.get(), raw(std::string_view(*signature)), signature->size(), raw(text),
                          text.size()) == 1;
}

void write_rsa_key_pair(const std::filesystem::path& private_pem, const std::filesystem::path& public_pem) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_RSA_gen(kRsaBitsMin), EVP_PKEY_free);
  if (!key) throw std::runtime_error("RSA key generation failed");
  const auto secret = create(private_pem, 0600);
  const auto open = create(public_pem, 0644);
  if (PEM_write_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_PUBKEY(open.get(), key.get()) != 1 || std::fflush(secret.get()) != 0 ||
      std::fflush(open.get()) != 0) {
    throw std::runtime_error("key file " + private_pem.string() + " cannot be written");
  }
}

std::string hmac_sha256_hex(std::string_view secret, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), raw(text), text.size(), digest.data(),
       &size);
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex.push_back(kHex[digest[i] >> 4]);
    hex.push_back(kHex[digest[i] & 15]);
  }
  return hex;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64_encode(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(raw(text), raw(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(raw(bytes), raw(text), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  // EVP_DecodeBlock trims blanks and passes over the bits that the padding leaves unused: one signature
  // would have several texts.
  if (base64_encode(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace chassis
