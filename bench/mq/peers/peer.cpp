#include "bench/mq/peers/peer.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <thread>

#include "bench/mq/load.hpp"
#include "bench/mq/peers/nats.hpp"
#include "bench/mq/peers/rabbitmq.hpp"
#include "bench/mq/peers/redis.hpp"
#include "bench/mq/peers/rocketmq.hpp"

namespace bench {
namespace {

// RabbitMQ's own script, not Debian's around it, which changes the user and forgets the settings.
std::filesystem::path find_program(const std::string& name) {
  for (const auto* folder : {"/usr/lib/rabbitmq/bin", "/usr/sbin", "/usr/bin", "/usr/local/bin"}) {
    const auto path = std::filesystem::path(folder) / name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  throw std::runtime_error(name + " is not installed: apt-get install it, or leave --peer away");
}

}  // namespace

const std::vector<std::string>& peer_names() {
  static const std::vector<std::string> kNames{"nats", "rabbitmq", "redis", "rocketmq"};
  return kNames;
}

std::unique_ptr<Peer> start_peer(std::string_view name, const Peer::Setup& setup) {
  if (name == "redis") return std::make_unique<Redis>(setup);
  if (name == "nats") return std::make_unique<Nats>(setup);
  if (name == "rabbitmq") return std::make_unique<RabbitMq>(setup);
  if (name == "rocketmq") return std::make_unique<RocketMq>(setup);
  throw std::runtime_error("there is no peer " + std::string(name));
}

std::string lacks(std::string_view peer, Feature feature) {
  if (peer == "redis") return Redis::lacks(feature);
  if (peer == "nats") return Nats::lacks(feature);
  if (peer == "rabbitmq") return RabbitMq::lacks(feature);
  return {};
}

std::unique_ptr<Process> start_server(const Peer::Setup& setup, const std::string& program,
                                      std::vector<std::string> arguments,
                                      std::vector<std::pair<std::string, std::string>> environment) {
  std::filesystem::create_directories(setup.folder);
  cli::Command command;
  command.program = program.starts_with('/') ? std::filesystem::path(program) : find_program(program);
  command.arguments = std::move(arguments);
  command.environment = std::move(environment);
  command.folder = setup.folder;
  command.errors = setup.folder / "server.log";
  if (setup.core >= 0) run_on_core(setup.core);
  auto process = std::make_unique<Process>(std::move(command));
  if (setup.core >= 0) run_on_core(setup.core + 1);
  return process;
}

std::uint16_t free_port() {
  std::uint16_t port = 0;
  ::close(listen_on_free_port(port));
  return port;
}

double seconds_until(const std::function<void()>& works, std::chrono::seconds limit) {
  const auto began = std::chrono::steady_clock::now();
  for (;;) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began;
    try {
      works();
      return passed.count();
    } catch (const std::exception&) {
      if (passed > limit) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
}

}  // namespace bench
