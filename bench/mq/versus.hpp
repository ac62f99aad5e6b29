#pragma once
#include <boost/json/object.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/mq/figures.hpp"
#include "bench/mq/options.hpp"
#include "bench/mq/peers/peer.hpp"
#include "bench/mq/result.hpp"

namespace bench {

// One workload on sluice-mq and on another broker, slice by slice in turns.
struct Versus {
  std::string name, about;
  std::string peer;  // what an answer of it means
  Side ours, theirs;
  bool timed = true;  // its latencies mean something
  struct Process {
    double ready_seconds = 0;
    double resident_mb = 0;  // after the load, with all that it started
  };
  Process our_process, their_process;
  std::vector<Floor> floors{};
};
std::string text_of(const Versus& versus);
boost::json::object json_of(const Versus& versus);

struct VersusWorkload {
  enum class Kind { send, flow, consume, batch, transactions };
  std::string name, flush;
  Kind kind = Kind::send;
  Shape shape{4, 64};
};
Versus measure_versus(const VersusWorkload& workload, const Options& options,
                      const std::filesystem::path& folder);

// How late delayed messages are, here and there. Only of a peer that speaks our protocol.
Figures measure_versus_delay(const Options& options, const std::filesystem::path& folder);

// A peer as the options want it.
std::unique_ptr<Peer> start_rival(const std::string& name, const std::string& flush, const Options& options,
                                  const std::filesystem::path& folder);

}  // namespace bench
