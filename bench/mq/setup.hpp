#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "bench/mq/broker.hpp"
#include "bench/mq/load.hpp"
#include "bench/mq/options.hpp"
#include "bench/mq/result.hpp"

// What the workloads on sluice-mq have in common.
namespace bench {

inline constexpr std::chrono::hours kUntilItEnds{1};
inline constexpr int kBrokerCore = 0;

Broker::Setup setup_of(const std::string& flush, const Options& options, const std::filesystem::path& folder);

// What one slice does to a disk goes to it before the next begins.
void settle(const std::filesystem::path& folder);

// So many requests, each answered. Throws std::runtime_error when some are refused.
void send_all_of(const Endpoint& broker, const SendSpec& spec, std::uint64_t requests);

Side::Cpu cpu_of(pid_t server);
Side::Cpu used_since(const Side::Cpu& before, pid_t server);

// A slice with a warm-up before it and the answers in flight after it, which count for the disk only.
struct Measured {
  Slice slice;
  Side::Cpu cpu;
  std::uint64_t payload = 0;  // of all three
};
Measured measure(Load& load, const Options& options, pid_t server);

double per_million(double seconds, std::uint64_t messages);

}  // namespace bench
