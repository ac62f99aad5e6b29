#include "bench/mq/starts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "bench/mq/setup.hpp"

namespace bench {
namespace {

using Steady = std::chrono::steady_clock;
constexpr int kRestarts = 5;

Broker::Setup default_setup(const Options& options, const std::filesystem::path& data) {
  Broker::Setup setup;  // reserve and segments as a user has them
  setup.program = options.program;
  setup.data = data;
  return setup;
}

double size_of(const std::filesystem::path& folder) {
  double bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".log") bytes += static_cast<double>(entry.file_size());
  }
  return bytes;
}

}  // namespace

Figures measure_starts(const Options& options, const std::filesystem::path& folder) {
  std::vector<double> ms;
  Memory idle;
  for (int i = 0; i < options.starts; ++i) {
    const auto data = folder / "data";
    std::filesystem::remove_all(data);
    Broker broker(default_setup(options, data));
    ms.push_back(broker.seconds_to_ready() * 1e3);
    if (i + 1 == options.starts) {
      std::this_thread::sleep_for(std::chrono::seconds(1));
      idle = memory_of(broker.pid());
    }
    broker.kill();
  }
  Figures figures;
  figures.name = "start";
  figures.about = fmt::format("{} times on an empty directory", options.starts);
  figures.add("ready_ms", median(ms), "ms until it is ready, median");
  figures.add("fastest_ms", std::ranges::min(ms), "ms, the fastest");
  figures.add("slowest_ms", std::ranges::max(ms), "ms, the slowest");
  figures.add("idle_resident_bytes", static_cast<double>(idle.resident), "bytes resident when idle");
  figures.add("idle_anonymous_bytes", static_cast<double>(idle.anonymous), "bytes of it anonymous");
  figures.floors = {{"ms until it is ready", 20, median(ms), false, "G10"},
                    {"MB resident when idle", 15, static_cast<double>(idle.resident) / 1e6, false, "G10"}};
  return figures;
}

Figures measure_restart(std::uint64_t messages, const Options& options, const std::filesystem::path& folder) {
  const auto data = folder / "data";
  {
    Broker broker(default_setup(options, data));
    broker.wait_for_reserve();  // else the next start waits for zeros on their way to the disk
    send_all_of({broker.port()}, {}, messages);
    broker.kill();
  }
  Figures figures;
  figures.name = "restart";
  figures.about = fmt::format("kill -9 right after {} durable messages", messages);
  figures.add("messages", static_cast<double>(messages), "messages");
  figures.add("log_bytes", size_of(data), "bytes of segments");
  std::vector<double> again;
  for (int i = 0; i < kRestarts; ++i) {
    const auto began = Steady::now();
    Broker broker(default_setup(options, data));
    if (i == 0) {
      figures.add("ready_ms", broker.seconds_to_ready() * 1e3, "ms until it is ready");
      send_all_of({broker.port()}, {}, 1);
      const std::chrono::duration<double, std::milli> answered = Steady::now() - began;
      figures.add("first_answer_ms", answered.count(), "ms until its first send is answered");
      figures.floors = {{fmt::format("ms to the first answer with {} messages", messages), 100,
                         answered.count(), false, "G9"}};
    } else {
      again.push_back(broker.seconds_to_ready() * 1e3);
    }
    broker.kill();
  }
  figures.add("again_ms", median(again), "ms until it is ready, killed again at once, median");
  return figures;
}

}  // namespace bench
