#include "bench/mq/versus.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/mq/contender.hpp"
#include "bench/mq/delays.hpp"
#include "bench/mq/setup.hpp"
#include "mq/protocol/codes.hpp"

namespace bench {
namespace {

constexpr int kBatch = 32;
using Kind = VersusWorkload::Kind;

Broker::Setup our_setup(const std::string& flush, const Options& options,
                        const std::filesystem::path& folder) {
  auto setup = setup_of(flush, options, folder);
  setup.retention_size = "2GiB";
  return setup;
}

// Of a server of the remoting protocol: what this kind sends.
std::unique_ptr<Traffic> remoting_sends(const VersusWorkload& workload) {
  if (workload.kind == Kind::transactions) {
    return std::make_unique<Transactions>(SendSpec{}, static_cast<std::size_t>(workload.shape.outstanding()));
  }
  SendSpec spec;
  if (workload.kind == Kind::batch) spec.batch = kBatch;
  return std::make_unique<Sends>(spec, mq::protocol::response_code::kSuccess);
}

std::unique_ptr<Traffic> remoting_receives(Arrivals& arrivals) {
  PullSpec spec;
  spec.follows = true;
  return std::make_unique<Pulls>(spec, kQueues, &arrivals);
}

Contender contender_of(const Broker& broker, const VersusWorkload& workload) {
  make_topic({broker.port()}, kTopic, kQueues);
  return {
      {broker.port()}, {broker.pid()}, [workload] { return remoting_sends(workload); }, remoting_receives};
}

Contender contender_of(const Peer& peer, const VersusWorkload& workload) {
  Contender contender{{peer.port()},
                      peer.pids(),
                      [&peer] { return peer.sends(); },
                      [&peer](Arrivals& arrivals) { return peer.receives(arrivals); }};
  if (peer.speaks_remoting()) contender.sends = [workload] { return remoting_sends(workload); };
  return contender;
}

// Some peers take a minute for a million, and some forget the oldest of so many.
std::uint64_t backlog_of(const Options& options) {
  constexpr int kMost = 100'000;
  return static_cast<std::uint64_t>(std::min(options.backlog, kMost));
}

std::unique_ptr<Bout> bout_of(const Contender& contender, const VersusWorkload& workload,
                              const Options& options) {
  if (workload.kind == Kind::flow) return flowing(contender, workload.shape);
  if (workload.kind == Kind::consume)
    return consuming(contender, static_cast<std::uint64_t>(options.backlog));
  return sending(contender, workload.shape);
}

std::string about(const VersusWorkload& workload, const Options& options) {
  const auto sent = fmt::format("{} connections x {} in flight, bodies of {} bytes",
                                workload.shape.connections, workload.shape.in_flight, kBodySize);
  switch (workload.kind) {
    case Kind::send:
      return sent;
    case Kind::batch:
      return fmt::format("{}, {} messages a request", sent, kBatch);
    case Kind::transactions:
      return sent + ", half message, answer, commit, answer";
    case Kind::flow:
      return fmt::format("{}, {} consumers; latency from send to arrival", sent, kQueues);
    case Kind::consume:
      return fmt::format("{} messages or more that lie there, {} consumers", backlog_of(options), kQueues);
  }
  return sent;
}

}  // namespace

std::unique_ptr<Peer> start_rival(const std::string& name, const std::string& flush, const Options& options,
                                  const std::filesystem::path& folder) {
  Peer::Setup setup;
  setup.folder = folder / "peer";
  setup.sync = flush == "sync";
  setup.core = options.pin ? kBrokerCore : -1;
  setup.jars = options.rocketmq_jars;
  return start_peer(name, setup);
}

Versus measure_versus(const VersusWorkload& workload, const Options& options,
                      const std::filesystem::path& folder) {
  Versus versus;
  versus.name = workload.name;
  versus.timed = workload.kind != Kind::consume;
  versus.about = fmt::format("{}, flush={}, {} rounds of {} s", about(workload, options), workload.flush,
                             options.rounds, options.seconds);
  const auto peer = start_rival(options.peer, workload.flush, options, folder);
  Broker broker(our_setup(workload.flush, options, folder));
  versus.peer = peer->promise();
  const auto ours = contender_of(broker, workload), theirs = contender_of(*peer, workload);
  {
    const auto our_bout = bout_of(ours, workload, options), their_bout = bout_of(theirs, workload, options);
    for (int round = 0; round < options.rounds; ++round) {
      broker.wait_for_reserve();
      our_bout->slice(options, versus.ours);
      their_bout->slice(options, versus.theirs);
    }
  }
  versus.our_process = {broker.seconds_to_ready(), resident_mb_of(ours)};
  versus.their_process = {peer->seconds_to_ready(), resident_mb_of(theirs)};
  broker.stop();
  return versus;
}

Figures measure_versus_delay(const Options& options, const std::filesystem::path& folder) {
  Figures figures;
  figures.name = "delay";
  const auto messages = static_cast<std::uint64_t>(options.timers);
  figures.about = fmt::format("{} messages of {} bytes, due evenly over {} s, one side after the other",
                              messages, kBodySize, options.delay_seconds);
  const auto add = [&](const std::string& side, const Endpoint& server) {
    // A server that takes few messages a second needs the time to have them all before the first is due.
    const std::chrono::milliseconds lead(3'000 + options.timers / 5);
    const auto delivered =
        deliver_delayed(server, {"delayed", messages, lead, std::chrono::seconds(options.delay_seconds)});
    figures.add(side + "_received", static_cast<double>(delivered.received), side + ": messages delivered");
    figures.add(side + "_early", static_cast<double>(delivered.early), side + ": before their time");
    figures.add_quantiles(side + "_late", delivered.late, side + ": late");
    figures.add(side + "_sent_in_time", delivered.sent_in_time ? 1 : 0,
                side + ": 1: all were sent before the first was due");
  };
  {
    Broker broker(our_setup("async", options, folder));
    add("ours", {broker.port()});
    broker.stop();
  }
  const auto peer = start_rival(options.peer, "async", options, folder);
  add("theirs", {peer->port()});
  return figures;
}

}  // namespace bench
