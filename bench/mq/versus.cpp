#include "bench/mq/versus.hpp"

#include <fmt/format.h>

#include "bench/mq/broker.hpp"
#include "bench/mq/load.hpp"
#include "bench/mq/peers/peer.hpp"
#include "mq/protocol/codes.hpp"

namespace bench {
namespace {

constexpr std::chrono::milliseconds kWarmUp{500};
constexpr int kCore = 0;

// A slice with a warm-up before it and the answers in flight after it.
void add_slice(std::uint16_t port, Traffic& traffic, Shape shape, pid_t server, const Options& options,
               Side& side) {
  Load load(port, shape, traffic);
  load.run_for(kWarmUp);
  const auto before = cpu_seconds_of_tree(server);
  const auto slice = load.run_for(options.slice());
  side.add(slice, {cpu_seconds_of_tree(server) - before, 0});
  load.finish();
}

double resident_mb(pid_t server) { return static_cast<double>(memory_of(server).resident) / 1e6; }

}  // namespace

Versus measure_versus(const SendWorkload& workload, const std::string& name, const Options& options,
                      const std::filesystem::path& folder) {
  Versus versus;
  versus.name = workload.name;
  versus.about = fmt::format("{} connections x {} in flight, bodies of {} bytes, {} rounds of {} s",
                             workload.shape.connections, workload.shape.in_flight, Sends::kBodySize,
                             options.rounds, options.seconds);
  Peer::Setup setup;
  setup.folder = folder / "peer";
  setup.sync = workload.flush == "sync";
  setup.core = options.pin ? kCore : -1;
  setup.jars = options.rocketmq_jars;
  const auto peer = start_peer(name, setup);
  Broker::Setup ours;
  ours.program = options.program;
  ours.data = folder / "data";
  ours.flush = workload.flush;
  ours.reserve = options.reserve;
  ours.retention_size = "2GiB";
  ours.core = setup.core;
  Broker broker(ours);
  versus.peer = peer->promise();
  for (int round = 0; round < options.rounds; ++round) {
    broker.wait_for_reserve();
    Sends sends(mq::protocol::response_code::kSuccess);
    add_slice(broker.port(), sends, workload.shape, broker.pid(), options, versus.ours);
    const auto others = peer->sends();
    add_slice(peer->port(), *others, workload.shape, peer->pid(), options, versus.theirs);
  }
  versus.our_process = {broker.seconds_to_ready(), resident_mb(broker.pid())};
  versus.their_process = {peer->seconds_to_ready(), resident_mb(peer->pid())};
  broker.stop();
  return versus;
}

}  // namespace bench
