#pragma once
#include <filesystem>
#include <functional>

namespace cli {

// Goes to the background: returns in a new process of a session of its own, while the first one waits for
// release() and leaves with code 0, or, when this one ends without it, with this one's exit code. Until then
// it passes on Ctrl-C and its like, so that whoever changes his mind stops what is being started.
//
// Thread rule: before any thread or executor exists.
class Background {
 public:
  Background();
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // Standard output and error go to `log` from now on; the waiting process leaves.
  void release(const std::filesystem::path& log);

 private:
  int report_ = -1;
};

}  // namespace cli
