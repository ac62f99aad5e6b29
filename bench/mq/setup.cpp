#include "bench/mq/setup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>

#include "mq/protocol/codes.hpp"

namespace bench {
namespace {

constexpr std::chrono::milliseconds kWarmUp{200};

}  // namespace

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

void settle(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::syncfs(fd);
  ::close(fd);
}

void send_all_of(const Endpoint& broker, const SendSpec& spec, std::uint64_t requests) {
  Sends sends(spec, mq::protocol::response_code::kSuccess, requests);
  Load load(broker, {4, 64}, sends);
  const auto slice = load.run_for(kUntilItEnds);
  const auto wanted = requests * static_cast<std::uint64_t>(spec.batch);
  if (slice.brought.messages != wanted) {
    throw std::runtime_error(
        fmt::format("the broker refused {} of {} messages", slice.brought.refused, wanted));
  }
}

Side::Cpu cpu_of(pid_t server) { return {cpu_seconds_of(server), first_thread_cpu_seconds_of(server)}; }

Side::Cpu used_since(const Side::Cpu& before, pid_t server) {
  const auto now = cpu_of(server);
  return {now.all_seconds - before.all_seconds, now.first_thread_seconds - before.first_thread_seconds};
}

Measured measure(Load& load, const Options& options, pid_t server) {
  Measured measured;
  measured.payload = load.run_for(kWarmUp).brought.payload;
  const auto before = cpu_of(server);
  measured.slice = load.run_for(options.slice());
  measured.cpu = used_since(before, server);
  measured.payload += measured.slice.brought.payload + load.finish().brought.payload;
  return measured;
}

double per_million(double seconds, std::uint64_t messages) {
  return messages > 0 ? seconds * 1e6 / static_cast<double>(messages) : 0;
}

}  // namespace bench
