#include "bench/mq/crowd.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

#include "bench/mq/setup.hpp"
#include "mq/protocol/codes.hpp"

namespace bench {
namespace {

constexpr int kSilentQueues = 64;
constexpr std::size_t kOwnDescriptors = 512;

}  // namespace

Crowd::Crowd(const Endpoint& broker, int connections) {
  PullSpec spec;
  spec.topic = "silent";
  spec.group = "crowd";
  spec.follows = true;
  make_topic(broker, spec.topic, kSilentQueues);
  for (int i = 0; i < connections; ++i) {
    sockets_.push_back(std::make_unique<Socket>(broker));
    base::Bytes poll;
    FrameTemplate(pull_request(spec, i % kSilentQueues, 0)).append_to(poll, i);
    mq::load::send_all(sockets_.back()->fd(), base::text_of(poll));
  }
}

void allow_descriptors(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur =
      std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, wanted + kOwnDescriptors));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Figures measure_crowd(const Options& options, const std::filesystem::path& folder) {
  Figures figures;
  figures.name = "connections";
  figures.about = fmt::format("{} connections, each with a long poll that is held", options.connections);
  allow_descriptors(static_cast<std::size_t>(options.connections));
  Broker broker(setup_of("sync", options, folder));
  broker.wait_for_reserve();
  const auto idle = memory_of(broker.pid());
  const Crowd crowd({broker.port()}, options.connections);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  send_all_of({broker.port()}, {}, 1);  // answered: it has taken all that came before
  const auto full = memory_of(broker.pid());
  const auto mb = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  figures.add("idle_resident_mb", mb(idle.resident), "MB resident before");
  figures.add("resident_mb", mb(full.resident), "MB resident with them");
  figures.add("grown_mb", mb(full.resident) - mb(idle.resident), "MB more");
  figures.add("kb_a_connection", (mb(full.resident) - mb(idle.resident)) * 1e3 / options.connections,
              "KB each");
  figures.floors = {
      {"MB more with its connections", 60, mb(full.resident) - mb(idle.resident), false, "G10"}};
  broker.stop();
  return figures;
}

}  // namespace bench
