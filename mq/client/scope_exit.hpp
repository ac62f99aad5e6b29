#pragma once
#include <utility>

namespace mq::client {

// Runs `action` when it goes out of scope: by return, exception, or the end of a cancelled coroutine.
template <class Action>
class ScopeExit {
 public:
  explicit ScopeExit(Action action) : action_(std::move(action)) {}
  ~ScopeExit() { action_(); }
  ScopeExit(const ScopeExit&) = delete;
  ScopeExit& operator=(const ScopeExit&) = delete;

 private:
  Action action_;
};

}  // namespace mq::client
