#pragma once
#include <filesystem>
#include <string>

namespace chassis {

// The first line of a file that holds one secret. Throws std::runtime_error in a sentence when the file
// is missing or empty.
std::string read_secret(const std::filesystem::path& file);

}  // namespace chassis
