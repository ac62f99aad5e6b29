#include "bench/mq/workloads.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "bench/mq/broker.hpp"
#include "bench/mq/echo.hpp"
#include "bench/mq/raw_commit.hpp"
#include "mq/protocol/codes.hpp"

namespace bench {
namespace {

namespace codes = mq::protocol;
constexpr std::chrono::milliseconds kWarmUp{200};
// The first file of a new log is not from the reserve; 128 MiB hold some 100,000 messages.
constexpr std::uint64_t kFirstSegmentMessages = 120'000;
constexpr std::chrono::hours kUntilItEnds{1};
constexpr int kBrokerCore = 0;

// What one slice does to a disk goes to it before the next begins.
void settle(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::syncfs(fd);
  ::close(fd);
}

Broker::Setup setup_of(const std::string& flush, const Options& options,
                       const std::filesystem::path& folder) {
  Broker::Setup setup;
  setup.program = options.program;
  setup.data = folder / "data";
  setup.flush = flush;
  setup.reserve = options.reserve;
  setup.core = options.pin ? kBrokerCore : -1;
  return setup;
}

void send(const Broker& broker, std::uint64_t count) {
  Sends sends(codes::response_code::kSuccess, count);
  Load load(broker.port(), {4, 64}, sends);
  const auto slice = load.run_for(kUntilItEnds);
  if (slice.brought.messages != count) {
    throw std::runtime_error(
        fmt::format("the broker refused {} of {} messages", slice.brought.refused, count));
  }
}

Side::Cpu cpu_of(pid_t server) { return {cpu_seconds_of(server), first_thread_cpu_seconds_of(server)}; }

Side::Cpu used_since(const Side::Cpu& before, pid_t server) {
  const auto now = cpu_of(server);
  return {now.all_seconds - before.all_seconds, now.first_thread_seconds - before.first_thread_seconds};
}

// A slice with a warm-up before it and the answers in flight after it, which count for the disk only.
struct Measured {
  Slice slice;
  Side::Cpu cpu;
  std::uint64_t payload = 0;  // of all three
};

Measured measure(Load& load, const Options& options, pid_t server) {
  Measured measured;
  measured.payload = load.run_for(kWarmUp).brought.payload;
  const auto before = cpu_of(server);
  measured.slice = load.run_for(options.slice());
  measured.cpu = used_since(before, server);
  measured.payload += measured.slice.brought.payload + load.finish().brought.payload;
  return measured;
}

// What happened to the log in the slices of one workload.
struct LogWork {
  std::uint64_t written = 0, payload = 0;
  double syncs = 0, segments = 0, used_up = 0;
  double lowest_reserve = 1e9;
  double longest_pass = 0;

  void add(const Broker::Counters& before, const Broker::Counters& after) {
    syncs += after.syncs - before.syncs;
    segments += after.segments - before.segments;
    used_up += after.reserve_used_up - before.reserve_used_up;
    lowest_reserve = std::min(lowest_reserve, after.reserve_ready);
    longest_pass = std::max(longest_pass, after.longest_pass_seconds);
  }
  [[nodiscard]] std::string state(int reserve) const {
    if (reserve == 0) {
      return fmt::format("growing: {:.0f} segments begun in blocks that were never written", segments);
    }
    if (used_up > 0) {
      return fmt::format("reserve used up: of {:.0f} segments begun, {:.0f} had no written one to take",
                         segments, used_up);
    }
    return fmt::format(
        "reserve: {} written segments before each slice, {:.0f} begun in all, never below {:.0f}", reserve,
        segments, lowest_reserve);
  }
};

void broker_slice(const Broker& broker, const SendWorkload& workload, const Options& options,
                  const std::filesystem::path& folder, Result& result, LogWork& work) {
  settle(folder);
  const auto written_before = disk_bytes_written(folder);
  const auto before = broker.counters();
  Sends sends(codes::response_code::kSuccess);
  Load load(broker.port(), workload.shape, sends);
  const auto measured = measure(load, options, broker.pid());
  work.add(before, broker.counters());
  result.broker.add(measured.slice, measured.cpu);
  // Filling the reserve again is part of the price.
  broker.wait_for_reserve();
  settle(folder);
  work.written += disk_bytes_written(folder) - written_before;
  work.payload += measured.payload;
}

void echo_slice(Traffic& traffic, Shape shape, std::size_t answer_size, const Options& options,
                Result& result) {
  const EchoServer echo(answer_size, options.pin ? kBrokerCore : -1);
  Load load(echo.port(), shape, traffic);
  const auto measured = measure(load, options, echo.pid());
  result.echo.add(measured.slice, measured.cpu);
}

// A bare commit has the machine for itself.
class Unpinned {
 public:
  explicit Unpinned(const Options& options) : pin_(options.pin) {
    if (pin_) run_on_core(-1);
  }
  ~Unpinned() {
    if (pin_) run_on_core(kBrokerCore + 1);
  }
  Unpinned(const Unpinned&) = delete;
  Unpinned& operator=(const Unpinned&) = delete;

