#pragma once
#include <filesystem>
#include <string>

namespace cli {

// 40 letters and digits from the kernel's generator.
std::string random_password();

// Writes a file only its owner can read, whole or not at all. Throws std::runtime_error with a sentence.
void write_private_file(const std::filesystem::path& file, const std::string& text);
// "" when there is none.
std::string read_file(const std::filesystem::path& file);

// The password in a .pgpass file of one line, for any host, port and database of `role`. The file is made,
// with a new password, when it is missing or not of this form.
std::string password_for(const std::string& role, const std::filesystem::path& file);
// "" when the file is not of that form.
std::string password_in(const std::string& pgpass_line, const std::string& role);

// The text of `file`, made at random the first time.
std::string secret_in(const std::filesystem::path& file);

}  // namespace cli
