#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// Signatures of calls between companies: RSA-SHA256 (RSA2 in Alipay's words) and HMAC-SHA256.
namespace chassis {

// An RSA key from a PEM file. Throws std::runtime_error that names the file when it is missing, not
// PEM or below 2048 bits.
class RsaPrivateKey {
 public:
  explicit RsaPrivateKey(const std::filesystem::path& pem);
  [[nodiscard]] std::string sign(std::string_view text) const;  // base64 of RSASSA-PKCS1-v1_5 with SHA-256

 private:
  std::shared_ptr<void> key_;  // EVP_PKEY: OpenSSL's headers stay in the .cpp
};

class RsaPublicKey {
 public:
  explicit RsaPublicKey(const std::filesystem::path& pem);
  [[nodiscard]] bool verify(std::string_view text, std::string_view base64_signature) const;

 private:
  std::shared_ptr<void> key_;
};

// Writes a fresh 2048-bit pair, the private key with mode 0600.
void write_rsa_key_pair(const std::filesystem::path& private_pem, const std::filesystem::path& public_pem);

std::string hmac_sha256_hex(std::string_view secret, std::string_view text);
// In a time that does not depend on where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);  // nothing when it is not base64

}  // namespace chassis
