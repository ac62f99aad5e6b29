#include "bench/mq/starts.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "bench/mq/broker.hpp"
#include "bench/mq/load.hpp"
#include "mq/protocol/codes.hpp"

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

void send(const Broker& broker, std::uint64_t count, Shape shape) {
  Sends sends(mq::protocol::response_code::kSuccess, count);
  Load load(broker.port(), shape, sends);
  const auto slice = load.run_for(std::chrono::hours(1));
  if (slice.brought.messages != count) throw std::runtime_error("the broker refused messages");
}

double size_of(const std::filesystem::path& folder) {
  double bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".log") bytes += static_cast<double>(entry.file_size());
  }
  return bytes;
}

}  // namespace

Starts measure_starts(const Options& options, const std::filesystem::path& folder) {
  Starts starts;
  for (int i = 0; i < options.starts; ++i) {
    const auto data = folder / "data";
    std::filesystem::remove_all(data);
    Broker broker(default_setup(options, data));
    starts.seconds.push_back(broker.seconds_to_ready());
    if (i + 1 == options.starts) {
      std::this_thread::sleep_for(std::chrono::seconds(1));
      starts.idle = memory_of(broker.pid());
    }
    broker.kill();
  }
  return starts;
}

Restart measure_restart(std::uint64_t messages, const Options& options, const std::filesystem::path& folder) {
  const auto data = folder / "data";
  Restart restart;
  restart.messages = messages;
  {
    Broker broker(default_setup(options, data));
    broker.wait_for_reserve();  // else the next start waits for zeros on their way to the disk
    send(broker, messages, {4, 64});
    broker.kill();
  }
  restart.log_bytes = size_of(data);
  for (int i = 0; i < kRestarts; ++i) {
    const auto began = Steady::now();
    Broker broker(default_setup(options, data));
    restart.seconds.push_back(broker.seconds_to_ready());
    if (i == 0) {
      send(broker, 1, {1, 1});
      restart.first_answer_seconds = std::chrono::duration<double>(Steady::now() - began).count();
    }
    broker.kill();
  }
  return restart;
}

}  // namespace bench
