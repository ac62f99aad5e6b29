#pragma once
#include <filesystem>

namespace cli {

// What the parties of the system share or keep from each other: the RSA key pairs of the merchant and of the
// payment gateway, the secret of the identity provider's tokens, the one of the warehouse's notices. All
// files have mode 0600; they are made once and kept for good.
struct KeyFiles {
  std::filesystem::path merchant, merchant_public, gateway, gateway_public, token_secret, warehouse_secret;
};
KeyFiles key_files(const std::filesystem::path& folder);

// Makes what is missing. Throws std::runtime_error with a sentence.
void make_keys(const std::filesystem::path& folder);

}  // namespace cli
