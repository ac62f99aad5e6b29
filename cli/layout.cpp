#include "cli/layout.hpp"

#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace cli {
namespace fs = std::filesystem;

fs::path program_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

fs::path default_root() {
  // Set once, by whoever started us; nothing in here changes the environment.
  if (const char* named = std::getenv("SLUICE_DIR"); named != nullptr && *named != '\0') {  // NOLINT
    return fs::absolute(named);
  }
  for (auto folder = program_folder(); folder.has_relative_path(); folder = folder.parent_path()) {
    if (fs::exists(folder / "packages.txt") && fs::exists(folder / "run")) return folder / "var";
    // A copy in var/bin belongs to the system it lies in.
    if (folder.filename() == "bin" && fs::exists(folder.parent_path() / "run" / "lock")) {
      return folder.parent_path();
    }
  }
  return fs::absolute("var");
}

void make_folders(const Layout& layout) {
  try {
    for (const auto& folder : {layout.bin(), layout.logs(), layout.run(), layout.root / "data"}) {
      fs::create_directories(folder);
    }
    fs::create_directories(layout.secrets());
    fs::permissions(layout.secrets(), fs::perms::owner_all);
  } catch (const fs::filesystem_error& error) {
    throw std::runtime_error("cannot create " + error.path1().string() + ": " + error.code().message() +
                             "; name another directory with --dir, or make this one writable");
  }
}

}  // namespace cli
