#include "chassis/watchdog.hpp"

#include <sys/socket.h>

namespace chassis {

Watchdog::Watchdog() : thread_([this] { patrol(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::patrol() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (watched_.empty()) {
      asleep_until_ = Deadline::max();
      changed_.wait(lock);
      continue;
    }
    const auto first = watched_.begin();
    if (first->first.first > std::chrono::steady_clock::now()) {
      asleep_until_ = first->first.first;
      changed_.wait_until(lock, asleep_until_);
      continue;
    }
    ::shutdown(first->second, SHUT_RDWR);  // whoever reads or writes it gets an error now
    watched_.erase(first);
  }
}

Watchdog::Watch::Watch(Watchdog& owner, Deadline deadline, int socket) : owner_(owner) {
  bool wake = false;
  {
    const std::lock_guard lock(owner_.mutex_);
    key_ = {deadline, owner_.next_++};
    owner_.watched_.emplace(key_, socket);
    wake = deadline < owner_.asleep_until_;
  }
  if (wake) owner_.changed_.notify_one();
}

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(owner_.mutex_);
  owner_.watched_.erase(key_);
}

}  // namespace chassis
