#pragma once
#include <filesystem>
#include <string>

namespace cli {

// Where things lie in the directory of one running system (`var` in the checkout).
struct Layout {
  std::filesystem::path root;

  [[nodiscard]] std::filesystem::path bin() const { return root / "bin"; }
  [[nodiscard]] std::filesystem::path logs() const { return root / "log"; }
  [[nodiscard]] std::filesystem::path log_of(const std::string& name) const {
    return logs() / (name + ".log");
  }
  // What a program wrote to standard error, past its own log: crash messages, refused settings.
  [[nodiscard]] std::filesystem::path errors_of(const std::string& name) const {
    return logs() / (name + ".err");
  }
  [[nodiscard]] std::filesystem::path run() const { return root / "run"; }
  [[nodiscard]] std::filesystem::path pid_of(const std::string& name) const {
    return run() / (name + ".pid");
  }
  [[nodiscard]] std::filesystem::path lock() const { return run() / "lock"; }
  [[nodiscard]] std::filesystem::path state() const { return run() / "state.json"; }
  [[nodiscard]] std::filesystem::path secrets() const { return root / "secrets"; }
  [[nodiscard]] std::filesystem::path data_of(const std::string& name) const { return root / "data" / name; }
  [[nodiscard]] std::filesystem::path postgres() const { return root / "postgres"; }
  [[nodiscard]] std::filesystem::path clock() const { return root / "clock"; }
};

// The folder of the running program.
std::filesystem::path program_folder();

// $SLUICE_DIR; else `var` of the checkout this program was built in; else ./var.
std::filesystem::path default_root();

// Creates the folders, the secret ones with mode 0700. Throws std::runtime_error with a sentence.
void make_folders(const Layout& layout);

}  // namespace cli
