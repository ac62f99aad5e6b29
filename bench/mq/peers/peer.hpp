#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measure/process.hpp"
#include "bench/mq/load.hpp"

namespace bench {

// What not every broker has.
enum class Feature { batch, delay, transactions };

// Another message broker, run as its makers mean it to be run on one machine, on a directory of its own.
class Peer {
 public:
  struct Setup {
    std::filesystem::path folder;  // scratch
    bool sync = true;              // an answer means: on the disk
    int core = -1;                 // negative: any
    std::filesystem::path jars;    // of a genuine RocketMQ
  };

  virtual ~Peer() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // Messages to it, as many as one likes, with kBodySize bytes each, spread over kQueues queues.
  [[nodiscard]] virtual std::unique_ptr<Traffic> sends() const = 0;
  // All its messages from the first one on, also those that are still to come: for kQueues connections, each
  // with one queue.
  [[nodiscard]] virtual std::unique_ptr<Traffic> receives(Arrivals& arrivals) const = 0;
  // It speaks our protocol: whatever is asked of ours can be asked of it.
  [[nodiscard]] virtual bool speaks_remoting() const { return false; }
  // What an answer of this peer means, in a few words.
  [[nodiscard]] virtual std::string promise() const = 0;
  // Each with all that it started.
  [[nodiscard]] virtual std::vector<pid_t> pids() const = 0;
  [[nodiscard]] double seconds_to_ready() const { return seconds_to_ready_; }

 protected:
  double seconds_to_ready_ = 0;
};

// Starts it. Throws std::runtime_error with a sentence: not installed, no such promise, not ready in time.
std::unique_ptr<Peer> start_peer(std::string_view name, const Peer::Setup& setup);
const std::vector<std::string>& peer_names();
// Why a peer cannot be compared in that, in one sentence; empty: it can.
std::string lacks(std::string_view peer, Feature feature);

// For the peers themselves: a server that runs, and the moment at which it answers.
std::unique_ptr<Process> start_server(const Peer::Setup& setup, const std::string& program,
                                      std::vector<std::string> arguments,
                                      std::vector<std::pair<std::string, std::string>> environment = {});
std::uint16_t free_port();
// Tries `works` again and again until it does not throw.
double seconds_until(const std::function<void()>& works, std::chrono::seconds limit);

}  // namespace bench
