#include "bench/mq/workloads.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "bench/mq/echo.hpp"
#include "bench/mq/echoed_pulls.hpp"
#include "bench/mq/raw_commit.hpp"
#include "bench/mq/setup.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/codes.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_send.hpp"
#include "mq/storage/entry.hpp"

namespace bench {
namespace {

namespace codes = mq::protocol;
// The first file of a new log is not from the reserve; 128 MiB hold some 100,000 messages.
constexpr std::uint64_t kFirstSegmentMessages = 120'000;

// Bytes that the log takes for one such message.
std::size_t stored_size(SendSpec spec) {
  spec.batch = 1;
  const auto send = send_request(spec, 0);
  const auto header = codes::decode_header<codes::SendMessageV2Request>(send, nullptr).value();
  mq::Record record;
  record.topic = header.topic;
  record.body = base::bytes_of(send.body);
  record.properties = header.properties;
  return mq::storage::entry_size(mq::encoded_size(record));
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
  Sends sends(workload.spec, codes::response_code::kSuccess);
  Load load({broker.port()}, workload.shape, sends);
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
  Load load({echo.port()}, shape, traffic);
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

void name_floors(const SendWorkload& workload, const Histogram& commit, Result& result) {
  const auto of_echo = ratio_of(result.broker.rates(), result.echo.rates()).median;
  const auto of_raw = ratio_of(result.broker.rates(), result.raw_rates).median;
  const auto rate = median(result.broker.rates());
  const auto p99_ms = result.broker.latency().quantile(0.99) / 1e6;
  const auto cpu = result.broker.cpu_per_million().all_seconds;
  auto& floors = result.floors;
  if (workload.name == "sync-1x1") {
    const auto least = commit.quantile(0.5) + result.echo.latency().quantile(0.5);
    floors = {{"times a bare commit and an echo, p50", 1.2, result.broker.latency().quantile(0.5) / least,
               false, "G3"}};
  }
  if (workload.name == "sync-64x1") floors = {{"of the TCP echo", 0.4, of_echo, true}};
  if (workload.name == "sync-4x64") {
    floors = {{"of the bare group commit", 0.35, of_raw, true},
              {"messages/s, 4 x 64 sync", 500'000, rate, true, "G2"},
              {"ms p99, 4 x 64 sync", 1, p99_ms, false, "G2"}};
  }
  if (workload.name == "sync-16x64") {
    floors = {{"messages/s, 16 x 64 sync", 650'000, rate, true, "G2"},
              {"ms p99, 16 x 64 sync", 1, p99_ms, false, "G2"}};
  }
  if (workload.name == "async-64x1") {
    floors = {{"messages/s, 64 x 1 async", 180'000, rate, true, "G4"},
              {"CPU s a million, 64 x 1 async", 5, cpu, false, "G4"}};
  }
  if (workload.name == "async-4x64") {
    floors = {{"processor seconds a million", 1.3, cpu, false},
              {"messages/s, 4 x 64 async", 1'000'000, rate, true, "G1"},
              {"CPU s a million, 4 x 64 async", 0.9, cpu, false, "G1"}};
  }
}

// What of the log lies in the page cache goes out of it, and who saw to it.
std::string empty_page_cache(const std::filesystem::path& data) {
  settle(data);
  if (std::ofstream all("/proc/sys/vm/drop_caches"); all << "3" << std::flush) return "drop_caches";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
    if (!entry.is_regular_file()) continue;
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    ::close(fd);
  }
  return "posix_fadvise";
}

void drain_slice(const Broker& broker, int count_max, Result& result, Pulls& pulls) {
  Load load({broker.port()}, {kQueues, 1}, pulls);
  const auto before = cpu_of(broker.pid());
  const auto slice = load.run_for(kUntilItEnds);
  result.broker.add(slice, used_since(before, broker.pid()));
  if (slice.brought.refused > 0) throw std::runtime_error(fmt::format("a pull of {} was refused", count_max));
}

}  // namespace

Result measure_sends(const SendWorkload& workload, const Options& options,
                     const std::filesystem::path& folder) {
  Result result;
  result.name = workload.name;
  result.about =
      fmt::format("{} connections x {} in flight, flush={}, bodies of {} bytes", workload.shape.connections,
                  workload.shape.in_flight, workload.flush, workload.spec.body_size);
  if (workload.spec.batch > 1) result.about += fmt::format(", {} messages a request", workload.spec.batch);
  result.raw_name = "the bare group commit";
  auto setup = setup_of(workload.flush, options, folder);
  setup.retention_size = "2GiB";
  Broker broker(setup);
  RawCommit raw(folder);
  const auto stored = stored_size(workload.spec);
  send_all_of({broker.port()}, {}, kFirstSegmentMessages);
  broker.wait_for_reserve();
  LogWork work;
  Histogram commit;
  for (int round = 0; round < options.rounds; ++round) {
    const auto used_up = work.used_up;
    broker_slice(broker, workload, options, folder, result, work);
    // The probe meets the disk in the state that the broker met.
    const bool written = options.reserve > 0 && work.used_up == used_up;
    Sends echoed(workload.spec, workload.spec.batch > 1 ? codes::request_code::kSendBatchMessage
                                                        : codes::request_code::kSendMessageV2);
    echo_slice(echoed, workload.shape, 0, options, result);
    settle(folder);
    const Unpinned anywhere(options);
    const auto commits = raw.run_for(options.slice(), written ? Blocks::written : Blocks::allocated,
                                     workload.shape.outstanding() * workload.spec.batch, stored);
    result.raw_rates.push_back(commits.messages_per_second);
    commit.add(commits.commit);
  }
  result.written_per_payload = static_cast<double>(work.written) / static_cast<double>(work.payload);
  if (workload.flush == "sync" && work.syncs > 0) {
    result.messages_per_sync = static_cast<double>(result.broker.messages()) / work.syncs;
  }
  result.longest_pass_ms = work.longest_pass * 1e3;
  result.reserve = work.state(options.reserve);
  name_floors(workload, commit, result);
  broker.stop();
  return result;
}

Result measure_drain(const DrainWorkload& workload, const Options& options,
                     const std::filesystem::path& folder) {
  Result result;
  result.name = workload.name;
  result.about =
      fmt::format("{} messages from {} queues, one pull in flight each, at most {} messages a pull",
                  options.backlog, kQueues, workload.count_max);
  result.raw_name = "the log's files read from the page cache";
  const auto setup = setup_of("async", options, folder);
  auto broker = std::make_unique<Broker>(setup);
  send_all_of({broker->port()}, {}, static_cast<std::uint64_t>(options.backlog));
  settle(folder);
  PullSpec pull;
  pull.count_max = workload.count_max;
  std::string emptied;
  for (int round = 0; round < options.rounds; ++round) {
    if (workload.cold) {  // nor has the broker itself anything in its memory
      broker->stop();
      emptied = empty_page_cache(setup.data);
      broker = std::make_unique<Broker>(setup);
    }
    Pulls pulls(pull, kQueues);
    drain_slice(*broker, workload.count_max, result, pulls);
    const auto answers = std::max<std::uint64_t>(pulls.answered(), 1);
    EchoedPulls echoed(pull, static_cast<std::uint64_t>(options.backlog) / answers);
    echo_slice(echoed, {kQueues, 1}, static_cast<std::size_t>(pulls.bytes() / answers), options, result);
    result.raw_rates.push_back(read_rate(setup.data) / static_cast<double>(stored_size({})));
  }
  if (workload.cold) result.about += ", page cache emptied by " + emptied;
  const auto rate = median(result.broker.rates());
  if (workload.cold) result.floors = {{"messages/s drained from the disk", 1'000'000, rate, true, "G5"}};
  if (workload.name == "drain-1024") {
    result.floors = {{"messages/s drained from memory", 2'000'000, rate, true, "G5"}};
  }
  result.longest_pass_ms = broker->counters().longest_pass_seconds * 1e3;
  result.reserve = "nothing is written";
  broker->stop();
  return result;
}

}  // namespace bench
