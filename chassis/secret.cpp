#include "chassis/secret.hpp"

#include <fstream>
#include <stdexcept>

namespace chassis {

std::string read_secret(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("secret file \"" + file.string() + "\" cannot be opened; does it exist?");
  std::string secret;
  std::getline(in, secret);
  if (secret.empty()) throw std::runtime_error("secret file \"" + file.string() + "\" is empty");
  return secret;
}

}  // namespace chassis