 private:
  bool pin_;
};

void name_floors(const SendWorkload& workload, Result& result) {
  const auto of_echo = ratio_of(result.broker.rates(), result.echo.rates()).median;
  const auto of_raw = ratio_of(result.broker.rates(), result.raw_rates).median;
  if (workload.name == "sync-64x1") result.floors = {{"of the TCP echo", 0.4, of_echo, true}};
  if (workload.name == "sync-4x64") result.floors = {{"of the bare group commit", 0.35, of_raw, true}};
  if (workload.name == "async-4x64") {
    result.floors = {
        {"processor seconds a million", 1.3, result.broker.cpu_per_million().all_seconds, false}};
  }
}

}  // namespace

Result measure_sends(const SendWorkload& workload, const Options& options,
                     const std::filesystem::path& folder) {
  Result result;
  result.name = workload.name;
  result.about =
      fmt::format("{} connections x {} in flight, flush={}, bodies of {} bytes", workload.shape.connections,
                  workload.shape.in_flight, workload.flush, Sends::kBodySize);
  result.raw_name = "the bare group commit";
  auto setup = setup_of(workload.flush, options, folder);
  setup.retention_size = "2GiB";
  Broker broker(setup);
  RawCommit raw(folder);
  const auto stored = stored_size(send_request(kTopic, 0, Sends::kBodySize));
  send(broker, kFirstSegmentMessages);
  broker.wait_for_reserve();
  LogWork work;
  for (int round = 0; round < options.rounds; ++round) {
    const auto used_up = work.used_up;
    broker_slice(broker, workload, options, folder, result, work);
    // The probe meets the disk in the state that the broker met.
    const bool written = options.reserve > 0 && work.used_up == used_up;
    Sends echoed(codes::request_code::kSendMessageV2);
    echo_slice(echoed, workload.shape, 0, options, result);
    settle(folder);
    const Unpinned anywhere(options);
    const auto commits = raw.run_for(options.slice(), written ? Blocks::written : Blocks::allocated,
                                     workload.shape.outstanding(), stored);
    result.raw_rates.push_back(commits.messages_per_second);
  }
  result.written_per_payload = static_cast<double>(work.written) / static_cast<double>(work.payload);
  if (workload.flush == "sync" && work.syncs > 0) {
    result.messages_per_sync = static_cast<double>(result.broker.messages()) / work.syncs;
  }
  result.longest_pass_ms = work.longest_pass * 1e3;
  result.reserve = work.state(options.reserve);
  name_floors(workload, result);
  broker.stop();
  return result;
}

Result measure_drain(const std::string& name, int count_max, const Options& options,
                     const std::filesystem::path& folder) {
  Result result;
  result.name = name;
  result.about =
      fmt::format("{} messages from {} queues, one pull in flight each, at most {} messages a pull",
                  options.backlog, Sends::kQueues, count_max);
  result.raw_name = "the log's files read from the page cache";
  const Broker broker(setup_of("async", options, folder));
  send(broker, static_cast<std::uint64_t>(options.backlog));
  settle(folder);
  const Shape shape{Sends::kQueues, 1};
  const auto stored = stored_size(send_request(kTopic, 0, Sends::kBodySize));
  for (int round = 0; round < options.rounds; ++round) {
    Pulls pulls(count_max);
    {
      Load load(broker.port(), shape, pulls);
      const auto before = cpu_of(broker.pid());
      const auto slice = load.run_for(kUntilItEnds);
      result.broker.add(slice, used_since(before, broker.pid()));
    }
    const auto answers = std::max<std::uint64_t>(pulls.answered(), 1);
    EchoedPulls echoed(count_max, static_cast<std::uint64_t>(options.backlog) / answers);
    echo_slice(echoed, shape, static_cast<std::size_t>(pulls.bytes() / answers), options, result);
    result.raw_rates.push_back(read_rate(folder / "data") / static_cast<double>(stored));
  }
  result.longest_pass_ms = broker.counters().longest_pass_seconds * 1e3;
  result.reserve = "nothing is written";
  return result;
}

}  // namespace bench
