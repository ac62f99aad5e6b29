#include "bench/mq/transacted.hpp"

#include <fmt/format.h>

#include "bench/mq/setup.hpp"
#include "mq/protocol/codes.hpp"

namespace bench {
namespace {

constexpr Shape kShape{4, 64};

}  // namespace

Figures measure_transactions(const Options& options, const std::filesystem::path& folder) {
  Figures figures;
  figures.name = "transactions";
  figures.about = fmt::format(
      "half message, answer, commit, answer: {} connections x {} in flight, flush={}, bodies of {} bytes",
      kShape.connections, kShape.in_flight, options.flush, kBodySize);
  auto setup = setup_of(options.flush, options, folder);
  setup.retention_size = "2GiB";
  Broker broker(setup);
  broker.wait_for_reserve();
  Side committed, plain;
  std::uint64_t written = 0, payload = 0;
  for (int round = 0; round < options.rounds; ++round) {
    settle(folder);
    const auto before = disk_bytes_written(folder);
    Transactions transactions({}, static_cast<std::size_t>(kShape.outstanding()));
    {
      Load load({broker.port()}, kShape, transactions);
      const auto measured = measure(load, options, broker.pid());
      committed.add(measured.slice, measured.cpu);
      payload += measured.payload;
    }
    broker.wait_for_reserve();
    settle(folder);
    written += disk_bytes_written(folder) - before;
    Sends sends({}, mq::protocol::response_code::kSuccess);
    Load load({broker.port()}, kShape, sends);
    const auto measured = measure(load, options, broker.pid());
    plain.add(measured.slice, measured.cpu);
  }
  const auto bytes = static_cast<double>(written) / static_cast<double>(payload);
  figures.add("transactions_per_second", median(committed.rates()), "transactions/s");
  figures.add("of_plain_sends", ratio_of(committed.rates(), plain.rates()).median,
              "of the rate of plain sends");
  figures.add_quantiles("whole", committed.latency(), "from the half message to the answered commit");
  figures.add("cpu_seconds_per_million", committed.cpu_per_million().all_seconds,
              "CPU s of the broker a million");
  figures.add("written_per_payload", bytes, "bytes written to the disk a payload byte");
  figures.add("refused", static_cast<double>(committed.refused()), "requests refused");
  figures.floors = {{"transactions/s", 250'000, median(committed.rates()), true, "G8"},
                    {"bytes written a payload byte", 1.1, bytes, false, "G8"}};
  broker.stop();
  return figures;
}

}  // namespace bench
