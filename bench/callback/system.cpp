#include "bench/callback/system.hpp"

#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "cli/child.hpp"
#include "mq/testing/loopback.hpp"

namespace bench {
namespace {

constexpr std::chrono::minutes kUpLimit{3};
constexpr std::chrono::minutes kDownLimit{3};

cli::Finished run(const std::filesystem::path& program, std::vector<std::string> words,
                  std::chrono::milliseconds limit) {
  cli::Command command;
  command.program = program;
  command.arguments = std::move(words);
  return cli::run_to_end(std::move(command), limit);
}

}  // namespace

RunningSystem::RunningSystem(const std::filesystem::path& programs, std::filesystem::path folder)
    : sluice_(programs / "sluice"), layout_{std::move(folder)} {
  const auto up = run(
      sluice_, {"up", "--detach", "--dir", layout_.root.string(), "--ip", mq::testing::loopback_address()},
      kUpLimit);
  if (!up.succeeded()) throw std::runtime_error("the system does not start:\n" + up.output);
  state_ = cli::read_run_state(layout_);
}

RunningSystem::~RunningSystem() {
  try {
    run(sluice_, {"down", "--dir", layout_.root.string()}, kDownLimit);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the system was not stopped: %s\n", error.what());
  }
}

}  // namespace bench
