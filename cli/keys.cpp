#include "cli/keys.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "cli/secrets.hpp"

namespace cli {
namespace fs = std::filesystem;

namespace {
constexpr unsigned kRsaBits = 2048;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string pem_of(const Key& key, bool is_private) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  const int written = is_private ? PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0,
                                                                 nullptr, nullptr)
                                 : PEM_write_bio_PUBKEY(memory.get(), key.get());
  if (written != 1) throw std::runtime_error("OpenSSL cannot write a key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void make_pair(const fs::path& private_file, const fs::path& public_file) {
  if (fs::exists(private_file) && fs::exists(public_file)) return;
  const Key key(EVP_RSA_gen(kRsaBits), &EVP_PKEY_free);
  if (!key) throw std::runtime_error("OpenSSL cannot make an RSA key");
  write_private_file(public_file, pem_of(key, false));
  write_private_file(private_file, pem_of(key, true));
}
}  // namespace

KeyFiles key_files(const fs::path& folder) {
  return {folder / "merchant.pem",    folder / "merchant.pub.pem", folder / "gateway.pem",
          folder / "gateway.pub.pem", folder / "token-secret",     folder / "warehouse-secret"};
}

void make_keys(const fs::path& folder) {
  const auto files = key_files(folder);
  make_pair(files.merchant, files.merchant_public);
  make_pair(files.gateway, files.gateway_public);
  secret_in(files.token_secret);
  secret_in(files.warehouse_secret);
}

}  // namespace cli
