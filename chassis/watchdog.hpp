#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace chassis {

// Shuts a socket whose time has come, so that a server that hangs cannot hang a thread. The server's
// own statement_timeout comes first; this is for a server, or a network, that no longer answers.
//
// Thread rule: any thread.
class Watchdog {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // While it lives its socket is watched; once it is gone the watchdog will not touch the socket.
  class Watch {
   public:
    Watch(Watchdog& owner, Deadline deadline, int socket);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Watchdog& owner_;
    std::pair<Deadline, std::uint64_t> key_;
  };

 private:
  void patrol();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<Deadline, std::uint64_t>, int> watched_;
  std::uint64_t next_ = 0;
  Deadline asleep_until_ = Deadline::max();  // spares a wake-up for every watch that ends in time
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace chassis
