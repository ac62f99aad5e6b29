#pragma once
#include <filesystem>
#include <functional>
#include <string>

namespace bench {

// Runs `body` in a process of its own with an empty folder below `parent`, and returns its exit code.
// Afterwards the folder is gone, and so is every process that the body started: also after Ctrl-C, and if it
// crashed. Pre: this process has one thread.
int with_scratch(const std::filesystem::path& parent, const std::string& name,
                 const std::function<int(const std::filesystem::path&)>& body);

}  // namespace bench
